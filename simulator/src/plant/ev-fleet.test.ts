import { DAY_MS, HOUR_MS } from '@tieline/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Cars } from './ev-fleet.ts';

const fleet = {
  ...{ chargers: 20, powerKw: 11, energyKwh: 22 },
  ...{ arrivesMs: 17 * HOUR_MS, spreadMs: 2 * HOUR_MS, staysMs: 12 * HOUR_MS, steered: true },
};
const DAY = Date.UTC(2026, 2, 3);
const MINUTE_MS = 60_000;

interface Charged {
  readonly energyKwh: number;
  readonly mostKw: number;
  readonly atMs: readonly number[];
}

/** Minute by minute from the beginning of a day on. */
function charge(cars: Cars, forMs: number, limitKw: number | null = null): Charged {
  let [energyKwh, mostKw] = [0, 0];
  const atMs: number[] = [];
  for (let tMs = 0; tMs < forMs; tMs += MINUTE_MS) {
    cars.step(DAY + tMs, tMs === 0 ? 0 : MINUTE_MS, limitKw);
    energyKwh += cars.powerKw / 60;
    mostKw = Math.max(mostKw, cars.powerKw);
    if (cars.powerKw > 0) atMs.push(tMs);
  }
  return { energyKwh, mostKw, atMs };
}

test('over many days the fleet takes the energy of its cars, and never more than its chargers give', () => {
  const cars = new Cars(fleet, 7, 0);
  const { energyKwh, mostKw } = charge(cars, 60 * DAY_MS);
  // A mean of 1,200 draws within half of 22 kWh: its deviation is below a hundredth.
  expect(Math.abs(energyKwh / (60 * 20 * 22) - 1)).toBeLessThan(0.03);
  expect(mostKw).toBeLessThanOrEqual(220);
  expect(mostKw).toBeGreaterThan(110);
  expect(cars.unmetKwh).toBe(0);
});

test('nobody charges before the first can have come and after the last can have left', () => {
  const { atMs } = charge(new Cars(fleet, 7, 0), DAY_MS);
  expect(Math.min(...atMs)).toBeGreaterThanOrEqual(15 * HOUR_MS);
  expect(Math.max(...atMs)).toBeLessThan(22 * HOUR_MS + MINUTE_MS);
});

test('held back, the cars draw no more than they may, and take later what they were short of', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 0, max: 2 ** 31 }),
      fc.integer({ min: 45, max: 220 }),
      (seed, limitKw) => {
        const held = new Cars(fleet, seed, 0);
        const free = charge(new Cars(fleet, seed, 0), 1.5 * DAY_MS);
        const { energyKwh, mostKw } = charge(held, 1.5 * DAY_MS, limitKw);
        expect(mostKw).toBeLessThanOrEqual(limitKw + 1e-9);
        // What they lacked when they left is all that is missing.
        expect(energyKwh + held.unmetKwh).toBeCloseTo(free.energyKwh, 6);
      },
    ),
    { numRuns: 30 },
  );
});

test('what a car lacks when it leaves is unmet', () => {
  const cars = new Cars({ ...fleet, spreadMs: 0, staysMs: HOUR_MS }, 7, 0);
  const { energyKwh } = charge(cars, DAY_MS, 11);
  expect(energyKwh).toBeCloseTo(11, 6);
  expect(cars.unmetKwh).toBeGreaterThan(300);
});

test('what they are held back by is what they would draw besides', () => {
  const at = DAY + 17 * HOUR_MS + MINUTE_MS;
  const cars = new Cars({ ...fleet, spreadMs: 0 }, 7, 0);
  cars.step(at, 1_000, 60);
  expect([cars.powerKw, cars.heldBackKw]).toEqual([60, 160]);
  cars.step(at + 1_000, 1_000, null);
  expect([cars.powerKw, cars.heldBackKw]).toEqual([220, 0]);
});

test('who is plugged in already when a run begins has charged since he came', () => {
  const begun = new Cars(fleet, 7, 0);
  begun.step(DAY + 18 * HOUR_MS, 0, null);
  const walked = new Cars(fleet, 7, 0);
  charge(walked, 18 * HOUR_MS + MINUTE_MS);
  expect(begun.powerKw).toBe(walked.powerKw);
});

test('the load is a function of seed, site and time, and sites differ', () => {
  const evening = (index: number): readonly number[] => {
    const cars = new Cars(fleet, 7, index);
    return Array.from({ length: 60 }, (_, minute) => {
      cars.step(DAY + 16.5 * HOUR_MS + minute * MINUTE_MS, minute === 0 ? 0 : MINUTE_MS, null);
      return cars.powerKw;
    });
  };
  expect(evening(0)).toEqual(evening(0));
  expect(evening(0)).not.toEqual(evening(1));
});

test('a fleet that comes before midnight charges on into the next day', () => {
  const late = new Cars({ ...fleet, arrivesMs: 23.5 * HOUR_MS, spreadMs: 0 }, 7, 0);
  late.step(DAY + DAY_MS - MINUTE_MS, 0, null);
  expect(late.powerKw).toBe(220);
  late.step(DAY + DAY_MS + MINUTE_MS, 2 * MINUTE_MS, null);
  expect(late.powerKw).toBe(220);
});
