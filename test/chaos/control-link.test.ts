import { expect, test } from 'vitest';
import { AttackedSite } from '../attacks/attacked-site.ts';
import { sealOrder, setpoint } from '../attacks/forge.ts';

/** A site whose control plane knows that the agent's clock is attested, and an order of 20 s under way. */
async function underOrder(): Promise<{ at: AttackedSite; id: string }> {
  const at = await AttackedSite.start();
  await at.strike();
  const order = sealOrder(at, { actions: [setpoint({ validForMs: 20_000 })] });
  return { at, id: at.control.submitOrder(order).commands[0]!.id };
}

test('a control plane that was cut off hears every rung that was climbed meanwhile', async () => {
  const { at, id } = await underOrder();
  await at.world.advance(10_000);
  at.network.cut('control-plane');
  await at.world.advance(125_000);
  expect(at.records('command_reverted')).toHaveLength(1);
  expect(at.control.command(id).final).toBe(false);
  at.network.restore('control-plane');
  await at.world.advance(330_000);
  const { state, final, ladder } = at.control.command(id);
  expect({ state, final }).toEqual({ state: 'reverted', final: true });
  const onRecord = at.receipts().map(({ auditIndex }) => auditIndex);
  expect(ladder.map(({ auditIndex }) => auditIndex)).toEqual([...new Set(onRecord)]);
  expect(at.lastHeartbeat().buffered.receipts).toBe(0);
  await at.stop();
});

test('whenever the connection of the control plane breaks, no rung is lost', async () => {
  for (let breaksMs = 22_000; breaksMs < 26_000; breaksMs += 500) {
    const { at, id } = await underOrder();
    await at.world.advance(breaksMs);
    at.network.reset('control-plane');
    await at.world.advance(360_000);
    const { state, final } = at.control.command(id);
    expect({ state, final }, `broken after ${breaksMs} ms`).toEqual({
      ...{ state: 'reverted', final: true },
    });
    await at.stop();
  }
}, 60_000);

test('a receipt whose record is not signed for is said again within a minute and a half, without a birth', async () => {
  const { at } = await underOrder();
  await at.world.advance(10_000);
  await at.stopControl();
  await at.world.advance(30_000);
  const births = at.heardOf('birth').length;
  const said = (): number[] => at.receipts().map(({ counter }) => counter);
  const kept = at.lastHeartbeat().buffered.receipts;
  const before = said().length;
  await at.world.advance(90_000);
  expect(kept).toBeGreaterThan(0);
  expect(new Set(said().slice(before)).size).toBe(kept);
  expect(at.heardOf('birth')).toHaveLength(births);
  await at.stop();
});
