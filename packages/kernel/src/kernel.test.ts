import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { clockCompliance, rngCompliance } from './compliance.ts';
import {
  BoundedQueue,
  clipText,
  countOf,
  seededRng,
  simulatedClock,
  systemClock,
  systemRng,
  TielineError,
  TokenBuckets,
} from './index.ts';

const asIs = { run: <T>(body: () => Promise<T>) => body() };
clockCompliance('system clock', () => ({ clock: systemClock(), ...asIs }));
clockCompliance('simulated clock', () => ({
  clock: simulatedClock({ rate: 30, realOriginMs: Date.now(), simulatedOriginMs: 1_000_000 }),
  ...asIs,
}));
rngCompliance('system rng', systemRng);
rngCompliance('seeded rng', () => seededRng(7));

test('equal seeds give equal streams, and a new consumer does not disturb an old one', () => {
  const one = seededRng(42);
  const two = seededRng(42);
  two.stream('newcomer').bytes(100);
  expect(two.stream('jitter').bytes(32)).toEqual(one.stream('jitter').bytes(32));
  expect(seededRng(43).stream('jitter').bytes(32)).not.toEqual(
    seededRng(42).stream('jitter').bytes(32),
  );
});

test('two simulated clocks that share an origin agree', () => {
  const time = { rate: 30, realOriginMs: Date.now() - 1_000, simulatedOriginMs: 5_000_000 };
  const apartMs = simulatedClock(time).wallMs() - simulatedClock(time).wallMs();
  expect(Math.abs(apartMs)).toBeLessThan(30 * 20);
});

test('a full queue refuses, or evicts the oldest', () => {
  const queue = new BoundedQueue<number>(2);
  expect([queue.offer(1), queue.offer(2), queue.offer(3)]).toEqual([true, true, false]);
  expect(queue.offerEvicting(4)).toBe(1);
  expect([queue.take(), queue.take(), queue.take()]).toEqual([2, 4, undefined]);
});

test('a queue keeps nothing that was taken from it', () => {
  const queue = new BoundedQueue<object>(3);
  const taken = Array.from({ length: 8 }, () => {
    const item = {};
    queue.offer({});
    queue.offer(item);
    queue.take();
    queue.take();
    return new WeakRef(item);
  });
  // Two at a time through three places: the ring has gone round, and round again.
  queue.offer({ last: true });
  expect([queue.size, queue.peek()]).toEqual([1, { last: true }]);
  setFlagsFromString('--expose-gc');
  return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
    runInNewContext('gc')();
    expect(taken.filter((item) => item.deref() !== undefined)).toEqual([]);
  });
});

test('a text that is cut inside a character can still be written', () => {
  expect(clipText('a😀', 3)).toBe('a😀');
  expect(clipText('a😀', 2)).toBe('a\ufffd');
  expect(clipText('\ud83d', 5).isWellFormed()).toBe(true);
});

test('an error says its code and its facts', () => {
  const error = new TielineError({ code: 'key_unknown', kid: '3f2a' });
  expect(error.message).toBe('key_unknown: kid 3f2a');
  expect(error.code).toBe('key_unknown');
});

test('a bucket lets a burst through, then its rate, and names do not share', () => {
  const buckets = new TokenBuckets(3, 2);
  const through = (name: string, nowMs: number, asked: number) =>
    Array.from({ length: asked }, () => buckets.spend(name, nowMs)).filter(Boolean).length;
  expect(through('a', 1_000, 5)).toBe(3);
  expect(through('b', 1_000, 5)).toBe(3);
  expect(through('a', 2_000, 5)).toBe(2);
  expect(through('a', 1_500, 5)).toBe(0);
  expect(through('a', 60_000, 9)).toBe(3);
});

test('strangers who choose names do not fill the memory, and take nothing from who was there', () => {
  const buckets = new TokenBuckets(2, 1);
  expect(buckets.spend('known', 0)).toBe(true);
  const through = Array.from({ length: 10_000 }, (_, at) => buckets.spend(`name-${at}`, 0));
  expect(through.filter(Boolean)).toHaveLength(8_191);
  expect(buckets.spend('known', 0)).toBe(true);
});

test.each([
  [0, '0 runs'],
  [1, '1 run'],
  [2, '2 runs'],
])('of %i it is "%s"', (count, words) => {
  expect(countOf(count, 'run')).toBe(words);
});
