import { Feeder, PowerFlow } from '@tieline/grid';
import { expect, test } from 'vitest';
import { bareSweep } from './power-flow.ts';
import { radialFeeder } from './radial-feeder.ts';

test.each([33, 300, 1_000])(
  'a drawn feeder of %i buses is one, solves, and has a voltage that lines have',
  (buses) => {
    const feeder = radialFeeder(buses, 1);
    expect(() => Feeder.parse(feeder)).not.toThrow();
    expect(feeder.buses).toHaveLength(buses);
    const { minVoltage, importKw, lossKw } = new PowerFlow(feeder).solve();
    expect(minVoltage.pu).toBeGreaterThan(0.85);
    expect(minVoltage.pu).toBeLessThan(0.99);
    expect(importKw - lossKw).toBeCloseTo(3_715, 3);
    expect(bareSweep(feeder)()).toBeCloseTo(minVoltage.pu, 9);
  },
);

test('the same seed draws the same feeder, another seed another', () => {
  expect(radialFeeder(50, 1)).toEqual(radialFeeder(50, 1));
  expect(radialFeeder(50, 2)).not.toEqual(radialFeeder(50, 1));
});
