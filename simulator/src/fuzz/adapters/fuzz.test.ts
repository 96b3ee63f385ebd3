import { expect, test } from 'vitest';
import { scenarios } from '../draw-scenario.ts';
import { drawn } from '../search.ts';
import { type FuzzOptions, fuzz } from './fuzz.ts';

const { signal } = new AbortController();
const WITHOUT_END = { runsMax: 1_000_000, forMs: null, workers: 2, signal };

/** A seed whose first scenarios have few events: short to run. */
function seedOf(runs: number): number {
  for (let seed = 1; ; seed += 1) {
    const sizes = Array.from({ length: runs }, (_, index) => {
      const { timeline = [], sites } = drawn(scenarios, seed, index).value_;
      return timeline.length + Object.keys(sites).length;
    });
    if (sizes.every((size) => size > 2 && size < 10)) return seed;
  }
}

test('two workers find what one finds: the same seed, the same outcome', async () => {
  const runsMax = 2;
  const options: FuzzOptions = { ...WITHOUT_END, seed: seedOf(runsMax), runsMax };
  const one = await fuzz({ ...options, workers: 1 });
  expect(one).toMatchObject({ runs: 2, found: null });
  expect(await fuzz({ ...options, workers: 2 })).toEqual(one);
}, 120_000);

test('no time at all, or an interrupt, begins nothing', async () => {
  const nothing = { runs: 0, events: 0, simulatedMs: 0, shrinking: null, found: null };
  expect(await fuzz({ ...WITHOUT_END, seed: 1, forMs: 0 })).toEqual(nothing);
  expect(await fuzz({ ...WITHOUT_END, seed: 1, signal: AbortSignal.abort() })).toEqual(nothing);
}, 60_000);

test('an interrupt ends a search that has no end', async () => {
  const stop = new AbortController();
  const { runs, found } = await fuzz({
    ...{ ...WITHOUT_END, seed: seedOf(1), signal: stop.signal },
    onProgress: () => stop.abort(),
  });
  expect([runs, found]).toEqual([1, null]);
}, 120_000);
