import { expect, test } from 'vitest';
import { AttackedSite } from '../attacks/attacked-site.ts';
import { SITE } from '../attacks/deployment.ts';
import { sealOrder, setpoint } from '../attacks/forge.ts';

test('an agent that comes back with a hundred receipts is heard out: no rung is lost', async () => {
  const at = await AttackedSite.start();
  // By the next heartbeat the control plane knows that the clock is attested.
  await at.strike();
  const actions = [setpoint({ activePowerKw: 0, validForMs: 30_000 })];
  const ids = Array.from(
    { length: 50 },
    () => at.control.submitOrder(sealOrder(at, { actions })).commands[0]!.id,
  );
  await at.world.advance(12_000);
  for (const id of ids) expect(at.control.command(id).state).not.toBe('queued');
  at.network.cut(SITE);
  await at.world.advance(120_000);
  expect(at.records('command_reverted')).toHaveLength(50);
  for (const id of ids) expect(at.control.command(id).final).toBe(false);
  at.network.restore(SITE);
  await at.world.advance(330_000);
  const states = ids.map((id) => at.control.command(id).state);
  expect(new Set(states)).toEqual(new Set(['reverted']));
  await at.stop();
});
