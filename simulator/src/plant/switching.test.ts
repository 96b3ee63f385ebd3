import { type Feeder, PowerFlow, switched } from '@tieline/grid';
import { describe, expect, test } from 'vitest';
import { eveningPeak } from '../deployment/evening-peak.ts';
import { type Switching, UNDISTURBED } from './disturbances.ts';
import { Plant, type PlantOptions } from './plant.ts';
import { RECONNECT_AFTER_MS } from './supply.ts';

const NOON_MS = Date.UTC(2026, 5, 3, 12, 0);
const { feeder, sites } = eveningPeak();
const coldLoad = { factor: 2, fullAfterMs: 600_000, holdsMs: 120_000, decaysMs: 300_000 };
const options: PlantOptions = {
  feeder,
  sites: sites.map(({ plant }) => ({ ...plant, coldLoad })),
  seed: 1,
  startMs: NOON_MS,
};

function plantWith(...switchings: readonly (readonly [number, string, boolean])[]): Plant {
  const made = switchings.map(
    ([afterMs, branch, closed]): Switching => ({ branch, closed, atMs: NOON_MS + afterMs }),
  );
  return new Plant({ ...options, disturbances: { ...UNDISTURBED, switchings: made } });
}
const harbour = (plant: Plant) => plant.sites.get('harbour')!;
const minute = (plant: Plant, at: number) => plant.step(NOON_MS + at * 60_000);

describe('a feeder that is switched', () => {
  test('a tie closed makes a loop, and opening the line beyond it moves the site to another part', () => {
    // Bus 25 hangs at 24; the tie 25-29 leads to the other lateral.
    const plant = plantWith([60_000, '25-29', true], [120_000, '24-25', false]);
    const at = (branch: string) => feeder.branches.findIndex(({ id }) => id === branch);
    const flowing = () => [plant.currentA[at('24-25')]! > 1, plant.currentA[at('25-29')]! > 1];
    expect(flowing()).toEqual([true, false]);
    minute(plant, 1);
    expect(flowing()).toEqual([true, true]);
    minute(plant, 2);
    expect(flowing()).toEqual([false, true]);
    expect(harbour(plant).isFed).toBe(true);
    expect(harbour(plant).voltagePu).toBeLessThan(0.98);
  });

  test('the state of the switches decides, not how they came to it', () => {
    const there = plantWith(
      [60_000, '25-29', true],
      [60_000, '9-15', true],
      [90_000, '9-15', false],
    );
    const straight = plantWith([100_000, '25-29', true]);
    for (const plant of [there, straight]) for (const at of [1, 2]) minute(plant, at);
    expect(there.voltagePu).toEqual(straight.voltagePu);
  });

  test('a switch that is thrown twice within a step stands as it was thrown last', () => {
    const plant = plantWith([60_000, '24-25', false], [60_500, '24-25', true]);
    minute(plant, 2);
    expect(harbour(plant).isFed).toBe(true);
  });
});

describe('a site that nothing feeds', () => {
  const dead = plantWith([60_000, '24-25', false], [780_000, '24-25', true]);
  harbour(dead).battery!.targetKw = 60;
  for (let second = 1; second <= 60; second += 1) dead.step(NOON_MS + second * 1_000 - 1);

  test('has no voltage, and its devices trip at once', () => {
    expect(harbour(dead).batteryKw).toBe(60);
    const charge = harbour(dead).battery!.stateOfCharge;
    minute(dead, 1);
    expect(harbour(dead)).toMatchObject({ voltagePu: 0, loadKw: 0, pvKw: 0, batteryKw: 0 });
    expect(Math.abs(harbour(dead).importKw)).toBe(0);
    minute(dead, 12);
    expect(harbour(dead).battery!.stateOfCharge).toBe(charge);
    expect(dead.feeder.minVoltage.pu, 'a dead bus is not the lowest').toBeGreaterThan(0.9);
  });

  test('comes back: its load at once and twice as high, its inverters a minute later', () => {
    const warm = plantWith();
    for (const plant of [dead, warm]) minute(plant, 13);
    const backMs = NOON_MS + 13 * 60_000;
    expect(harbour(dead).voltagePu).toBeGreaterThan(0.9);
    expect(harbour(dead).loadKw).toBeCloseTo(2 * harbour(warm).loadKw, 9);
    expect(harbour(dead).pvKw).toBe(0);
    for (const plant of [dead, warm]) plant.step(backMs + RECONNECT_AFTER_MS - 1);
    expect(harbour(dead)).toMatchObject({ pvKw: 0, batteryKw: 0 });
    for (const plant of [dead, warm]) plant.step(backMs + RECONNECT_AFTER_MS);
    expect(harbour(dead).pvKw).toBe(harbour(warm).pvKw);
    expect(harbour(dead).batteryKw).toBeGreaterThan(0);
    // Five minutes after it began to fall, an e-th of the excess is left.
    for (const plant of [dead, warm]) plant.step(backMs + 420_000);
    expect(harbour(dead).loadKw / harbour(warm).loadKw).toBeCloseTo(1 + Math.exp(-1), 9);
  });

  test('after half of the outage that makes it wholly cold, half of the excess is left', () => {
    const short = plantWith([60_000, '24-25', false], [360_000, '24-25', true]);
    const warm = plantWith();
    for (const plant of [short, warm]) for (const at of [1, 6]) minute(plant, at);
    expect(harbour(short).loadKw).toBeCloseTo(1.5 * harbour(warm).loadKw, 9);
  });
});

