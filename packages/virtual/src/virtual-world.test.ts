import { seededRng } from '@tieline/kernel';
import { clockCompliance } from '@tieline/kernel/compliance';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { VirtualWorld } from './virtual-world.ts';

const makeWorld = (seed = 1, workTimeoutMs?: number): VirtualWorld =>
  new VirtualWorld({
    rng: seededRng(seed),
    wallOriginMs: 1_700_000_000_000,
    ...(workTimeoutMs === undefined ? {} : { workTimeoutMs }),
  });

clockCompliance('virtual clock', () => {
  const world = makeWorld();
  return { clock: world, run: (body) => world.run(body) };
});

test('time stands still until it is moved, and then is exactly what was asked', async () => {
  const world = makeWorld();
  const woke: number[] = [];
  for (const dueMs of [10, 20, 30]) {
    void world.sleepUntil(dueMs).then(() => woke.push(world.monotonicMs()));
  }
  await world.advance(9.5);
  expect({ woke, nowMs: world.monotonicMs() }).toEqual({ woke: [], nowMs: 9.5 });
  await world.runUntil(20);
  expect({ woke, nowMs: world.monotonicMs() }).toEqual({ woke: [10, 20], nowMs: 20 });
  expect(world.wallMs()).toBe(1_700_000_000_020);
});

test('the clock never falls: what was due long ago happens now', async () => {
  const world = makeWorld();
  await world.advance(100);
  await world.run(() => world.sleepUntil(5));
  expect(world.monotonicMs()).toBe(100);
});

test('a long run leaves the event loop its turns', async () => {
  const world = makeWorld();
  let turned = false;
  setImmediate(() => {
    turned = true;
  });
  let turnedInTime = false;
  for (let atMs = 0; atMs < 3_000; atMs += 1) world.schedule(atMs, () => {});
  world.schedule(2_000, () => {
    turnedInTime = turned;
  });
  await world.advance(3_000);
  expect(turnedInTime).toBe(true);
});

test('events happen in the order of their times, whatever the order they were set in', () =>
  fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 50 }), { maxLength: 60 }),
      fc.array(fc.nat(59), { maxLength: 20 }),
      async (dues, offs) => {
        const world = makeWorld();
        const happened: number[] = [];
        const events = dues.map((dueMs) => world.schedule(dueMs, () => happened.push(dueMs)));
        const off = new Set(offs.filter((at) => at < events.length));
        for (const at of off) world.callOff(events[at]!);
        await world.advance(50);
        const wanted = dues.filter((_, at) => !off.has(at)).sort((a, b) => a - b);
        expect(happened).toEqual(wanted);
      },
    ),
  ));

test('called-off events by the thousand are swept, and the rest still happens in order', async () => {
  const world = makeWorld();
  const happened: number[] = [];
  for (let at = 0; at < 10_000; at += 1) {
    const event = world.schedule(10_000 - at, () => happened.push(10_000 - at));
    if (at % 10 !== 0) world.callOff(event);
  }
  await world.advance(10_000);
  expect(happened).toEqual(Array.from({ length: 1_000 }, (_, at) => (at + 1) * 10));
});

test('events of one time are ordered by the seed: the same again, and another for another seed', async () => {
  const order = async (seed: number): Promise<string> => {
    const world = makeWorld(seed);
    const happened: number[] = [];
    for (let each = 0; each < 30; each += 1) world.schedule(5, () => happened.push(each));
    await world.advance(5);
    return happened.join();
  };
  expect(await order(1)).toBe(await order(1));
  expect(await order(2)).not.toBe(await order(1));
});

