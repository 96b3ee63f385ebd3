import type { Quantity, Telemetry } from '@tieline/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import { World } from '../testing/world.ts';
import { OTHER_SERIES_MAX, PRUNE_CHUNKS, TELEMETRY_QUEUE_BATCHES } from './bounds.ts';

let world: World;
afterEach(() => world.plane.stop());

function batch(nr: number, change: Partial<Telemetry> = {}): Telemetry {
  return {
    startSessionMs: nr,
    startWallMs: 1_000_000 + nr * 1_000,
    clock: 'trusted',
    stepMs: 1_000,
    series: [{ asset: 'meter', quantity: 'active-power-kw', values: [-nr] }],
    ...change,
  };
}

const quantity: Quantity = 'active-power-kw';
const range = { site: 'site-1', asset: 'meter', quantity, fromMs: 0, toMs: 2 ** 45 };

test('a flood fills the queue and no more: what does not fit is counted, what fits is stored in few commits', async () => {
  world = World.ready();
  const commits = vi.spyOn(world.telemetry, 'add');
  const sent = 390;
  for (let nr = 0; nr < sent; nr += 1) world.agents['site-1'].measures(batch(nr));
  for (let nr = sent; nr < TELEMETRY_QUEUE_BATCHES + 5; nr += 1) {
    world.agents['site-2'].measures(batch(nr));
  }
  expect(world.plane.counters.get('telemetry_dropped', 'queue_full')).toBe(5);
  await world.clock.advance(1_000);
  expect(world.plane.counters.get('telemetry_points', 'site-1')).toBe(sent);
  expect(world.telemetry.count(range).chunks).toBe(sent);
  expect(commits.mock.calls.length).toBeLessThan(4);
});

test('one agent that sends without end is held to its budget, and the others are heard', async () => {
  world = World.ready();
  for (let nr = 0; nr < 450; nr += 1) world.agents['site-1'].measures(batch(nr));
  world.agents['site-2'].measures(batch(1));
  await world.clock.advance(10);
  await world.clock.advance(300);
  const { counters } = world.plane;
  expect(counters.get('messages_refused', 'budget_spent')).toBeGreaterThan(0);
  expect(counters.get('telemetry_points', 'site-2')).toBe(1);
});

test('an untrusted clock dates nothing: such a batch is placed by the session clock', async () => {
  world = World.ready();
  await world.live(20_000);
  const agent = world.agents['site-1'];
  const startSessionMs = agent.sessionMs() - 5_000;
  agent.measures(batch(0, { clock: 'untrusted', startWallMs: 7, startSessionMs }));
  await world.clock.advance(1_000);
  const [chunk] = world.telemetry.chunks(range, 1);
  expect(Math.abs(chunk!.startMs - (world.clock.wallMs() - 6_000))).toBeLessThan(1_000);
});

const dropped = (reason: string) => world.plane.counters.get('telemetry_dropped', reason);

test('a batch that cannot be dated, or is dated ahead of the clock here, is not taken', async () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  world = new World({ store: world.store.serialize(), clock: world.clock, agents: world.agents });
  world.plane.start();
  world.bus.up();
  const ahead = world.clock.wallMs() + 1_000_000;
  agent.measures(batch(1, { clock: 'untrusted', startWallMs: 2 ** 44 }));
  agent.measures(batch(2, { startWallMs: ahead }));
  await world.clock.advance(1_000);
  expect([dropped('undated'), dropped('dated_ahead')]).toEqual([1, 1]);
  expect(world.plane.agent('site-1').measurements).toEqual([]);
  agent.measures(batch(3));
  await world.clock.advance(1_000);
  expect(world.plane.agent('site-1').measurements).toHaveLength(1);
});

test('a batch of a longer stretch than queries look back is not taken', async () => {
  world = World.ready();
  const series = (values: number) => [
    { asset: 'meter', quantity, values: Array<number>(values).fill(1) },
  ];
  world.agents['site-1'].measures(batch(1, { stepMs: 900_000, series: series(900) }));
  world.agents['site-1'].measures(batch(2, { stepMs: 60_000, series: series(240) }));
  await world.clock.advance(1_000);
  expect(dropped('span_too_long')).toBe(1);
  expect(world.telemetry.count(range).chunks).toBe(1);
});

