import { HOUR_MS } from '@tieline/kernel';
import { expect, test } from 'vitest';
import { eveningPeak } from '../deployment/evening-peak.ts';
import { Plant, type PlantOptions } from './plant.ts';
import { clearSkyWPerM2 } from './profiles/clear-sky.ts';
import { weather } from './profiles/weather.ts';

const NOON_MS = Date.UTC(2026, 5, 3, 11);
const { feeder, sites } = eveningPeak();
const options: PlantOptions = {
  feeder,
  sites: sites.map((site) => site.plant),
  seed: 1,
  startMs: NOON_MS,
};
const series = (...values: number[]) => ({ startMs: NOON_MS, stepMs: HOUR_MS, values });
const harbour = (plant: Plant) => plant.sites.get('harbour')!;

test('under a clear sky of a place, clouds only take away, and now and then hardly anything', () => {
  const place = { latitudeDeg: 48.14, longitudeDeg: 11.58 };
  const shares: number[] = [];
  for (let seed = 1; seed <= 30; seed += 1) {
    const sky = weather(seed, { place });
    shares.push(sky.irradianceWPerM2(NOON_MS) / clearSkyWPerM2(place, NOON_MS));
    expect(sky.irradianceWPerM2(NOON_MS + 12 * HOUR_MS)).toBe(0);
  }
  expect(Math.max(...shares)).toBeLessThanOrEqual(1);
  expect(Math.max(...shares)).toBeGreaterThan(0.9);
  expect(Math.min(...shares)).toBeLessThan(0.6);
});

test('measured sun meets every site at once, linear between its times, without clouds of our own', () => {
  const plant = new Plant({ ...options, weather: { irradiance: series(400, 800, 600) } });
  for (const site of plant.sites.values()) expect(site.pvKw).toBeCloseTo(0.4 * site.pvPeakKw, 9);
  plant.step(NOON_MS + HOUR_MS / 2);
  for (const site of plant.sites.values()) expect(site.pvKw).toBeCloseTo(0.6 * site.pvPeakKw, 9);
});

test('an inverter smaller than its panels clips them, and a limit below that goes on', () => {
  const clipped = options.sites.map((site) => ({ ...site, pvInverterKw: 70 }));
  const plant = new Plant({
    ...options,
    sites: clipped,
    weather: { irradiance: series(900, 500) },
  });
  expect(harbour(plant).pvPeakKw).toBe(120);
  expect(harbour(plant).pvKw).toBe(70);
  harbour(plant).pvLimitKw = 50;
  plant.step(NOON_MS + 1);
  expect(harbour(plant).pvKw).toBe(50);
  harbour(plant).pvLimitKw = null;
  plant.step(NOON_MS + HOUR_MS);
  expect(harbour(plant).pvKw).toBeCloseTo(60, 9);
});

test('an inverter of no size of its own is as large as its panels, whose nameplate the site knows', () => {
  // Between clouds the sun is stronger than the 1,000 W/m² at which panels are rated.
  const plant = new Plant({ ...options, weather: { irradiance: series(1_200, 1_200) } });
  for (const { pvKw, pvPeakKw } of plant.sites.values()) expect(pvKw).toBe(pvPeakKw);
});

test('a load from a file stands until its next time, and a cold day draws more than a warm one', () => {
  const own = options.sites.map((site) =>
    site.site === 'harbour' ? { ...site, load: series(120, 340) } : site,
  );
  const plant = new Plant({ ...options, sites: own });
  expect(harbour(plant).loadKw).toBe(120);
  plant.step(NOON_MS + HOUR_MS - 1);
  expect(harbour(plant).loadKw).toBe(120);
  plant.step(NOON_MS + HOUR_MS);
  expect(harbour(plant).loadKw).toBe(340);
  const [cold, warm] = [-10, 20].map(
    (celsius) => new Plant({ ...options, weather: { temperature: series(celsius, celsius) } }),
  );
  expect(harbour(cold!).loadKw).toBeGreaterThan(1.3 * harbour(warm!).loadKw);
});
