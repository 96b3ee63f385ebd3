import { expect, test } from 'vitest';
import { eveningPeak } from '../deployment/evening-peak.ts';
import { Plant } from './plant.ts';
import { TapChanger } from './tap-changer.ts';

const options = {
  bus: '6',
  targetPu: 1,
  deadbandPu: 0.02,
  delayMs: 30_000,
  stepPu: 0.0125,
  taps: 2,
};
/** The tap at each second, under a voltage that is given for it. */
const taps = (...measured: readonly (readonly [seconds: number, pu: number])[]): number[] => {
  const changer = new TapChanger(options);
  const seen: number[] = [];
  for (const [seconds, pu] of measured) {
    for (let second = 0; second < seconds; second += 1) {
      changer.step(seen.length * 1_000, pu);
      seen.push(changer.tap);
    }
  }
  return seen;
};

test('it steps once the voltage has been out of the band for the delay, and not before', () => {
  const seen = taps([29, 0.98], [1, 1], [60, 0.98]);
  expect(seen.slice(0, 60).every((tap) => tap === 0)).toBe(true);
  expect(seen[60]).toBe(1);
  expect(seen.at(-1)).toBe(1);
});

test('it rests within the band, at its edge, and at a bus that nothing feeds', () => {
  for (const pu of [1, 0.991, 1.009, Number.NaN]) expect(taps([300, pu]).at(-1)).toBe(0);
});

test('each step waits for the delay again, and at its last step it stays', () => {
  const low = taps([300, 0.9]);
  expect([low[29], low[30], low[59], low[60], low.at(-1)]).toEqual([0, 1, 1, 2, 2]);
  const high = taps([300, 1.1]);
  expect([high[30], high.at(-1)]).toEqual([-1, -2]);
});

test('on the 33-bus feeder it brings its bus into the band, by whole steps of the source', () => {
  const { feeder, sites } = eveningPeak();
  const startMs = Date.UTC(2026, 2, 3, 18);
  const held = { ...options, taps: 8 };
  const plant = new Plant({
    ...{ feeder, sites: sites.map((site) => site.plant), seed: 1, startMs, tapChanger: held },
  });
  const at = feeder.buses.findIndex(({ id }) => id === '6');
  expect(plant.voltagePu[at]).toBeLessThan(0.98);
  for (let second = 1; second <= 600; second += 1) plant.step(startMs + second * 1_000);
  expect(Math.abs(plant.voltagePu[at]! - 1)).toBeLessThanOrEqual(0.01 + 1e-3);
  expect(plant.feeder.tap).toBeGreaterThan(2);
  expect(plant.voltagePu[0]).toBe(1 + plant.feeder.tap! * 0.0125);
});
