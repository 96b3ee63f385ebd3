import { expect, test } from 'vitest';
import { shippedScenario } from '../adapters/scenario-files.ts';
import type { Scenario } from '../scenario.ts';
import { Ordered } from './ordered.ts';
import { EndsSpread, ReturnsSpread } from './together.ts';

/** Twenty orders from two minutes to four, whose ends each agent draws from the ten seconds before. */
const twenty = shippedScenario('many-sites-together');
/** Six from six minutes to seven. */
const six = shippedScenario('power-cut-at-a-write');

/** Devices that hold what is ordered until the test lets go of them, in the order of their sites. */
function holding(scenario: Scenario, name: RegExp) {
  const orders = scenario.timeline.flatMap(({ order }) =>
    name.test(order?.name ?? '') ? [order!] : [],
  );
  const conduct = {
    orders: new Map(orders.map((one) => [one.name, { atMs: 0, command: one.name, refused: '' }])),
  };
  const held = orders.map(({ site, kw }) => ({ site, kw }));
  const model = (one: { kw: number }) => ({
    ...{ ratings: { asset: 'battery' }, controllable: true, askedKw: () => one.kw },
  });
  const run = { devices: new Map(held.map((one) => [one.site, { models: [model(one)] }])) };
  const watch = new EndsSpread(scenario, new Ordered(scenario, conduct, null));
  return {
    look: (nowMs: number) => watch.look(run as never, nowMs),
    letGo: (count: number) => {
      for (const one of held.filter(({ kw }) => kw !== 0).slice(0, count)) one.kw = 0;
    },
    outcome: () => watch.outcome(),
  };
}

test('twenty setpoints that are let go in one moment are no chance, on whichever side of a look', () => {
  const devices = holding(twenty, /^relief/);
  devices.look(238_500);
  devices.letGo(7);
  devices.look(239_500);
  expect(devices.outcome().kept).toBe(true);
  devices.letGo(13);
  devices.look(240_500);
  expect(devices.outcome()).toMatchObject({ kept: false, seen: '19 within two seconds at 4m0.5s' });
});

test('eighteen of twenty within two seconds are, now and then', () => {
  const devices = holding(twenty, /^relief/);
  for (const [nowMs, count] of [
    [230_500, 1],
    [231_500, 9],
    [232_500, 9],
    [239_500, 1],
  ] as const) {
    devices.look(nowMs - 1_000);
    devices.letGo(count);
    devices.look(nowMs);
  }
  expect(devices.outcome().kept).toBe(true);
});

test('of six nothing can be said, and nothing is', () => {
  const devices = holding(six, /^next/);
  devices.look(418_500);
  devices.letGo(6);
  devices.look(419_500);
  expect(devices.outcome().kept).toBe(true);
});

test('what is looked at too seldom is not called at once', () => {
  const devices = holding(twenty, /^relief/);
  devices.look(230_000);
  devices.letGo(20);
  devices.look(240_000);
  expect(devices.outcome().kept).toBe(true);
});

/** Clients that connect when the test says so. */
function connecting(scenario: Scenario) {
  let nowMs = 0;
  let connected = (): void => {};
  const world = { wallMs: () => nowMs };
  const inside = { show: (onlooker: { connected(): void }) => ({ connected } = onlooker) };
  const watch = new ReturnsSpread(scenario, { world } as never, inside as never);
  return {
    back: (count: number, atMs: number) => {
      nowMs = atMs;
      for (let at = 0; at < count; at += 1) connected();
    },
    outcome: () => watch.outcome(),
  };
}

test('clients that are back in one moment after a restart of the broker are no chance', () => {
  const clients = connecting(twenty);
  // At the beginning all of them connect at once, and rightly so.
  clients.back(22, 5);
  clients.back(13, 60_400);
  clients.back(9, 60_451);
  expect(clients.outcome().kept).toBe(true);
  clients.back(5, 60_455);
  expect(clients.outcome()).toMatchObject({ kept: false, seen: '14 within 50 ms at 1m0.455s' });
});

test('whose links are restored together may come back together', () => {
  const restored: Scenario['timeline'][number] = { at: 90_000, restore: 'site-1' };
  const clients = connecting({ ...twenty, timeline: [...twenty.timeline.slice(0, 1), restored] });
  clients.back(20, 90_005);
  expect(clients.outcome().kept).toBe(true);
});
