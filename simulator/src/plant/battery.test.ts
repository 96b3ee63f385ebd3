import { HOUR_MS } from '@tieline/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Battery, type BatteryRatings } from './battery.ts';

const ratings: fc.Arbitrary<BatteryRatings> = fc.record({
  powerMaxKw: fc.double({ min: 1, max: 500, noNaN: true }),
  energyKwh: fc.double({ min: 1, max: 1_000, noNaN: true }),
  chargeEfficiency: fc.double({ min: 0.5, max: 1, noNaN: true }),
  dischargeEfficiency: fc.double({ min: 0.5, max: 1, noNaN: true }),
  rampKwPerS: fc.double({ min: 0.1, max: 500, noNaN: true }),
});
const steps = fc.array(
  fc.record({
    targetKw: fc.double({ min: -1_000, max: 1_000, noNaN: true }),
    elapsedMs: fc.integer({ min: 0, max: 900_000 }),
  }),
  { minLength: 1, maxLength: 40 },
);
const TOLERANCE = 1e-6;

test('what a battery takes in and gives out is what its charge gains and loses, less its losses', () => {
  fc.assert(
    fc.property(
      ratings,
      fc.double({ min: 0, max: 1, noNaN: true }),
      steps,
      (given, start, moves) => {
        const battery = new Battery(given, start);
        for (const { targetKw, elapsedMs } of moves) {
          const [beforeKwh, beforeKw] = [battery.stateOfCharge * given.energyKwh, battery.powerKw];
          battery.targetKw = targetKw;
          battery.step(elapsedMs);
          const { powerKw } = battery;
          const hours = elapsedMs / HOUR_MS;
          const storedKwh =
            powerKw < 0
              ? -powerKw * hours * given.chargeEfficiency
              : (-powerKw * hours) / given.dischargeEfficiency;
          const gainedKwh = battery.stateOfCharge * given.energyKwh - beforeKwh;
          expect(Math.abs(gainedKwh - (elapsedMs === 0 ? 0 : storedKwh))).toBeLessThan(TOLERANCE);
          expect(battery.stateOfCharge).toBeGreaterThanOrEqual(0);
          expect(battery.stateOfCharge).toBeLessThanOrEqual(1 + TOLERANCE);
          expect(Math.abs(powerKw)).toBeLessThanOrEqual(given.powerMaxKw + TOLERANCE);
          // It may fall off faster than its ramp where it is empty or full, and only there.
          const rampKw = (given.rampKwPerS * elapsedMs) / 1_000;
          const atAnEnd = battery.stateOfCharge < 1e-9 || battery.stateOfCharge > 1 - 1e-9;
          if (!atAnEnd)
            expect(Math.abs(powerKw - beforeKw)).toBeLessThanOrEqual(rampKw + TOLERANCE);
        }
      },
    ),
  );
});

const plain: BatteryRatings = {
  powerMaxKw: 100,
  energyKwh: 50,
  chargeEfficiency: 0.9,
  dischargeEfficiency: 0.8,
  rampKwPerS: 10,
};

test('a target is reached along the ramp, and no further than the inverter goes', () => {
  const battery = new Battery(plain, 0.5);
  battery.targetKw = 150;
  battery.step(1_000);
  expect(battery.powerKw).toBe(10);
  for (let second = 0; second < 20; second += 1) battery.step(1_000);
  expect(battery.powerKw).toBe(100);
});

test('an empty battery gives nothing, and a full one takes nothing', () => {
  const empty = new Battery(plain, 0);
  empty.targetKw = 50;
  empty.step(60_000);
  expect(empty.powerKw).toBe(0);
  const full = new Battery(plain, 1);
  full.targetKw = -50;
  full.step(60_000);
  expect(full.powerKw).toBeCloseTo(0, 9);
});

test('a whole charge and discharge gives back what both efficiencies leave', () => {
  const battery = new Battery({ ...plain, rampKwPerS: 1_000 }, 0);
  let [inKwh, outKwh] = [0, 0];
  battery.targetKw = -50;
  for (let minute = 0; minute < 120; minute += 1) {
    battery.step(60_000);
    inKwh -= battery.powerKw / 60;
  }
  battery.targetKw = 50;
  for (let minute = 0; minute < 120; minute += 1) {
    battery.step(60_000);
    outKwh += battery.powerKw / 60;
  }
  expect(inKwh).toBeCloseTo(50 / 0.9, 6);
  expect(outKwh).toBeCloseTo(50 * 0.8, 6);
});

test('in the heat it gives and takes less, and nothing once it is too hot', () => {
  const derated = { ...plain, rampKwPerS: 1_000, derating: { fromC: 35, zeroC: 55 } };
  for (const [outdoorC, expectedKw] of [
    [20, 60],
    [35, 60],
    [45, 50],
    [50, 25],
    [55, 0],
    [70, 0],
  ] as const) {
    for (const sign of [1, -1]) {
      const battery = new Battery(derated, 0.5);
      battery.targetKw = sign * 60;
      battery.step(1_000, outdoorC);
      expect(battery.powerKw).toBeCloseTo(sign * expectedKw, 9);
    }
  }
});

test('active and reactive power share the inverter: active comes first', () => {
  const battery = new Battery(
    { ...plain, rampKwPerS: 1_000, apparentMaxKva: 50, reactiveKvar: 40 },
    0.5,
  );
  expect(battery.reactiveKvar).toBe(40);
  battery.targetKw = 30;
  battery.step(1_000);
  expect(battery.reactiveKvar).toBeCloseTo(40, 9);
  battery.targetKw = 48;
  battery.step(1_000);
  expect(battery.reactiveKvar).toBeCloseTo(14, 9);
  battery.targetKw = 80;
  battery.step(1_000);
  expect([battery.powerKw, battery.reactiveKvar]).toEqual([50, 0]);
  battery.trip();
  expect([battery.powerKw, battery.reactiveKvar]).toEqual([0, 0]);
  const absorbing = new Battery({ ...plain, reactiveKvar: -30 }, 0.5);
  expect(absorbing.reactiveKvar).toBe(-30);
});
