import { DAY_MS, HOUR_MS, QUARTER_HOUR_MS } from '@tieline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CIGRE_PV_PU, CIGRE_RESIDENTIAL_PU } from './cigre.ts';
import { siteProfile } from './site-profile.ts';
import { weather } from './weather.ts';

const MONDAY_MS = Date.UTC(2026, 0, 5);
const site = { seed: 7, index: 2, peakLoadKw: 400, pvPeakKw: 150 };
const instant = fc.integer({ min: 0, max: 4_000_000_000_000 });

function overDay(startMs: number, stepMs: number, read: (tMs: number) => number): number[] {
  return Array.from({ length: DAY_MS / stepMs }, (_, at) => read(startMs + at * stepMs));
}

test('the benchmark day is whole: 96 quarter hours, load highest at 19:00, sun at 10:45', () => {
  expect(CIGRE_RESIDENTIAL_PU).toHaveLength(96);
  expect(CIGRE_PV_PU).toHaveLength(96);
  expect(CIGRE_RESIDENTIAL_PU.indexOf(Math.max(...CIGRE_RESIDENTIAL_PU))).toBe(76);
  expect(CIGRE_PV_PU.indexOf(Math.max(...CIGRE_PV_PU))).toBe(43);
});

describe('a profile is a function of seed, site and time alone', () => {
  test('the value at an instant does not depend on what was asked before', () => {
    const walked = siteProfile(site);
    fc.assert(
      fc.property(fc.array(instant, { minLength: 1, maxLength: 20 }), (instants) => {
        for (const tMs of instants) {
          const fresh = siteProfile(site);
          expect(walked.loadKw(tMs)).toBe(fresh.loadKw(tMs));
          expect(walked.pvAvailableKw(tMs)).toBe(fresh.pvAvailableKw(tMs));
        }
      }),
      { numRuns: 100 },
    );
    for (let tMs = MONDAY_MS; tMs < MONDAY_MS + HOUR_MS; tMs += 1_000) walked.loadKw(tMs);
    const evening = MONDAY_MS + 19 * HOUR_MS + 137;
    expect(walked.loadKw(evening)).toBe(siteProfile(site).loadKw(evening));
  });

  test('another seed or another site gives another day', () => {
    const noon = MONDAY_MS + 12 * HOUR_MS;
    const load = siteProfile(site).loadKw(noon);
    expect(siteProfile({ ...site, seed: 8 }).loadKw(noon)).not.toBe(load);
    expect(siteProfile({ ...site, seed: site.seed + 2 ** 32 }).loadKw(noon)).not.toBe(load);
    expect(siteProfile({ ...site, index: 3 }).loadKw(noon)).not.toBe(load);
    expect(siteProfile(site).loadKw(noon + DAY_MS)).not.toBe(load);
  });
});

test('load stays positive and within 1.6 × its peak; sun stays between nothing and 1,000 W/m²', () => {
  const sky = weather(site.seed);
  fc.assert(
    fc.property(instant, fc.nat(40), (tMs, index) => {
      const { loadKw, pvAvailableKw } = siteProfile({ ...site, index });
      expect(loadKw(tMs)).toBeGreaterThan(0);
      expect(loadKw(tMs)).toBeLessThan(1.6 * site.peakLoadKw);
      expect(pvAvailableKw(tMs)).toBeGreaterThanOrEqual(0);
      expect(pvAvailableKw(tMs)).toBeLessThan(site.pvPeakKw);
      expect(Math.abs(sky.temperatureC(tMs))).toBeLessThan(25);
    }),
    { numRuns: 2_000 },
  );
});

// Scenarios that hold with any seed are built upon this (docs/reference/scenario-file.md#any-seed).
test.each([
  { fromH: 18, toH: 19, min: 0.47, max: 1.46 },
  { fromH: 2, toH: 4, min: 0.13, max: 0.37 },
])('whatever the seed, from $fromH to $toH a load is $min to $max of its peak', (hours) => {
  const { fromH, toH, min, max } = hours;
  const atMs = fc.integer({ min: fromH * HOUR_MS, max: toH * HOUR_MS });
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.nat(40), fc.nat(20_000), atMs, (seed, index, day, ofDayMs) => {
      const part = siteProfile({ seed, index, peakLoadKw: 1, pvPeakKw: 0 }).loadKw(
        day * DAY_MS + ofDayMs,
      );
      expect(part).toBeGreaterThan(min);
      expect(part).toBeLessThan(max);
    }),
    { numRuns: 5_000 },
  );
});

test('the day peaks in the evening, and the night is dark', () => {
  const sky = weather(3);
  for (let day = 0; day < 14; day += 1) {
    const startMs = MONDAY_MS + day * DAY_MS;
    const { loadKw } = siteProfile({ ...site, seed: 3, index: day });
    const quarterKw = overDay(startMs, 60_000, loadKw);
    const peakHour = quarterKw.indexOf(Math.max(...quarterKw)) / 60;
    expect(peakHour).toBeGreaterThan(17);
    expect(peakHour).toBeLessThan(22);
    for (const hour of [0, 4, 20, 23]) {
      expect(sky.irradianceWPerM2(startMs + hour * HOUR_MS)).toBe(0);
    }
    expect(Math.max(...overDay(startMs, 60_000, sky.irradianceWPerM2))).toBeGreaterThan(100);
  }
});

test('days differ in cloudiness, and load has no step at midnight', () => {
  const sky = weather(11);
  const energyPerDay = Array.from({ length: 30 }, (_, day) =>
    overDay(MONDAY_MS + day * DAY_MS, QUARTER_HOUR_MS, sky.irradianceWPerM2).reduce(
      (a, b) => a + b,
    ),
  );
  expect(Math.min(...energyPerDay)).toBeLessThan(0.6 * Math.max(...energyPerDay));
  const { loadKw } = siteProfile(site);
  for (let day = 1; day < 15; day += 1) {
    const midnightMs = MONDAY_MS + day * DAY_MS;
    expect(Math.abs(loadKw(midnightMs) - loadKw(midnightMs - 1))).toBeLessThan(0.05);
  }
});