test('time moves on only when the longest chain of promises has come to rest', async () => {
  const world = makeWorld();
  const seen: string[] = [];
  const chain = async (): Promise<void> => {
    await world.sleepUntil(1);
    for (let step = 0; step < 5_000; step += 1) await Promise.all([null, Promise.resolve()]);
    seen.push(`chain at ${world.monotonicMs()}`);
  };
  void chain();
  void world.sleepUntil(2).then(() => seen.push(`next at ${world.monotonicMs()}`));
  await world.advance(10);
  expect(seen).toEqual(['chain at 1', 'next at 2']);
});

test('the world waits for tracked work, and hands over in the order it began, not ended', async () => {
  const world = makeWorld();
  const seen: string[] = [];
  const turns = async (count: number): Promise<void> => {
    for (let turn = 0; turn < count; turn += 1) await new Promise((next) => setImmediate(next));
  };
  world.schedule(1, () => {
    for (const count of [9, 1, 5]) {
      const work = world.track(turns(count), `work of ${count} turns`);
      void work.then(() => seen.push(`${count} at ${world.monotonicMs()}`));
    }
  });
  world.schedule(2, () => seen.push('later'));
  await world.advance(3);
  expect(seen).toEqual(['9 at 1', '1 at 1', '5 at 1', 'later']);
});

test('tracked work that fails is told to who awaits it, and nobody else', async () => {
  const world = makeWorld();
  const failing = world.run(() => world.track(Promise.reject(new Error('no')), 'work'));
  await expect(failing).rejects.toThrow('no');
  await world.advance(10);
  expect(world.monotonicMs()).toBe(10);
});

test('a body that waits for what nothing can bring is reported with what it waits for', async () => {
  const world = makeWorld();
  const never = world.run(async () => {
    await world.sleepUntil(500);
    await new Promise(() => {});
  }, 'a receipt from site-1');
  await expect(never).rejects.toMatchObject({
    failure: { code: 'world_stalled', atMs: 500, waitsFor: 'a receipt from site-1' },
  });
  await world.advance(1);
  expect(world.monotonicMs()).toBe(501);
});

test('work that never ends is reported by name', async () => {
  const world = makeWorld(1, 20);
  const stuck = world.run(() => world.track(new Promise(() => {}), 'model run of site-2'));
  await expect(stuck).rejects.toMatchObject({
    failure: { code: 'work_stalled', waitsFor: ['model run of site-2'] },
  });
});

test('a loop that never lets time pass is reported, not waited for', async () => {
  const world = makeWorld();
  const spin = (): void => void world.schedule(world.monotonicMs(), spin);
  spin();
  await expect(world.advance(1)).rejects.toMatchObject({ code: 'time_stands_still' });
});

test('what an event throws ends the run with it', async () => {
  const world = makeWorld();
  world.schedule(1, () => {
    throw new Error('broken');
  });
  await expect(world.advance(5)).rejects.toThrow('broken');
});

test('a body’s own failure comes out, and the world goes on', async () => {
  const world = makeWorld();
  const failing = world.run(async () => {
    await world.sleepUntil(3);
    throw new Error('mine');
  });
  await expect(failing).rejects.toThrow('mine');
  expect(await world.run(async () => world.monotonicMs())).toBe(3);
});

test('one signal ends all its sleeps, and only those', async () => {
  const world = makeWorld();
  const stop = new AbortController();
  const woke: string[] = [];
  for (const name of ['a', 'b']) {
    void world.sleepUntil(100, stop.signal).then(() => woke.push(`${name} ${world.monotonicMs()}`));
  }
  void world.sleepUntil(50).then(() => woke.push(`c ${world.monotonicMs()}`));
  world.schedule(10, () => stop.abort());
  const never = world.run(() => new Promise(() => {}));
  await expect(never).rejects.toMatchObject({ failure: { code: 'world_stalled', atMs: 50 } });
  expect(woke).toEqual(['a 10', 'b 10', 'c 50']);
});

test('two who drive one world at a time are a bug', async () => {
  const world = makeWorld();
  const first = world.advance(5);
  await expect(world.advance(5)).rejects.toThrow('one at a time');
  await first;
});
