import type { Quantity, Telemetry } from '@tieline/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import { World } from '../testing/world.ts';
import { TELEMETRY_QUEUE_BATCHES } from './bounds.ts';

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
  expect(world.telemetry.count(range)).toBe(sent);
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
  expect(world.telemetry.count(range)).toBe(1);
});

test('what was received is stored before the process ends', async () => {
  world = World.ready();
  world.agents['site-1'].measures(batch(1));
  const ending = world.plane.stop();
  await world.clock.advance(1_000);
  await ending;
  expect(world.telemetry.count(range)).toBe(1);
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
