import type { Feeder } from '@tieline/grid';
import { type Arbitrary, boolean, integer, option, record } from 'fast-check';
import type { z } from 'zod';
import type { Sites } from '../scenario/site-size.ts';
import { ShrinkingList } from './shrinking-list.ts';

type GivenSites = z.input<typeof Sites>;

/** So small that no four of them, with everything added, take a feeder of some megawatts beyond what it can carry. */
const LOAD_KW = { min: 40, max: 300 };
const NAMES = ['harbour', 'mill-lane', 'old-foundry', 'depot'];

const site = record({
  bus: integer({ min: 0, max: 999 }),
  loadPeakKw: integer(LOAD_KW),
  pvPeakKw: integer({ min: 0, max: 200 }),
  hasPv: boolean(),
  battery: option(
    record({
      powerKw: integer({ min: 20, max: 150 }),
      hours: integer({ min: 1, max: 4 }),
      percent: integer({ min: 0, max: 100 }),
    }),
    // An option shrinks to nothing: a site needs PV then.
    { freq: 4 },
  ),
  limitPercent: integer({ min: 30, max: 130 }),
  cars: option(
    record({ chargers: integer({ min: 1, max: 12 }), hour: integer({ min: 0, max: 23 }) }),
    { freq: 1 },
  ),
});

/** One to four sites, as a scenario file has them, at different buses of a feeder. */
export function drawSites({ buses }: Feeder): Arbitrary<GivenSites> {
  const loaded = buses.filter(({ loadKw = 0 }) => loadKw > 0).map(({ id }) => id);
  return new ShrinkingList(site, { min: 1, max: NAMES.length }).map((drawn) => {
    const free = [...loaded];
    return Object.fromEntries(
      drawn.map((one, at) => {
        const [bus = ''] = free.splice(one.bus % free.length, 1);
        return [NAMES[at] ?? '', sized(bus, one)];
      }),
    );
  });
}

type Drawn = typeof site extends Arbitrary<infer T> ? T : never;

function sized(bus: string, drawn: Drawn): GivenSites[string] {
  const { loadPeakKw, pvPeakKw, hasPv, battery, limitPercent, cars } = drawn;
  const ev =
    cars === null
      ? {}
      : { ev: { chargers: cars.chargers, powerKw: 11, arrives: `${cars.hour}h`, steered: true } };
  const quarterHourImportMaxKw = Math.round((loadPeakKw * limitPercent) / 100);
  if (battery === null) {
    const pv = Math.max(cars === null ? 1 : 0, pvPeakKw);
    return { bus, loadPeakKw, pvPeakKw: pv, ...ev, quarterHourImportMaxKw };
  }
  const { powerKw, hours, percent } = battery;
  return {
    ...{ bus, loadPeakKw, pvPeakKw: hasPv ? pvPeakKw : 0 },
    battery: { powerKw, energyKwh: powerKw * hours, stateOfCharge: percent / 100 },
    ...ev,
    quarterHourImportMaxKw,
  };
}
