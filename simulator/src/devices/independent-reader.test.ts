import { Socket } from 'node:net';
import { embeddedFeeder } from '@tieline/grid';
import { type Clock, HOUR_MS } from '@tieline/kernel';
import { ModbusTCPClient } from 'jsmodbus';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { simulatedSite } from '../deployment/simulated-site.ts';
import { type Disturbances, UNDISTURBED } from '../plant/disturbances.ts';
import { Plant } from '../plant/plant.ts';
import { type SunSpecServer, serveSunSpec } from './adapters/sunspec-server.ts';
import { type ReadModel, readDevice } from './independent-reader.ts';
import { type SiteDevices, siteDevices } from './site-devices.ts';

const START_MS = Date.UTC(2026, 5, 16, 11);

/** Cars that come in the middle of the day. */
const EV = {
  ...{ powerKw: 11, energyKwh: 20, steered: true },
  ...{ arrives: 10.5 * HOUR_MS, spread: 0, stays: 4 * HOUR_MS },
};

/** Two sites of very different sizes, so that scale factors differ. */
const sites = [
  { site: 'small', bus: '14', loadPeakKw: 30, pvPeakKw: 18, powerKw: 12, energyKwh: 20 },
  { site: 'large', bus: '25', loadPeakKw: 420, pvPeakKw: 300, powerKw: 260, energyKwh: 900 },
].map(({ powerKw, energyKwh, ...size }) =>
  simulatedSite({
    ...size,
    battery: { powerKw, energyKwh, stateOfCharge: 0.6, efficiency: 0.95 },
    ev: { ...EV, chargers: Math.ceil(size.loadPeakKw / 20) },
    quarterHourImportMaxKw: 100,
    policy: {},
  }),
);

let nowMs = START_MS;
const clock: Clock = {
  wallMs: () => nowMs,
  monotonicMs: () => nowMs,
  sleepUntil: async () => {},
};
let plant: Plant;
let devices: { readonly site: string; readonly of: SiteDevices }[];
const opened: { server: SunSpecServer; socket: Socket }[] = [];

beforeEach(() => stand(UNDISTURBED));

function stand(disturbances: Disturbances): void {
  nowMs = START_MS;
  const feeder = embeddedFeeder('baran-wu-33');
  plant = new Plant({
    ...{ feeder, sites: sites.map((one) => one.plant), disturbances },
    ...{ seed: 3, startMs: START_MS },
  });
  devices = sites.map(({ plant: { site }, ratings }) => ({
    site,
    of: siteDevices(plant.sites.get(site)!, ratings, clock),
  }));
}
afterEach(async () => {
  for (const { server, socket } of opened.splice(0)) {
    socket.destroy();
    await server.close();
  }
});

function run(seconds: number): void {
  for (let second = 0; second < seconds; second += 1) {
    nowMs += 1_000;
    for (const { of } of devices) of.follow();
    plant.step(nowMs);
  }
}

function modelOf(site: string, asset: string) {
  const models = devices.find((one) => one.site === site)!.of.models;
  return models.find(({ ratings }) => ratings.asset === asset)!;
}

/** Every model of a device, by its id. */
async function read(site: string, asset: string): Promise<ReadonlyMap<number, ReadModel>> {
  const server = await serveSunSpec(modelOf(site, asset));
  const socket = new Socket();
  const client = new ModbusTCPClient(socket, 1, 5_000);
  opened.push({ server, socket });
  await new Promise<void>((resolve) => {
    socket.connect(server.port, '127.0.0.1', resolve);
  });
  const found = await readDevice(client);
  return new Map(found.map((model) => [model.id, model]));
}

/** A number of a model, and that it is one. */
function number(models: ReadonlyMap<number, ReadModel>, id: number, name: string): number {
  const value = models.get(id)?.values.get(name);
  expect(value, `${id} ${name}`).toBeTypeOf('number');
  return Number(value);
}

const every = sites.flatMap(({ plant: { site }, ratings }) =>
  ratings.map(({ asset, kind }) => ({ site, asset, kind })),
);

