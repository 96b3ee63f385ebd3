import { afterEach, expect, test } from 'vitest';
import { setpoint, signedOrder, signedPolicy } from '../testing/deployment.ts';
import { World } from '../testing/world.ts';

let world: World;
afterEach(() => world.plane.stop());

test('an order names a preview of its own terms, made under the policy in force and not long ago', async () => {
  world = World.ready();
  const assumes = { siteImportKw: { min: 0, max: 200 } };
  const targets = [{ site: 'site-1', actions: [setpoint(120)], assumes }];
  const shown = () => {
    const { digest } = world.plane.preview({ class: 'routine', reason: 'x', targets });
    return new Uint8Array(Buffer.from(digest, 'hex'));
  };
  const submit = (id: number, change: object) => () => {
    const nowS = Math.floor(world.clock.wallMs() / 1_000);
    const window = { nbf: nowS - 5, exp: nowS + 600 };
    return world.plane.submitOrder(signedOrder(id, { ...window, order: { targets, ...change } }));
  };
  const preview = shown();
  const other = [{ ...targets[0]!, assumes: {} }];
  expect(submit(1, { preview, targets: other })).toThrow('preview_differs');
  expect(submit(1, { preview })().commands).toHaveLength(1);
  await world.clock.advance(3_601_000);
  expect(submit(2, { preview })).toThrow('preview_too_old');
  const fresh = shown();
  world.plane.acceptPolicy(signedPolicy(2));
  expect(submit(3, { preview: fresh })).toThrow('preview_policy_other');
  expect(submit(4, { preview: shown() })().commands).toHaveLength(1);
});
