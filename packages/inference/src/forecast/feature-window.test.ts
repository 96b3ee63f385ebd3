import { DAY_MS, HOUR_MS } from '@tieline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FeatureWindow, FeatureWindowState, type ForecastSample } from './feature-window.ts';
import { FORECAST_FEATURES } from './forecast-features.ts';

const MONDAY_MS = Date.UTC(2026, 0, 5);
const rating = { importKw: 200, pvKw: 100 };

/** Feeds one sample a second of a given import. */
function feed(
  window: FeatureWindow,
  fromMs: number,
  untilMs: number,
  importKw: (tMs: number) => number,
  stepMs = 1_000,
): void {
  for (let tMs = fromMs; tMs < untilMs; tMs += stepMs) {
    window.add({ tMs, uncontrolledImportKw: importKw(tMs), pvKw: 20 });
  }
}

/** The present features, by name. */
function named(window: FeatureWindow): (name: string) => number {
  const features = window.features()!;
  expect(features).toHaveLength(FORECAST_FEATURES.length);
  return (name) => features[FORECAST_FEATURES.findIndex((spec) => spec.name === name)]!;
}

test('before the first sample there are no features; after it, all are finite and in range', () => {
  const window = new FeatureWindow(rating);
  expect(window.features()).toBeNull();
  window.add({ tMs: MONDAY_MS + 123, uncontrolledImportKw: 50, pvKw: 0 });
  const features = window.features()!;
  for (const [at, { min, max }] of FORECAST_FEATURES.entries()) {
    expect(features[at]).toBeGreaterThanOrEqual(min);
    expect(features[at]).toBeLessThanOrEqual(max);
  }
});

test('means are per unit of the ratings, over the minutes they name', () => {
  const window = new FeatureWindow(rating);
  const startMs = MONDAY_MS + 10 * HOUR_MS;
  // 100 kW for 25 minutes, then 160 kW for five and a half.
  const stepMs = startMs + 25 * 60_000;
  feed(window, startMs, stepMs + 330_000, (tMs) => (tMs < stepMs ? 100 : 160));
  const features = named(window);
  expect(features('import1m')).toBeCloseTo(0.8, 12);
  expect(features('import5m')).toBeCloseTo(0.8, 12);
  expect(features('import15m')).toBeCloseTo((100 * 600 + 160 * 330) / 930 / 200, 12);
  expect(features('import30m')).toBeCloseTo((100 * 1_500 + 160 * 330) / 1_830 / 200, 12);
  expect(features('quarterImport')).toBeCloseTo(0.8, 1);
  expect(features('quarterElapsed')).toBeCloseTo(29 / 900, 12);
  expect(features('pv1m')).toBeCloseTo(0.1, 12);
  expect(features('sun1m')).toBeCloseTo(0.2, 12);
  expect(features('yesterdayKnown')).toBe(0);
  expect(features('yesterdayAfter')).toBe(features('import15m'));
});

test('yesterday is the same quarter of an hour a day ago, before and after this instant', () => {
  const window = new FeatureWindow(rating);
  const ramp = (tMs: number): number => 100 + ((tMs - MONDAY_MS) / DAY_MS) * 50;
  const nowMs = MONDAY_MS + DAY_MS + 5 * HOUR_MS + 7.5 * 60_000;
  feed(window, MONDAY_MS, nowMs, ramp, 5_000);
  const features = named(window);
  const quarterMs = 900_000;
  expect(features('yesterdayKnown')).toBe(1);
  expect(features('yesterdayAfter') * 200).toBeCloseTo(ramp(nowMs - DAY_MS + quarterMs / 2), 2);
  expect(features('yesterdayBefore') * 200).toBeCloseTo(ramp(nowMs - DAY_MS - quarterMs / 2), 2);
});