test.each(every)(
  '$asset of $site: its models are whole and lack nothing mandatory',
  async (one) => {
    run(5);
    const models = await read(one.site, one.asset);
    const wanted = {
      battery: [1, 701, 702, 703, 704, 705, 711, 712, 713, 714, 715, 802],
      pv: [1, 701, 702, 703, 704, 705, 711, 712, 714, 715],
      'flexible-load': [1, 701, 702, 703, 704, 705, 711, 712, 714, 715],
      load: [1, 203],
      meter: [1, 203],
    }[one.kind];
    expect([...models.keys()]).toEqual(wanted);
    for (const { id, length, missing } of models.values()) {
      expect(length.taken, `the length of ${id}`).toBe(length.said);
      expect(missing, `of ${id}`).toEqual([]);
    }
    expect(models.get(1)?.values.get('SN')).toBe(one.asset);
  },
);

test.each(sites.map(({ plant: { site } }) => site))(
  'what the devices of %s say is what the plant does',
  async (site) => {
    const at = plant.sites.get(site)!;
    const ratings = sites.find((one) => one.plant.site === site)!.ratings;
    const { dischargeMaxKw: ratedKw, energyKwh } = ratings.find(({ kind }) => kind === 'battery')!;
    const { chargeMaxKw } = ratings.find(({ kind }) => kind === 'flexible-load')!;
    modelOf(site, 'battery').apply({ enabled: true, valueKw: -0.5 * ratedKw, reversionS: 600 });
    modelOf(site, 'pv').apply({ enabled: true, valueKw: 0.25 * at.pvPeakKw, reversionS: 300 });
    run(120);
    const battery = await read(site, 'battery');
    const pv = await read(site, 'pv');
    const meter = await read(site, 'meter');
    const load = await read(site, 'load');
    const ev = await read(site, 'ev');
    /** A register holds steps of its scale. */
    const near = (models: typeof battery, id: number, name: string, scale: string, is: number) => {
      const step = 10 ** number(models, id, scale);
      expect(Math.abs(number(models, id, name) - is), `${id} ${name}`).toBeLessThanOrEqual(step);
    };

    expect(at.batteryKw).toBeCloseTo(-0.5 * ratedKw, 3);
    near(battery, 701, 'W', 'W_SF', at.batteryKw * 1_000);
    near(pv, 701, 'W', 'W_SF', at.pvKw * 1_000);
    // Import is positive at a meter of model 203.
    near(meter, 203, 'W', 'W_SF', at.importKw * 1_000);
    near(meter, 203, 'VAR', 'VAR_SF', at.importKvar * 1_000);
    near(load, 203, 'VAR', 'VAR_SF', at.loadKvar * 1_000);
    expect(at.loadKvar).toBeGreaterThan(1);
    expect(at.evKw).toBeGreaterThan(10);
    near(ev, 701, 'W', 'W_SF', at.evKw * -1_000);
    near(load, 203, 'W', 'W_SF', (at.loadKw - at.evKw) * 1_000);
    for (const der of [battery, pv]) near(der, 701, 'LLV', 'V_SF', at.voltagePu * 400);
    near(meter, 203, 'PPV', 'V_SF', at.voltagePu * 400);
    expect(number(battery, 701, 'Hz')).toBe(50);

    // Two minutes at that power, behind a counter that has seen a test bench.
    const takenWh = (0.5 * ratedKw * 1_000 * 120) / 3_600;
    expect(number(battery, 701, 'TotWhAbs') - 1_000).toBeGreaterThan(0.9 * takenWh);
    expect(number(battery, 701, 'TotWhAbs') - 1_000).toBeLessThan(takenWh);
    expect(number(battery, 701, 'TotWhInj')).toBe(1_000);
    const flowed = number(load, 203, 'TotWhImp') - 1_000;
    expect(flowed).toBeGreaterThan(0.5 * (at.loadKw - at.evKw) * (1_000 / 30));
    expect(flowed).toBeLessThan(2 * (at.loadKw - at.evKw) * (1_000 / 30));
    expect(number(meter, 203, 'AphA') * 3).toBeCloseTo(number(meter, 203, 'A'), -1);

    expect(number(battery, 702, 'WMaxRtg')).toBe(ratedKw * 1_000);
    expect(number(battery, 702, 'WChaRteMaxRtg')).toBe(ratedKw * 1_000);
    expect(number(pv, 702, 'WMaxRtg')).toBe(at.pvPeakKw * 1_000);
    expect([number(ev, 702, 'WMaxRtg'), number(ev, 714, 'Prt.1.PrtTyp')]).toEqual([0, 2]);
    expect(number(ev, 702, 'WChaRteMaxRtg')).toBe(chargeMaxKw * 1_000);
    expect(number(battery, 713, 'WHRtg')).toBe(energyKwh * 1_000);
    expect(number(battery, 802, 'WHRtg')).toBe(energyKwh * 1_000);
    expect(number(battery, 802, 'WDisChaRteMax')).toBe(ratedKw * 1_000);

    const charge = at.battery!.stateOfCharge * 100;
    expect(charge).toBeGreaterThan(60);
    near(battery, 713, 'SoC', 'Pct_SF', charge);
    near(battery, 802, 'SoC', 'SoC_SF', charge);
    expect(number(battery, 802, 'ChaSt'), 'charging').toBe(4);
    near(battery, 802, 'W', 'W_SF', at.batteryKw * 1_000);
    near(battery, 714, 'Prt.1.DCW', 'DCW_SF', at.batteryKw * 1_000);
    near(battery, 802, 'A', 'A_SF', (at.batteryKw * 1_000) / number(battery, 802, 'V'));
    near(pv, 714, 'DCA', 'DCA_SF', (at.pvKw * 1_000) / number(pv, 714, 'Prt.1.DCV'));

    expect(number(battery, 704, 'WSetEna')).toBe(1);
    expect(number(battery, 704, 'WSet')).toBe(-0.5 * ratedKw * 1_000);
    expect(number(battery, 704, 'WSetRvrtRem')).toBe(480);
    expect(number(pv, 704, 'WMaxLimPct')).toBe(25);
    expect(number(pv, 704, 'WMaxLimPctRvrtRem')).toBe(180);
    expect(number(battery, 703, 'ES')).toBe(1);
    expect(number(battery, 703, 'ESHzHi')).toBe(50.1);
    // Four points of volt-var, symmetric, switched off; what nobody has set is not there.
    expect(number(battery, 705, 'Ena')).toBe(0);
    const points = [1, 2, 3, 4].map((k) => [
      number(battery, 705, `Crv.1.Pt.${k}.V`),
      number(battery, 705, `Crv.1.Pt.${k}.Var`),
    ]);
    expect(points).toEqual([
      [92, 44],
      [98, 0],
      [102, 0],
      [108, -44],
    ]);
    expect(number(battery, 711, 'Ctl.1.KOf')).toBe(0.05);
    expect(number(battery, 712, 'Crv.1.Pt.6.Var')).toBe(-44);
    expect(battery.get(705)?.values.get('Crv.1.VRefAuto')).toBeNull();
    expect(battery.get(714)?.values.get('DCWhInj')).toBeNull();
    expect(battery.get(802)?.values.get('CellVMax')).toBeNull();
  },
);

