import { expect, test } from 'vitest';
import type { Plant } from '../plant/plant.ts';
import { WorstWatch } from './worst-moment.ts';

interface Seen {
  readonly pu: readonly number[];
  readonly loading?: number | null;
}

/** When a feeder was worst that had these voltages and loadings, second by second. */
function worstOf(...seen: readonly Seen[]): number | undefined {
  const watch = new WorstWatch();
  for (const [at, { pu, loading = null }] of seen.entries()) {
    const feeder = { loadingPercent: loading };
    const plant = { voltagePu: Float64Array.from(pu), currentA: new Float64Array(), feeder };
    watch.look({ ...plant, branches: [] } as unknown as Plant, at * 1_000);
  }
  return watch.moment?.atMs;
}

test('the worst moment is that of the voltage farthest from the nominal one, low or high', () => {
  expect(worstOf({ pu: [1, 0.95] }, { pu: [1, 0.93] }, { pu: [1, 0.94] })).toBe(1_000);
  expect(worstOf({ pu: [1, 0.95] }, { pu: [1, 0.95] }, { pu: [1.06, 1] })).toBe(2_000);
});

test('a branch counts in parts of its rating, a voltage in parts of its band', () => {
  expect(worstOf({ pu: [0.92], loading: 75 }, { pu: [0.95], loading: 79 })).toBe(0);
  expect(worstOf({ pu: [0.92], loading: 75 }, { pu: [0.95], loading: 81 })).toBe(1_000);
});

test('where buses have no supply it is worse than any voltage, and the more of them the worse', () => {
  const [dead, low] = [Number.NaN, 0.85];
  expect(worstOf({ pu: [low, 1] }, { pu: [dead, 1] }, { pu: [low, 1] })).toBe(1_000);
  expect(worstOf({ pu: [dead, low] }, { pu: [dead, dead] }, { pu: [dead, low] })).toBe(1_000);
  expect(worstOf({ pu: [dead, 0.97] }, { pu: [dead, 0.93] })).toBe(1_000);
});

test('of equal moments it is the first, and where not a step was seen there is none', () => {
  expect(worstOf({ pu: [0.95] }, { pu: [0.95] })).toBe(0);
  expect(worstOf()).toBeUndefined();
});
