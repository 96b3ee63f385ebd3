import { expect, test } from 'vitest';
import { countDemand, type DemandWindow, demandBudget, emptyDemand } from './demand-window.ts';

const QUARTER_MS = 900_000;
const NOON_MS = Date.UTC(2026, 2, 3, 12);

/** Counts one cycle a second, from the first of these seconds to the last, at one import. */
function run(
  demand: DemandWindow,
  [fromS, toS]: readonly [number, number],
  importKw: number,
  clock: 'trusted' | 'untrusted' = 'trusted',
): DemandWindow {
  let counted = demand;
  for (let second = fromS; second <= toS; second += 1) {
    const at = { sessionMs: second * 1_000, wallMs: NOON_MS + second * 1_000, clock };
    counted = countDemand(counted, at, importKw);
  }
  return counted;
}

test('what was imported less than allowed may still flow, over the rest of the quarter hour', () => {
  const demand = run(emptyDemand, [0, 450], 60);
  const { allowedKw, aheadMs } = demandBudget(demand, NOON_MS + 450_000, 100);
  expect(aheadMs).toBe(450_000);
  expect(allowedKw).toBeCloseTo(140, 6);
});

test('who imports what is allowed may go on to, to the last second', () => {
  for (let second = 1; second < 900; second += 1) {
    const demand = run(emptyDemand, [0, second], 100);
    expect(demandBudget(demand, NOON_MS + second * 1_000, 100).allowedKw).toBeCloseTo(100, 6);
  }
});

test('what is too much, or saved, is not made up for within seconds', () => {
  for (const kw of [90, 110]) {
    const demand = run(emptyDemand, [0, 898], kw);
    const { allowedKw } = demandBudget(demand, NOON_MS + 898_000, 100);
    expect(allowedKw).toBeCloseTo(100 + ((100 - kw) * 898) / 60, 6);
  }
});

test('export earns no credit for later import', () => {
  const demand = run(emptyDemand, [0, 450], -80);
  expect(demandBudget(demand, NOON_MS + 450_000, 100).allowedKw).toBeCloseTo(200, 6);
});

test('a start in mid-quarter gives no credit for what was not measured', () => {
  const demand = run(emptyDemand, [600, 700], 100);
  expect(demandBudget(demand, NOON_MS + 700_000, 100).allowedKw).toBeCloseTo(100, 6);
});

test('at the boundary a new quarter hour begins with nothing used', () => {
  const demand = run(emptyDemand, [0, 900], 140);
  const { allowedKw, aheadMs } = demandBudget(demand, NOON_MS + QUARTER_MS, 100);
  expect(aheadMs).toBe(QUARTER_MS);
  expect(allowedKw).toBe(100);
});

test('a gap between cycles is not taken for energy', () => {
  const before = run(emptyDemand, [0, 10], 100);
  const after = run(before, [300, 310], 100);
  expect(after.measuredMs).toBe(20_000);
  expect(after.importKwMs).toBe(100 * 20_000);
});

test('a clock that jumps out of the counted quarter hour makes neither debt nor credit', () => {
  const demand = run(emptyDemand, [0, 450], 60);
  for (const jumpMs of [-3_600_000, QUARTER_MS, 400 * 86_400_000]) {
    const { allowedKw, aheadMs } = demandBudget(demand, NOON_MS + 450_000 + jumpMs, 100);
    expect(allowedKw).toBe(100);
    expect(aheadMs).toBe(450_000);
  }
});

test('under an untrusted clock the mean of any quarter hour is held, wherever it begins', () => {
  const demand = run(emptyDemand, [0, 840], 90, 'untrusted');
  const { allowedKw, aheadMs } = demandBudget(demand, NOON_MS + 840_000, 100);
  expect(aheadMs).toBe(60_000);
  expect(allowedKw).toBeCloseTo(240, 0);
  expect(run(demand, [841, 90_000], 90, 'untrusted').minutes).toHaveLength(14);
});
