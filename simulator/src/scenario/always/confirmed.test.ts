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

test('what another order asks for as well is held for that one, as long as it goes on', () => {
  const [first] = scenario.timeline.filter(({ order }) => order !== undefined);
  const second = { ...first, order: { ...first?.order, name: 'second' } };
  const both = { ...scenario, timeline: [first, second] } as never;
  const seen = (secondIs: readonly object[]): unknown => {
    const ratings = { asset: 'battery', kind: 'battery', dischargeMaxKw: 160, chargeMaxKw: 160 };
    const model = { ratings, controllable: true, askedKw: () => 120 };
    let ladders: Record<string, readonly object[]> = {};
    const run = {
      devices: new Map([['harbour', { models: [model] }]]),
      plant: { sites: new Map([['harbour', { batteryKw: 120, pvKw: 0 }]]) },
      control: { command: (id: string) => ({ ladder: ladders[id] ?? [] }) },
    };
    const orders = new Map([
      [first?.order?.name, { atMs: 0, command: 'c', refused: '' }],
      ['second', { atMs: 0, command: 'd', refused: '' }],
    ]);
    const watch = new Confirmed(both, { orders } as never);
    watch.look(run as never, 0);
    ladders = { c: [{ state: 'active' }, { state: 'reverted' }], d: secondIs };
    watch.look(run as never, 1_000);
    return watch.outcome();
  };
  expect(seen([{ state: 'active' }])).toMatchObject({ kept: true });
  expect(seen([])).toMatchObject({ kept: false });
  expect(seen([{ state: 'active' }, { state: 'reverted' }])).toMatchObject({ kept: false });
});
