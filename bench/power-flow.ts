import { embeddedFeeder, type Feeder, PowerFlow, TOLERANCE_PU } from '@tieline/grid';
import { median } from './measure.ts';
import { radialFeeder } from './radial-feeder.ts';
import type { Bench, Row } from './row.ts';

/** Buses solved in one measurement, however many a feeder has. */
const BUSES_SOLVED = 660_000;
const WARM_BUSES = 66_000;
/** Each side is measured this often, in turn, and the medians are compared. */
const ROUNDS = 7;
const SEED = 1;

export const powerFlowBench: Bench = {
  name: 'power flow',
  async run() {
    const drawn = [300, 1_000].map((buses) =>
      rowOf(radialFeeder(buses, SEED), 'drawn from a seed'),
    );
    return [rowOf(embeddedFeeder('baran-wu-33')), ...drawn];
  },
};

function rowOf(feeder: Feeder, note?: string): Row {
  const flow = new PowerFlow(feeder);
  const bare = bareSweep(feeder);
  const apart = Math.abs(bare() - flow.solve().minVoltage.pu);
  if (apart > 1e-9) throw new Error(`the baseline solves something else: ${apart} per unit apart`);
  const buses = feeder.buses.length;
  const [ours, baselines]: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    baselines.push(microsecondsEach(bare, buses));
    ours.push(microsecondsEach(() => flow.solve().minVoltage.pu, buses));
  }
  const [value, baselineValue] = [median(ours), median(baselines)];
  return {
    figure: `power flow, ${buses.toLocaleString('en')} buses, flat start to 1e-8 per unit`,
    unit: 'µs',
    value,
    baseline: 'a bare typed-array sweep of the same feeder, no checks, no objects',
    baselineValue,
    ratio: value / baselineValue,
    aim: '≤ 2 ×',
    ...(note === undefined ? {} : { note }),
  };
}

/**
 * The same sweep with nothing around it: radial, ordered by hand, one closure over typed arrays, the
 * lowest voltage as its only answer.
 *
 * @param feeder  buses are called 1, 2 …; every branch leads away from the source, to a bus of a higher number
 */
export function bareSweep(feeder: Feeder): () => number {
  const size = feeder.buses.length;
  const closed = feeder.branches.filter((branch) => branch.closed !== false);
  const parent = new Int32Array(size);
  const [r, x] = [new Float64Array(size), new Float64Array(size)];
  const baseOhm = feeder.baseKv * feeder.baseKv;
  for (const branch of closed) {
    const k = Number(branch.to) - 1;
    parent[k] = Number(branch.from) - 1;
    r[k] = branch.rOhm / baseOhm;
    x[k] = branch.xOhm / baseOhm;
  }
  const p = Float64Array.from(feeder.buses, (bus) => (bus.loadKw ?? 0) / 1_000);
  const q = Float64Array.from(feeder.buses, (bus) => (bus.loadKvar ?? 0) / 1_000);
  const [vr, vi] = [new Float64Array(size), new Float64Array(size)];
  const [ir, ii] = [new Float64Array(size), new Float64Array(size)];
  return () => {
    vr.fill(1);
    vi.fill(0);
    let worst = 1;
    while (worst >= TOLERANCE_PU * TOLERANCE_PU) {
      for (let k = 0; k < size; k += 1) {
        const square = vr[k]! * vr[k]! + vi[k]! * vi[k]!;
        ir[k] = (p[k]! * vr[k]! + q[k]! * vi[k]!) / square;
        ii[k] = (p[k]! * vi[k]! - q[k]! * vr[k]!) / square;
      }
      for (let k = size - 1; k > 0; k -= 1) {
        ir[parent[k]!]! += ir[k]!;
        ii[parent[k]!]! += ii[k]!;
      }
      worst = 0;
      for (let k = 1; k < size; k += 1) {
        const up = parent[k]!;
        const re = vr[up]! - (r[k]! * ir[k]! - x[k]! * ii[k]!);
        const im = vi[up]! - (r[k]! * ii[k]! + x[k]! * ir[k]!);
        const change = (re - vr[k]!) ** 2 + (im - vi[k]!) ** 2;
        if (change > worst) worst = change;
        vr[k] = re;
        vi[k] = im;
      }
    }
    let lowest = 1;
    for (let k = 0; k < size; k += 1) lowest = Math.min(lowest, vr[k]! * vr[k]! + vi[k]! * vi[k]!);
    return Math.sqrt(lowest);
  };
}

function microsecondsEach(solve: () => number, buses: number): number {
  for (let warm = 0; warm < WARM_BUSES / buses; warm += 1) solve();
  const solves = Math.ceil(BUSES_SOLVED / buses);
  const startMs = performance.now();
  for (let at = 0; at < solves; at += 1) solve();
  return ((performance.now() - startMs) * 1_000) / solves;
}
