import { expect, test } from 'vitest';
import { shippedScenario } from '../adapters/scenario-files.ts';
import { runScenario } from '../run-scenario.ts';
import type { Scenario } from '../scenario.ts';
import { Ordered } from './ordered.ts';
import { safetyWatches } from './safety.ts';

const NONE = [
  'no setpoint beyond the limits of the policy',
  'no setpoint beyond the automatic margin but by an order, or where the connection forces it',
  'no setpoint outlives its agent by more than the reversion time',
];

/** A site whose agent is not ours: the setpoint that its battery holds is the test's. */
function watched(scenario: Scenario, askedKw: number | null, hasAgent = true, isStray = false) {
  const conduct = { orders: new Map([['relief', { atMs: 120_000, command: 'c', refused: '' }]]) };
  const offers = { lastMs: () => 120_000 };
  const watches = safetyWatches(scenario, new Ordered(scenario, conduct, offers));
  const ratings = { asset: 'battery' };
  const model = { ratings, controllable: true, isStray, askedKw: () => askedKw };
  const run = {
    devices: new Map([['harbour', { models: [model] }]]),
    plant: { sites: new Map([['harbour', { loadKw: 300, pvKw: 0 }]]) },
    hasAgent: () => hasAgent,
  };
  return {
    look: (nowMs: number) => {
      for (const watch of watches) watch.look(run as never, nowMs);
    },
    broken: () => watches.map((watch) => watch.outcome()).filter(({ kept }) => !kept),
  };
}
// Policy of the site: 144 kW at most, 128 kW by automation alone.
const scenario = shippedScenario('order-over-a-cut-link');

test('every run is looked at', async () => {
  const { report } = await runScenario({
    ...scenario,
    durationMs: 60_000,
    timeline: [],
    expect: [],
  });
  for (const expected of NONE) {
    expect(report.expectations).toContainEqual(expect.objectContaining({ expected, kept: true }));
  }
});

test('a setpoint beyond the policy is found, and when it was', () => {
  const site = watched(scenario, 150);
  site.look(130_000);
  expect(site.broken()).toMatchObject([
    { expected: NONE[0], seen: 'harbour battery holds 150 kW at 2m10s' },
  ]);
});

test('what a device has made of half a write is no setpoint of its agent', () => {
  const site = watched(scenario, 150, true, true);
  site.look(130_000);
  expect(site.broken()).toEqual([]);
});

test('what automation may not do alone an order may, until it has ended', () => {
  const site = watched(scenario, 140);
  site.look(130_000);
  site.look(120_000 + 5 * 60_000 + 29_000);
  expect(site.broken()).toEqual([]);
  site.look(120_000 + 5 * 60_000 + 31_000);
  expect(site.broken()).toMatchObject([
    { expected: NONE[1], seen: expect.stringContaining('7m31s') },
  ]);
});

test('a setpoint may stand for a minute without its agent, and no longer', () => {
  const site = watched(scenario, 100, false);
  site.look(0);
  site.look(62_000);
  expect(site.broken()).toEqual([]);
  site.look(62_500);
  expect(site.broken()).toMatchObject([
    { expected: NONE[2], seen: 'harbour battery holds 100 kW without an agent at 1m2.5s' },
  ]);
});
