import { expect, test } from 'vitest';
import type { Clock } from './clock.ts';
import type { Rng } from './rng.ts';

/** What every clock promises. `run` drives the clock while the body waits (a virtual clock needs it). */
export function clockCompliance(
  name: string,
  make: () => { clock: Clock; run<T>(body: () => Promise<T>): Promise<T> },
): void {
  test(`${name}: sleeping until a time ends at or after it, in the order of the times`, async () => {
    const { clock, run } = make();
    const startMs = clock.monotonicMs();
    const woke: string[] = [];
    await run(async () => {
      await Promise.all([
        clock.sleepUntil(startMs + 300).then(() => woke.push('late')),
        clock.sleepUntil(startMs + 100).then(() => woke.push('early')),
        clock.sleepUntil(startMs - 10).then(() => woke.push('past')),
      ]);
    });
    expect(woke).toEqual(['past', 'early', 'late']);
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(startMs + 300);
  });

  test(`${name}: an aborted sleep ends early and does not throw`, async () => {
    const { clock, run } = make();
    const startMs = clock.monotonicMs();
    const stop = new AbortController();
    await run(async () => {
      const sleep = clock.sleepUntil(startMs + 3_600_000, stop.signal);
      stop.abort();
      await sleep;
      await clock.sleepUntil(startMs + 3_600_000, stop.signal);
    });
    expect(clock.monotonicMs()).toBeLessThan(startMs + 3_600_000);
  });
}

/** What every source of randomness promises. */
export function rngCompliance(name: string, make: () => Rng): void {
  test(`${name}: draws stay in range and do not repeat`, () => {
    const stream = make().stream('compliance');
    const drawn = new Set<string>();
    for (let draw = 0; draw < 1_000; draw += 1) {
      expect(stream.uniform()).toBeGreaterThanOrEqual(0);
      expect(stream.uniform()).toBeLessThan(1);
      expect(stream.below(7)).toBeLessThan(7);
      drawn.add(Buffer.from(stream.bytes(16)).toString('hex'));
    }
    expect(drawn.size).toBe(1_000);
    expect(stream.bytes(5)).toHaveLength(5);
  });
}
