import { expect, test } from 'vitest';
import { shippedScenario } from '../adapters/scenario-files.ts';
import { Confirmed } from './confirmed.ts';

// An order of 120 kW for a battery of 160.
const scenario = shippedScenario('order-over-a-cut-link');

/** A battery that is asked for this at each look, one a second; at the last of them its order is called reverted. */
function reverted(...asksKw: readonly number[]) {
  let askedKw = 0;
  let ladder: readonly object[] = [];
  const ratings = { asset: 'battery', kind: 'battery', dischargeMaxKw: 160, chargeMaxKw: 160 };
  const model = { ratings, controllable: true, askedKw: () => askedKw };
  const run = {
    devices: new Map([['harbour', { models: [model] }]]),
    plant: { sites: new Map([['harbour', { batteryKw: 0, pvKw: 0 }]]) },
    control: { command: () => ({ ladder }) },
  };
  const orders = new Map([['relief', { atMs: 0, command: 'c', refused: '' }]]);
  const watch = new Confirmed(scenario, { orders } as never);
  for (const [second, nextKw] of asksKw.entries()) {
    askedKw = nextKw;
    if (second === asksKw.length - 1) ladder = [{ state: 'reverted' }];
    watch.look(run as never, second * 1_000);
  }
  return watch.outcome();
}

test('an order is not reverted whose battery still holds it', () => {
  expect(reverted(120, 120, 120)).toMatchObject({
    kept: false,
    seen: 'order relief: reverted, and harbour battery holds it at 2s',
  });
});

test('a ramp of another order may pass by what it has asked for', () => {
  expect(reverted(120, 140, 120)).toMatchObject({ kept: true });
  expect(reverted(120, 120, 0)).toMatchObject({ kept: true });
});