test('a load that is cold still when its feeder trips again comes back no warmer for it', () => {
  // Full after ten minutes; back for one, and out again for half a minute, as a line that recloses and trips once more.
  const again = plantWith(
    [60_000, '24-25', false],
    [660_000, '24-25', true],
    [720_000, '24-25', false],
    [750_000, '24-25', true],
  );
  const warm = plantWith();
  for (const plant of [again, warm]) for (const at of [1, 11, 12, 12.5]) minute(plant, at);
  expect(harbour(again).loadKw).toBeCloseTo(2 * harbour(warm).loadKw, 9);
  // Nearly half an hour behind it hardly anything is left, and one more minute adds its tenth.
  const later = plantWith(
    [60_000, '24-25', false],
    [660_000, '24-25', true],
    [2_400_000, '24-25', false],
    [2_460_000, '24-25', true],
  );
  for (const plant of [later, warm]) for (const at of [1, 11, 40, 41]) minute(plant, at);
  const leftOver = Math.exp(-(2_400_000 - 660_000 - coldLoad.holdsMs) / coldLoad.decaysMs);
  expect(harbour(later).loadKw).toBeCloseTo((1.1 + leftOver) * harbour(warm).loadKw, 9);
});

test('a loop without impedance is refused when it is closed', () => {
  const bare: Feeder = {
    ...feeder,
    branches: feeder.branches.map((branch) => ({ ...branch, rOhm: 0, xOhm: 0 })),
  };
  const switchings = [{ branch: '25-29', closed: true, atMs: NOON_MS + 1_000 }];
  const disturbances = { ...UNDISTURBED, switchings };
  const plant = new Plant({ ...options, feeder: bare, disturbances });
  expect(() => minute(plant, 1)).toThrow(/loop_without_impedance/);
});

test('the load of a site that follows its voltage is what the power flow says', () => {
  const zip = { z: 1, i: 0, p: 0 };
  const elastic = options.sites.map((site) => (site.site === 'harbour' ? { ...site, zip } : site));
  const plant = new Plant({ ...options, sites: elastic });
  const { loadKw, elasticKw, voltagePu } = harbour(plant);
  expect(voltagePu).toBeLessThan(0.99);
  expect(loadKw).toBeCloseTo(elasticKw * voltagePu ** 2, 9);
  expect(elasticKw).toBe(harbour(new Plant(options)).loadKw);
});

describe('cars beside a load', () => {
  const ev = {
    ...{ chargers: 20, powerKw: 11, energyKwh: 30, steered: false },
    ...{ arrivesMs: 11 * 3_600_000, spreadMs: 0, staysMs: 6 * 3_600_000 },
  };
  const garage = (more: Partial<PlantOptions['sites'][number]>, addKw = 0): Plant => {
    const loadSteps = [{ site: 'harbour', addKw, fromMs: NOON_MS, toMs: NOON_MS + 60_000 }];
    return new Plant({
      ...{ ...options, disturbances: { ...UNDISTURBED, loadSteps } },
      sites: options.sites.map((site) => (site.site === 'harbour' ? { ...site, ...more } : site)),
    });
  };

  test('draw what their chargers give, whatever the voltage', () => {
    const { loadKw, evKw, elasticKw, voltagePu } = harbour(
      garage({ ev, zip: { z: 1, i: 0, p: 0 } }),
    );
    expect(evKw).toBe(220);
    expect(loadKw - evKw).toBeCloseTo(elasticKw * voltagePu ** 2, 9);
    // What the meters say is what the feeder gives: its balance closes with it.
    const plant = garage({ ev, zip: { z: 1, i: 0, p: 0 } });
    const plain = garage({ zip: { z: 1, i: 0, p: 0 } });
    const movedKw = harbour(plant).importKw - harbour(plain).importKw;
    const lostKw = plant.feeder.lossKw - plain.feeder.lossKw;
    expect(plant.feeder.importKw - plain.feeder.importKw).toBeCloseTo(movedKw + lostKw, 3);
  });

  test('go on charging where all of the load falls away', () => {
    const { loadKw, evKw, uncontrolledKw, pvKw } = harbour(
      garage({ ev: { ...ev, steered: true } }, -10_000),
    );
    expect([loadKw, evKw]).toEqual([220, 220]);
    expect(uncontrolledKw).toBe(-pvKw);
  });

  test('draw no reactive power, held back or not', () => {
    const kvarOf = (steered: boolean | null): number =>
      harbour(garage(steered === null ? {} : { ev: { ...ev, steered } })).loadKvar;
    expect(kvarOf(null)).toBeGreaterThan(10);
    expect(kvarOf(false)).toBeCloseTo(kvarOf(null), 9);
    expect(kvarOf(true)).toBeCloseTo(kvarOf(null), 9);
  });
});

test('the loading of a branch is its current against its rating, and the highest is the feeder’s', () => {
  const ratings: Readonly<Record<string, number>> = { '1-2': 400, '2-19': 50 };
  const branches = feeder.branches.map(({ ratedA: _, ratingAssumed: __, ...branch }) => {
    const ratedA = ratings[branch.id];
    return ratedA === undefined ? branch : { ...branch, ratedA };
  });
  const rated: Feeder = { ...feeder, branches };
  const plant = new Plant({ ...options, feeder: rated });
  const [first, lateral] = [plant.loadingPercent('1-2')!, plant.loadingPercent('2-19')!];
  expect(first).toBeCloseTo((plant.currentA[0]! / 400) * 100, 9);
  expect(plant.feeder.loadingPercent).toBe(Math.max(first, lateral));
  expect(plant.loadingPercent('2-3')).toBeNull();
  // The published case draws 210.4 A at its head: 3,917.7 kW and 2,435.1 kvar at 12.66 kV.
  const solved = new PowerFlow(switched(rated, new Map())).solve();
  expect(solved.currentA[0]).toBeCloseTo(
    Math.hypot(3_917.68, 2_435.14) / (Math.sqrt(3) * 12.66),
    1,
  );
});
