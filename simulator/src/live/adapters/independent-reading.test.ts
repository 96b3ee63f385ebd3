import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ModbusTCPClient } from 'jsmodbus';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type ReadModel, readDevice } from '../../devices/independent-reader.ts';
import type { RunReport } from '../../scenario/run-report.ts';
import type { DevicePlace } from '../live-plant.ts';
import { PlayedLive } from './testing/played-live.ts';

/*
 * Somebody outside, with a Modbus client of their own, reads every device of a live run while it goes on, from where the
 * run says that they are. What they read is held against what the run says its plant did then.
 */

const RATE = 5;
const LASTS_S = 75;
/** The plant has taken its first steps, of which there are samples. */
const FIRST_MS = 3_000;
const ORDERED_KW = 120;
const ORDERED_S = 45;
/** Counted from when it was ordered it certainly holds so long, ms: its end is drawn by up to a tenth earlier. */
const HELD_MS = ORDERED_S * 900;
const SCENARIO = `scenario: tieline.scenario/1
about: Two sites of very different sizes, around noon.
feeder: baran-wu-33
start: 2026-06-16T11:00:00Z
for: ${LASTS_S}s
sites:
  harbour:
    bus: "25"
    loadPeakKw: 420
    pvPeakKw: 300
    battery: { powerKw: 260, energyKwh: 900, stateOfCharge: 0.6 }
    ev: { chargers: 20, powerKw: 11, energyKwh: 20, arrives: 10h30m, spread: 20m, stays: 4h, steered: true }
    quarterHourImportMaxKw: 440
  cottage:
    bus: "14"
    loadPeakKw: 30
    pvPeakKw: 18
    battery: { powerKw: 12, energyKwh: 20, stateOfCharge: 0.6 }
    ev: { chargers: 2, powerKw: 3.7, energyKwh: 20, arrives: 10h30m, spread: 20m, stays: 4h, steered: true }
    quarterHourImportMaxKw: 40
timeline:
  - { at: 15s, order: { name: large, site: harbour, kw: ${ORDERED_KW}, for: ${ORDERED_S}s } }
  - { at: 15s, order: { name: small, site: cottage, kw: -4.5, for: ${ORDERED_S}s } }
  - { at: 15s, order: { name: curtailed, site: harbour, asset: pv, kw: 90, for: ${ORDERED_S}s } }
expect:
  - { order: large, reaches: confirmed by measurement, within: 60s }
  - { order: small, reaches: confirmed by measurement, within: 60s }
  - { order: curtailed, reaches: confirmed by measurement, within: 60s }
  - { that: harbour.voltagePu, min: 0.8 }
  - { that: cottage.voltagePu, min: 0.8 }
  - { that: harbour.evKw, min: 1 }
  - { that: cottage.evKw, min: 1 }
`;