test('the reader follows the device: another power is another value', async () => {
  run(5);
  modelOf('large', 'battery').apply({ enabled: true, valueKw: 100, reversionS: 60 });
  run(10);
  expect(number(await read('large', 'battery'), 701, 'W')).toBe(100_000);
  run(60);
  const after = await read('large', 'battery');
  expect([number(after, 701, 'W'), number(after, 802, 'ChaSt')]).toEqual([0, 6]);
});

test('who is not connected says so: nothing runs at a dead bus, and inverters watch the grid that is back', async () => {
  const switchings = [
    { branch: '24-25', closed: false, atMs: START_MS + 10_000 },
    { branch: '24-25', closed: true, atMs: START_MS + 30_000 },
  ];
  stand({ ...UNDISTURBED, switchings });
  const states = async (asset: string): Promise<readonly unknown[]> => {
    const values = (await read('large', asset)).get(701)?.values;
    return ['St', 'InvSt', 'ConnSt', 'Hz'].map((name) => values?.get(name));
  };
  const [running, dead, watching] = [
    [1, 3, 1, 50],
    [0, 7, 0, null],
    [0, 7, 0, 50],
  ];
  for (const [seconds, ofInverters, ofCars] of [
    [5, running, running],
    [15, dead, dead],
    [15, watching, running],
    [60, running, running],
  ] as const) {
    run(seconds);
    for (const asset of ['battery', 'pv']) expect(await states(asset), asset).toEqual(ofInverters);
    expect(await states('ev')).toEqual(ofCars);
    const meter = (await read('large', 'meter')).get(203)?.values;
    expect(meter?.get('Hz')).toBe(ofCars[3]);
  }
});
