import { DAY_MS, HOUR_MS } from '@tieline/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { evLoad } from './ev-fleet.ts';

const fleet = {
  ...{ chargers: 20, powerKw: 11, energyKwh: 22 },
  ...{ arrivesMs: 17 * HOUR_MS, spreadMs: 2 * HOUR_MS },
};
const DAY = Date.UTC(2026, 2, 3);

test('over many days the fleet takes the energy of its cars, and never more than its chargers give', () => {
  const load = evLoad(fleet, 7, 0);
  let energyKwh = 0;
  let mostKw = 0;
  for (let minute = 0; minute < 60 * 24 * 60; minute += 1) {
    const kw = load(DAY + minute * 60_000);
    energyKwh += kw / 60;
    mostKw = Math.max(mostKw, kw);
  }
  // A mean of 1,200 draws within half of 22 kWh: its deviation is below a hundredth.
  expect(Math.abs(energyKwh / (60 * 20 * 22) - 1)).toBeLessThan(0.03);
  expect(mostKw).toBeLessThanOrEqual(220);
  expect(mostKw).toBeGreaterThan(110);
});

test('nobody charges before the first can have come and after the last can have left', () => {
  const load = evLoad(fleet, 7, 0);
  for (let atMs = 0; atMs < DAY_MS; atMs += 60_000) {
    const hour = atMs / HOUR_MS;
    if (hour < 15 || hour > 22) expect(load(DAY + atMs)).toBe(0);
  }
});

test('the load is a function of seed, site and time alone', () => {
  const walked = evLoad(fleet, 7, 0);
  fc.assert(
    fc.property(fc.integer({ min: DAY, max: DAY + 9 * DAY_MS }), (tMs) => {
      expect(walked(tMs)).toBe(evLoad(fleet, 7, 0)(tMs));
    }),
  );
  const evening = Array.from({ length: 60 }, (_, minute) => DAY + 16.5 * HOUR_MS + minute * 60_000);
  const [one, other] = [evLoad(fleet, 7, 0), evLoad(fleet, 7, 1)];
  expect(evening.some((tMs) => one(tMs) !== other(tMs))).toBe(true);
});

test('a fleet that comes before midnight charges on into the next day', () => {
  const late = evLoad({ ...fleet, arrivesMs: 23.5 * HOUR_MS, spreadMs: 0 }, 7, 0);
  expect(late(DAY + DAY_MS - 60_000)).toBe(220);
  expect(late(DAY + DAY_MS + 60_000)).toBe(220);
});