test('of assets that nobody has named a bounded number is taken; those of the policy and the meter always', async () => {
  world = World.ready();
  const names = (from: number) =>
    Array.from({ length: 60 }, (_, nr) => ({ asset: `load-${from + nr}`, quantity, values: [1] }));
  for (const from of [0, 60, 120]) {
    world.agents['site-1'].measures(batch(from, { series: names(from) }));
  }
  await world.clock.advance(1_000);
  expect(dropped('series_unknown')).toBe(180 - OTHER_SERIES_MAX);
  for (const asset of ['meter', 'site', 'battery-1']) {
    world.agents['site-1'].measures(batch(500, { series: [{ asset, quantity, values: [2] }] }));
  }
  world.agents['site-2'].measures(batch(500, { series: names(0).slice(0, 1) }));
  await world.clock.advance(1_000);
  expect(dropped('series_unknown')).toBe(180 - OTHER_SERIES_MAX);
  expect(world.plane.agent('site-1').measurements).toHaveLength(OTHER_SERIES_MAX + 3);
  expect(world.plane.agent('site-2').measurements).toHaveLength(1);
});

test('what is older than is to be kept goes in steps', async () => {
  world = new World();
  const old = Array.from({ length: 2 * PRUNE_CHUNKS }, (_, nr) => ({
    ...{ site: 'site-1', asset: 'meter', quantity, stepMs: 1_000 },
    ...{ startMs: nr, values: new Float64Array(1) },
  }));
  const kept = { ...old[0]!, startMs: world.clock.wallMs() - 89 * 86_400_000 };
  world.telemetry.add([...old, kept]);
  world.plane.start();
  await world.clock.advance(1_000);
  expect(world.telemetry.count(range).chunks).toBe(PRUNE_CHUNKS + 1);
  await world.clock.advance(3_000);
  expect(world.telemetry.count(range).chunks).toBe(1);
});

test('a store that fails loses those batches, says so, and the next are stored', async () => {
  world = World.ready();
  const add = vi.spyOn(world.telemetry, 'add').mockImplementationOnce(() => {
    throw new Error('disk full');
  });
  world.agents['site-1'].measures(batch(1));
  await world.clock.advance(1_000);
  expect(world.plane.counters.get('telemetry_dropped', 'store_failed')).toBe(1);
  add.mockRestore();
  world.agents['site-1'].measures(batch(2));
  await world.clock.advance(1_000);
  expect(world.telemetry.count(range).chunks).toBe(1);
});

test('what was received is stored before the process ends', async () => {
  world = World.ready();
  world.agents['site-1'].measures(batch(1));
  const ending = world.plane.stop();
  await world.clock.advance(1_000);
  await ending;
  expect(world.telemetry.count(range).chunks).toBe(1);
});

test('a range of too many values is refused instead of read, however few chunks they stand in', () => {
  world = World.ready();
  const add = Array.from({ length: 1_200 }, (_, nr) => ({
    ...{ site: 'site-1', asset: 'meter', quantity, stepMs: 1 },
    ...{ startMs: nr * 900, values: new Float64Array(900) },
  }));
  world.telemetry.add(add);
  expect(() => world.plane.telemetry(range, 10)).toThrow('query_too_wide');
  const [point] = world.plane.telemetry({ ...range, toMs: 900_000 }, 1).points;
  expect(point?.count).toBe(900_000);
});

test('a range of too many chunks is refused instead of read', () => {
  world = World.ready();
  const add = Array.from({ length: 20_001 }, (_, nr) => ({
    ...{ site: 'site-1', asset: 'meter', quantity: 'active-power-kw', stepMs: 1 },
    ...{ startMs: nr, values: new Float64Array(1) },
  }));
  world.telemetry.add(add);
  expect(() => world.plane.telemetry(range, 10)).toThrow('query_too_wide');
});