/** All models of one device, and when they were read: simulated ms after the scenario began. */
interface Reading {
  readonly place: DevicePlace;
  readonly models: ReadonlyMap<number, ReadModel>;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A quantity of the plant, second by second. */
type Samples = readonly { readonly atMs: number; readonly values: Record<string, number | null> }[];

let played: PlayedLive;
let places: readonly DevicePlace[];
let readings: Reading[];
let report: RunReport;
let samples: Samples;
/** By order: from when it was confirmed by measurement, for as long as it certainly held, ms after the scenario began. */
let held: ReadonlyMap<string, { readonly fromMs: number; readonly toMs: number }>;

beforeAll(async () => {
  played = PlayedLive.scenario(SCENARIO, ['--json', '--rate', `${RATE}`]);
  const said = JSON.parse(await played.line('tieline.live/2'));
  places = said.devices;
  expect(JSON.parse(readFileSync(said.devicesFile, 'utf8'))).toEqual({
    ...{ schema: 'tieline.devices/1', devices: places },
  });
  const { clock } = JSON.parse(readFileSync(said.context, 'utf8'));
  const elapsedMs = (): number => (Date.now() - clock.realOriginMs) * clock.rate;
  readings = [];
  await delay(Math.max(0, FIRST_MS - elapsedMs()) / RATE);
  while (elapsedMs() < (LASTS_S - 5) * 1_000) {
    for (const place of places) readings.push(await read(place, elapsedMs));
  }
  expect(await played.ended()).toBe(0);
  const left = (file: string): string =>
    readFileSync(join(played.folder, 'out', 'played', file), 'utf8');
  report = JSON.parse(left('run.json'));
  const lines = left('trace.ndjson').trim().split('\n');
  const [{ orders }, ...events] = lines.map((line) => JSON.parse(line));
  samples = events.filter(({ type }) => type === 'sample');
  const whenIs = (id: string, state: string, confirmedBy: string | null): number =>
    events.find((one) => one.id === id && one.state === state && one.confirmedBy === confirmedBy)
      .atMs;
  held = new Map(
    Object.entries<string>(orders).map(([name, id]) => [
      name,
      { fromMs: whenIs(id, 'confirmed', 'meter'), toMs: whenIs(id, 'queued', null) + HELD_MS },
    ]),
  );
}, 120_000);
afterAll(() => played.close());

async function read(place: DevicePlace, elapsedMs: () => number): Promise<Reading> {
  const { host, port, unit } = place;
  const socket = new Socket();
  const client = new ModbusTCPClient(socket, unit, 5_000);
  try {
    socket.connect(port, host);
    await once(socket, 'connect');
    const fromMs = elapsedMs();
    const models = new Map((await readDevice(client)).map((model) => [model.id, model]));
    return { place, models, fromMs, toMs: elapsedMs() };
  } finally {
    socket.destroy();
  }
}

const readingsOf = (site: string, asset: string): readonly Reading[] =>
  readings.filter(({ place }) => place.site === site && place.asset === asset);

/** A number of a model, and that it is one. */
function number({ models }: Reading, id: number, name: string): number {
  const value = models.get(id)?.values.get(name);
  expect(value, `${id} ${name}`).toBeTypeOf('number');
  return Number(value);
}

/**
 * How far a value lies outside of all that the plant was while it was read, and a step of the plant and a sample of the
 * trace before and after that. In the unit of the trace.
 */
function beyond(value: number, site: string, of: Quantity, { fromMs, toMs }: Reading): number {
  const skewMs = report.live!.longestStepMs + 1_000;
  const within = samples
    .filter(({ atMs }) => atMs >= fromMs - skewMs && atMs <= toMs + skewMs)
    .map(({ values }) => of((name) => values[`${site}.${name}`] ?? Number.NaN));
  expect(within.length, `samples from ${fromMs} to ${toMs}`).toBeGreaterThan(1);
  return Math.max(0, value - Math.max(...within), Math.min(...within) - value);
}

type Quantity = (at: (name: string) => number) => number;
const batteryKw: Quantity = (at) => at('batteryKw');
const charge: Quantity = (at) => at('stateOfCharge');
const voltagePu: Quantity = (at) => at('voltagePu');

/** What a device measures: the model and its point, its scale, and what of the plant it is (in its unit, times `times`). */
const MEASURED: readonly (readonly [string, number, string, string, Quantity, number])[] = [
  ['battery', 701, 'W', 'W_SF', batteryKw, 1_000],
  ['battery', 802, 'W', 'W_SF', batteryKw, 1_000],
  ['battery', 714, 'Prt.1.DCW', 'DCW_SF', batteryKw, 1_000],
  ['battery', 713, 'SoC', 'Pct_SF', charge, 100],
  ['battery', 802, 'SoC', 'SoC_SF', charge, 100],
  ['battery', 701, 'LLV', 'V_SF', voltagePu, 400],
  ['pv', 701, 'W', 'W_SF', (at) => at('pvKw'), 1_000],
  ['pv', 701, 'LLV', 'V_SF', voltagePu, 400],
  ['ev', 701, 'W', 'W_SF', (at) => -at('evKw'), 1_000],
  // Import is positive at a meter of model 203. Cars that are steered have a device of their own.
  ['meter', 203, 'W', 'W_SF', (at) => at('importKw'), 1_000],
  ['meter', 203, 'PPV', 'V_SF', voltagePu, 400],
  ['load', 203, 'W', 'W_SF', (at) => at('loadKw') - at('evKw'), 1_000],
];
const SITES = ['harbour', 'cottage'];
const OTHER: Readonly<Record<string, string>> = { harbour: 'cottage', cottage: 'harbour' };

test('the run says where each device is, and each was read more than once while it ran', () => {
  const assets = places.map(({ site, asset, kind }) => `${site} ${asset} ${kind}`);
  const of = (site: string) => [
    ...['meter', 'load', 'battery', 'pv'].map((kind) => `${site} ${kind} ${kind}`),
    `${site} ev flexible-load`,
  ];
  expect(assets.toSorted()).toEqual(SITES.flatMap(of).toSorted());
  for (const { site, asset } of places) expect(readingsOf(site, asset).length).toBeGreaterThan(3);
});

test('every device of the run is whole: no model is cut short, none lacks what is mandatory', () => {
  const wanted = {
    battery: [1, 701, 702, 703, 704, 705, 711, 712, 713, 714, 715, 802],
    pv: [1, 701, 702, 703, 704, 705, 711, 712, 714, 715],
    'flexible-load': [1, 701, 702, 703, 704, 705, 711, 712, 714, 715],
    load: [1, 203],
    meter: [1, 203],
  };
  for (const { place, models } of readings) {
    expect([...models.keys()]).toEqual(wanted[place.kind]);
    expect(models.get(1)?.values.get('SN')).toBe(place.asset);
    for (const { id, length, missing } of models.values()) {
      expect([id, length.taken, missing]).toEqual([id, length.said, []]);
    }
  }
});

test.each(SITES)('what the devices of %s measure is what the run says its plant did', (site) => {
  for (const [asset, id, point, scale, of, times] of MEASURED) {
    for (const reading of readingsOf(site, asset)) {
      const value = number(reading, id, point) / times;
      // A register holds steps of its scale, and a sample six digits.
      const step = 10 ** number(reading, id, scale) / times + Math.abs(value) * 1e-5;
      const off = beyond(value, site, of, reading);
      expect(off, `${asset} ${id} ${point} at ${reading.fromMs}: ${value}`).toBeLessThan(step);
    }
  }
});

test.each(SITES)('that is no empty comparison: against the other site, %s differs', (site) => {
  for (const [asset, id, point, scale, of, times] of MEASURED) {
    // Both begin with the same.
    if (of === charge) continue;
    const offs = readingsOf(site, asset).map((reading) => {
      const value = number(reading, id, point) / times;
      const step = 10 ** number(reading, id, scale) / times;
      return beyond(value, OTHER[site]!, of, reading) / step;
    });
    expect(Math.max(...offs), `${asset} ${id} ${point}`).toBeGreaterThan(2);
  }
});

test('what was ordered stands in the registers of controls, from their beginning to their end', () => {
  const during = (order: string, site: string, asset: string) => {
    const { fromMs, toMs } = held.get(order)!;
    const readings = readingsOf(site, asset);
    const within = readings.filter((one) => one.fromMs > fromMs && one.toMs < toMs);
    expect(within.length, `${order} from ${fromMs} to ${toMs}`).toBeGreaterThan(0);
    return within;
  };
  for (const [order, site, kw] of [
    ['large', 'harbour', ORDERED_KW],
    ['small', 'cottage', -4.5],
  ] as const) {
    for (const reading of during(order, site, 'battery')) {
      expect(number(reading, 704, 'WSetEna')).toBe(1);
      const when = `${order} at ${reading.fromMs}`;
      expect(number(reading, 704, 'WSet'), when).toBe(kw * 1_000);
      expect(number(reading, 701, 'W'), when).toBeCloseTo(kw * 1_000, -2);
      // Its agent arms it again and again: it is never far run down.
      expect(number(reading, 704, 'WSetRvrtRem')).toBeGreaterThan(0);
    }
    const [first] = readingsOf(site, 'battery');
    expect(number(first!, 701, 'W')).not.toBeCloseTo(kw * 1_000, -2);
  }
  for (const reading of during('curtailed', 'harbour', 'pv')) {
    expect([number(reading, 704, 'WMaxLimPctEna'), number(reading, 704, 'WMaxLimPct')]).toEqual([
      1, 30,
    ]);
  }
});
