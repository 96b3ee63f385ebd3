import { afterEach, expect, test } from 'vitest';
import { endingPolicyKey, POLICY_KEY_ENDS_S, signedPolicy } from '../testing/deployment.ts';
import { World } from '../testing/world.ts';

let world: World;
afterEach(() => world.plane.stop());

test('a policy that is held, or older, is no news after its key has run out; a new one of that key is refused', async () => {
  world = new World();
  const [older, held] = [
    signedPolicy(1, {}, endingPolicyKey),
    signedPolicy(2, {}, endingPolicyKey),
  ];
  world.plane.acceptPolicy(older);
  world.plane.acceptPolicy(held);
  await world.clock.advance(POLICY_KEY_ENDS_S * 1_000 - world.clock.wallMs() + 1_000);
  expect(world.plane.acceptPolicy(held).policy.version).toBe(2);
  expect(() => world.plane.acceptPolicy(older)).toThrow('policy_not_newer');
  expect(() => world.plane.acceptPolicy(signedPolicy(3, {}, endingPolicyKey))).toThrow(
    'key_expired',
  );
  expect(world.plane.policy()?.policy.version).toBe(2);
});
