import { describe, expect, test } from 'vitest';
import { eveningPeak } from '../deployment/evening-peak.ts';
import { Plant, type PlantOptions } from './plant.ts';

const NOON_MS = Date.UTC(2026, 5, 3, 12, 0);
const { feeder, sites } = eveningPeak();
const options: PlantOptions = {
  feeder,
  sites: sites.map((site) => site.plant),
  seed: 1,
  startMs: NOON_MS,
};
const siteOf = (plant: Plant) => plant.sites.get('harbour')!;

describe('a site behind its meter', () => {
  test('imports what its load draws beyond its sun and its battery, and the feeder sees it', () => {
    const [resting, discharging] = [new Plant(options), new Plant(options)];
    siteOf(discharging).battery!.targetKw = 60;
    for (const plant of [resting, discharging]) {
      for (let second = 1; second <= 60; second += 1) plant.step(NOON_MS + second * 1_000);
    }
    const site = siteOf(discharging);
    expect(site.batteryKw).toBe(60);
    expect(site.importKw).toBe(site.loadKw - site.pvKw - 60);
    expect(siteOf(resting).importKw - site.importKw).toBeCloseTo(60, 9);
    // 60 kW less, and the losses that they made on the way.
    const savedKw = resting.feeder.importKw - discharging.feeder.importKw;
    expect(savedKw).toBeGreaterThan(60);
    expect(savedKw).toBeLessThan(70);
    expect(site.voltagePu).toBeGreaterThan(siteOf(resting).voltagePu);
  });

  test('gives no more sun than it is limited to, and all of it again when it is not', () => {
    const plant = new Plant(options);
    const freeKw = siteOf(plant).pvKw;
    expect(freeKw).toBeGreaterThan(20);
    siteOf(plant).pvLimitKw = 10;
    plant.step(NOON_MS);
    expect(siteOf(plant).pvKw).toBe(10);
    siteOf(plant).pvLimitKw = 10_000;
    plant.step(NOON_MS);
    expect(siteOf(plant).pvKw).toBe(freeKw);
    siteOf(plant).pvLimitKw = null;
    plant.step(NOON_MS);
    expect(siteOf(plant).pvKw).toBe(freeKw);
  });
});

test('two sites on one bus are refused: the second would be nobody’s load', () => {
  const [one, two] = options.sites;
  const doubled = [one!, { ...two!, bus: one!.bus }];
  expect(() => new Plant({ ...options, sites: doubled })).toThrow('one site');
});