describe('time that jumps', () => {
  test('a gap leaves its minutes and quarter hours unknown, and keeps the rest', () => {
    const window = new FeatureWindow(rating);
    feed(window, MONDAY_MS, MONDAY_MS + 20 * HOUR_MS, () => 80, 10_000);
    const afterMs = MONDAY_MS + DAY_MS + 10 * HOUR_MS;
    feed(window, afterMs, afterMs + 60_000, () => 140);
    const features = named(window);
    expect(features('import30m')).toBeCloseTo(0.7, 12);
    expect(features('yesterdayKnown')).toBe(1);
    expect(features('yesterdayAfter')).toBeCloseTo(0.4, 12);
    const nightMs = MONDAY_MS + DAY_MS + 21 * HOUR_MS;
    feed(window, nightMs, nightMs + 60_000, () => 140);
    expect(named(window)('yesterdayKnown')).toBe(0);
  });

  test('a quarter hour that was barely measured is not taken for yesterday', () => {
    const window = new FeatureWindow(rating);
    feed(window, MONDAY_MS, MONDAY_MS + 7 * 60_000, () => 80, 10_000);
    const tuesdayMs = MONDAY_MS + DAY_MS;
    feed(window, MONDAY_MS + 15 * 60_000, tuesdayMs + 20 * 60_000, () => 80, 10_000);
    expect(named(window)('yesterdayKnown')).toBe(0);
    feed(window, tuesdayMs + 20 * 60_000, tuesdayMs + 31 * 60_000, () => 80, 10_000);
    expect(named(window)('yesterdayKnown')).toBe(1);
  });

  test('a clock set back by a minute begins the window anew; by less, nothing happens', () => {
    const window = new FeatureWindow(rating);
    feed(window, MONDAY_MS, MONDAY_MS + 2 * HOUR_MS + 30_000, () => 80);
    window.add({ tMs: MONDAY_MS + 2 * HOUR_MS + 5_000, uncontrolledImportKw: 80, pvKw: 0 });
    expect(window.state().quartersKw).toHaveLength(8);
    // Across a minute, an hour and a quarter hour as well.
    window.add({ tMs: MONDAY_MS + 2 * HOUR_MS - 1, uncontrolledImportKw: 80, pvKw: 0 });
    expect(window.state().quartersKw).toHaveLength(8);
    expect(window.state().tMs).toBe(MONDAY_MS + 2 * HOUR_MS + 29_000);
    window.add({ tMs: MONDAY_MS + HOUR_MS, uncontrolledImportKw: 40, pvKw: 0 });
    expect(window.state().quartersKw).toHaveLength(0);
    expect(named(window)('import30m')).toBeCloseTo(0.2, 12);
  });
});

describe('the state', () => {
  const step = fc.record({
    stepMs: fc.oneof(
      { weight: 8, arbitrary: fc.integer({ min: 100, max: 90_000 }) },
      { weight: 2, arbitrary: fc.integer({ min: -200_000, max: 3 * DAY_MS }) },
    ),
    uncontrolledImportKw: fc.double({ min: -300, max: 300, noNaN: true }),
    pvKw: fc.double({ min: 0, max: 100, noNaN: true }),
  });
  const samples = fc.array(step, { minLength: 1, maxLength: 300 }).map((steps) => {
    let tMs = MONDAY_MS;
    return steps.map(({ stepMs, ...rest }): ForecastSample => {
      tMs += stepMs;
      return { tMs, ...rest };
    });
  });

  test('through JSON and back, a window goes on bit for bit', () => {
    fc.assert(
      fc.property(samples, fc.nat(300), (all, cut) => {
        const straight = new FeatureWindow(rating);
        let restored = new FeatureWindow(rating);
        for (const [at, sample] of all.entries()) {
          if (at === cut) {
            const json: unknown = JSON.parse(JSON.stringify(restored.state()));
            restored = new FeatureWindow(rating, FeatureWindowState.parse(json));
          }
          if (at > 0) expect(restored.features()).toEqual(straight.features());
          straight.add(sample);
          restored.add(sample);
          expect(restored.features()).toEqual(straight.features());
        }
      }),
      { numRuns: 60 },
    );
  });

  test('whatever time does, it stays valid, below 8 kB, and the features stay finite', () => {
    fc.assert(
      fc.property(samples, (all) => {
        const window = new FeatureWindow(rating);
        for (const sample of all) {
          window.add(sample);
          expect(window.features()!.every(Number.isFinite)).toBe(true);
        }
        const state = window.state();
        FeatureWindowState.parse(state);
        expect(JSON.stringify(state).length).toBeLessThan(8_192);
      }),
      { numRuns: 60 },
    );
  });

  test('a copy of the state does not move with the window', () => {
    const window = new FeatureWindow(rating);
    feed(window, MONDAY_MS, MONDAY_MS + HOUR_MS, () => 80, 10_000);
    const before = window.state();
    const text = JSON.stringify(before);
    feed(window, MONDAY_MS + HOUR_MS, MONDAY_MS + 2 * HOUR_MS, () => 90, 10_000);
    expect(JSON.stringify(before)).toBe(text);
  });
});
