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

describe('what comes on top of the profiles', () => {
  const forAMinute = { fromMs: NOON_MS + 60_000, toMs: NOON_MS + 120_000 };
  const disturbances = {
    loadSteps: [{ site: 'harbour', addKw: 50, ...forAMinute }],
    clouds: [{ share: 0.25, ...forAMinute }],
    switchings: [],
  };

  test('a load step and a cloud begin and end by themselves, and touch nothing else', () => {
    const [calm, disturbed] = [new Plant(options), new Plant({ ...options, disturbances })];
    for (const [afterMs, addedKw, share] of [
      [59_999, 0, 1],
      [60_000, 50, 0.25],
      [119_999, 50, 0.25],
      [120_000, 0, 1],
    ] as const) {
      for (const plant of [calm, disturbed]) plant.step(NOON_MS + afterMs);
      expect(siteOf(disturbed).loadKw).toBe(siteOf(calm).loadKw + addedKw);
      expect(siteOf(disturbed).pvKw).toBe(siteOf(calm).pvKw * share);
      const [own, other] = [disturbed, calm].map((plant) => plant.sites.get('mill-lane')!);
      expect(own!.loadKw).toBe(other!.loadKw);
      expect(own!.pvKw).toBe(other!.pvKw * share);
    }
  });

  test('no load falls below nothing, and of two clouds each takes its part', () => {
    const plant = new Plant({
      ...options,
      disturbances: {
        ...disturbances,
        loadSteps: [{ site: 'harbour', addKw: -10_000, fromMs: NOON_MS, toMs: NOON_MS + 1 }],
        clouds: [...disturbances.clouds, { share: 0.5, ...forAMinute }],
      },
    });
    expect(siteOf(plant).loadKw).toBe(0);
    const calm = new Plant(options);
    for (const one of [plant, calm]) one.step(NOON_MS + 60_000);
    expect(siteOf(plant).pvKw).toBe(siteOf(calm).pvKw * 0.125);
  });
});

test('the sites of one bus draw together, and see one voltage', () => {
  const [one, two] = options.sites;
  const shared = new Plant({ ...options, sites: [one!, { ...two!, bus: one!.bus }] });
  const apart = new Plant({ ...options, sites: [one!] });
  const [first, second] = [...shared.sites.values()];
  expect(second?.voltagePu).toBe(first?.voltagePu);
  expect(first?.importKw).toBe([...apart.sites.values()][0]?.importKw);
  const lossKw = shared.feeder.lossKw - apart.feeder.lossKw;
  // The bus of the second is left with its own load, in both.
  expect(shared.feeder.importKw - apart.feeder.importKw).toBeCloseTo(
    (second?.importKw ?? 0) + lossKw,
    4,
  );
});

test('a plant that feeds a bus, and a capacitor at another, give what the feeder says of them', () => {
  const other = (id: string, more: object) => (bus: (typeof feeder.buses)[number]) =>
    bus.id === id ? { id, ...more } : bus;
  const withBuses = (...others: ReturnType<typeof other>[]): Plant => {
    const buses = others.reduce((all, one) => all.map(one), feeder.buses);
    return new Plant({ ...options, feeder: { ...feeder, buses } });
  };
  const at = feeder.buses.findIndex(({ id }) => id === '10');
  const bare = withBuses(other('10', {}));
  const hydro = withBuses(other('10', { loadKw: -200 }));
  const bank = withBuses(other('10', { loadKvar: -400 }));
  const lossKw = hydro.feeder.lossKw - bare.feeder.lossKw;
  expect(hydro.feeder.importKw - bare.feeder.importKw).toBeCloseTo(-200 + lossKw, 3);
  expect(bank.voltagePu[at]!).toBeGreaterThan(bare.voltagePu[at]! + 0.005);
  // Neither has an evening.
  const nightMs = NOON_MS + 12 * 3_600_000;
  for (const plant of [bare, hydro]) plant.step(nightMs);
  const atNightKw = hydro.feeder.importKw - bare.feeder.importKw;
  expect(atNightKw).toBeCloseTo(-200 + hydro.feeder.lossKw - bare.feeder.lossKw, 3);
});

test('reactive power that a battery gives raises its voltage', () => {
  const giving = options.sites.map((site) =>
    site.site === 'harbour' && site.battery !== null
      ? {
          ...site,
          battery: { ...site.battery, ratings: { ...site.battery.ratings, reactiveKvar: 100 } },
        }
      : site,
  );
  const [plain, raised] = [new Plant(options), new Plant({ ...options, sites: giving })];
  expect(siteOf(raised).voltagePu).toBeGreaterThan(siteOf(plain).voltagePu + 0.0005);
});
