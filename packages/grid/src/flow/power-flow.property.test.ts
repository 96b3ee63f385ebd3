import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Feeder, PowerFlow } from '../index.ts';

const BASE_KV = 12.66;
const BASE_OHM = BASE_KV * BASE_KV;

/**
 * Random feeders, light enough to have a solution: a random tree, extra branches that close loops,
 * switches of which some are open, so that part of the feeder may be dead, and some generation.
 */
const feeders = (loopsMax: number): fc.Arbitrary<Feeder> =>
  fc.integer({ min: 2, max: 24 }).chain((count) => {
    const impedance = fc.record({
      rOhm: fc.double({ min: 0.01, max: 0.8, noNaN: true }),
      xOhm: fc.double({ min: 0.01, max: 0.8, noNaN: true }),
      closed: fc.boolean().chain((a) => fc.boolean().map((b) => a || b)),
      turned: fc.boolean(),
    });
    const load = fc.record({
      loadKw: fc.double({ min: -120, max: 220, noNaN: true }),
      loadKvar: fc.double({ min: -80, max: 120, noNaN: true }),
    });
    const end = fc.nat({ max: 1_000 });
    return fc
      .record({
        loads: fc.array(load, { minLength: count, maxLength: count }),
        tree: fc.array(fc.tuple(end, impedance), { minLength: count - 1, maxLength: count - 1 }),
        extra: fc.array(fc.tuple(end, end, impedance), { maxLength: loopsMax }),
        slack: fc.nat({ max: count - 1 }),
        slackPu: fc.double({ min: 0.97, max: 1.05, noNaN: true }),
      })
      .map(({ loads, tree, extra, slack, slackPu }) => {
        const pairs: [number, number, (typeof tree)[0][1]][] = [
          ...tree.map(([up, line], at): [number, number, typeof line] => [
            up % (at + 1),
            at + 1,
            line,
          ]),
          ...extra.map(([a, b, line]): [number, number, typeof line] => [
            a % count,
            (a + 1 + (b % (count - 1))) % count,
            line,
          ]),
        ];
        return {
          name: 'random',
          baseKv: BASE_KV,
          slack: { bus: `${slack}`, voltagePu: slackPu },
          buses: loads.map((each, at) => ({ id: `${at}`, ...each })),
          branches: pairs.map(([a, b, { rOhm, xOhm, closed, turned }], at) => ({
            id: `branch-${at}`,
            from: `${turned ? b : a}`,
            to: `${turned ? a : b}`,
            rOhm,
            xOhm,
            closed,
          })),
        };
      });
  });

test.each([
  ['radial', 0],
  ['meshed', 6],
])(
  'on random %s feeders with switches and dead buses, the sweep agrees with a dense Newton',
  (_, loops) => {
    let dead = 0;
    fc.assert(
      fc.property(feeders(loops), (feeder) => {
        const flow = new PowerFlow(feeder);
        const solution = flow.solve();
        const newton = denseNewton(feeder);
        feeder.buses.forEach(({ id }, at) => {
          const pu = flow.voltagePu(solution, id);
          if (pu === null) dead += 1;
          const expected = newton.voltagePu[at]!;
          expect(pu === null).toBe(expected === null);
          expect(Math.abs((pu ?? 0) - (expected ?? 0))).toBeLessThan(1e-7);
          const turnedDeg = (flow.angleDeg(solution, id) ?? 0) - (newton.angleDeg[at] ?? 0);
          expect(Math.abs(turnedDeg)).toBeLessThan(1e-5);
        });
        expect(Math.abs(solution.lossKw - newton.lossKw)).toBeLessThan(1e-3);
        expect(Math.abs(solution.importKw - newton.importKw)).toBeLessThan(1e-3);
      }),
      { numRuns: 150 },
    );
    expect(dead, 'some buses were dead').toBeGreaterThan(50);
  },
);

/**
 * Newton–Raphson in rectangular coordinates on the bus admittance matrix: shares no idea and no code
 * with the sweep. Energised buses are found by spreading over closed branches until nothing changes.
 */
function denseNewton(feeder: Feeder): {
  voltagePu: (number | null)[];
  angleDeg: (number | null)[];
  lossKw: number;
  importKw: number;
} {
  const count = feeder.buses.length;
  const index = (id: string): number => feeder.buses.findIndex((bus) => bus.id === id);
  const slack = index(feeder.slack.bus);
  const closed = feeder.branches.filter((branch) => branch.closed !== false);
  const live = new Set([slack]);
  for (let round = 0; round < count; round += 1) {
    for (const { from, to } of closed) {
      if (live.has(index(from))) live.add(index(to));
      if (live.has(index(to))) live.add(index(from));
    }
  }
  const g = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  const b = Array.from({ length: count }, () => new Array<number>(count).fill(0));
  for (const { from, to, rOhm, xOhm } of closed) {
    const square = (rOhm * rOhm + xOhm * xOhm) / BASE_OHM;
    const [i, k, gLine, bLine] = [index(from), index(to), rOhm / square, -xOhm / square];
    for (const [row, column, sign] of [
      [i, i, 1],
      [k, k, 1],
      [i, k, -1],
      [k, i, -1],
    ] as const) {
      g[row]![column]! += sign * gLine;
      b[row]![column]! += sign * bLine;
    }
  }
  const e = new Array<number>(count).fill(feeder.slack.voltagePu);
  const f = new Array<number>(count).fill(0);
  const unknown = [...live].filter((bus) => bus !== slack);
  const injected = (bus: number): [number, number] => {
    let re = 0;
    let im = 0;
    for (let k = 0; k < count; k += 1) {
      re += g[bus]![k]! * e[k]! - b[bus]![k]! * f[k]!;
      im += g[bus]![k]! * f[k]! + b[bus]![k]! * e[k]!;
    }
    return [re, im];
  };
  for (let step = 0; step < 30; step += 1) {
    const jacobian: number[][] = [];
    const wrong: number[] = [];
    for (const i of unknown) {
      const [re, im] = injected(i);
      const bus = feeder.buses[i]!;
      wrong.push(-(bus.loadKw ?? 0) / 1_000 - (e[i]! * re + f[i]! * im));
      wrong.push(-(bus.loadKvar ?? 0) / 1_000 - (f[i]! * re - e[i]! * im));
      const ofP: number[] = [];
      const ofQ: number[] = [];
      for (const k of unknown) {
        const [gik, bik] = [g[i]![k]!, b[i]![k]!];
        const own = i === k ? 1 : 0;
        ofP.push(e[i]! * gik + f[i]! * bik + own * re, -e[i]! * bik + f[i]! * gik + own * im);
        ofQ.push(f[i]! * gik - e[i]! * bik - own * im, -f[i]! * bik - e[i]! * gik + own * re);
      }
      jacobian.push(ofP, ofQ);
    }
    const change = gauss(jacobian, wrong);
    unknown.forEach((bus, at) => {
      e[bus]! += change[2 * at]!;
      f[bus]! += change[2 * at + 1]!;
    });
    if (change.every((each) => Math.abs(each) < 1e-12)) break;
  }
  const delivered = injected(slack)[0] * feeder.slack.voltagePu * 1_000;
  const loadKw = (bus: number): number => feeder.buses[bus]!.loadKw ?? 0;
  const others = unknown.reduce((sum, bus) => sum + loadKw(bus), 0);
  const only = <T>(of: (bus: number) => T): (T | null)[] =>
    feeder.buses.map((_, bus) => (live.has(bus) ? of(bus) : null));
  return {
    voltagePu: only((bus) => Math.hypot(e[bus]!, f[bus]!)),
    angleDeg: only((bus) => (Math.atan2(f[bus]!, e[bus]!) * 180) / Math.PI),
    lossKw: delivered - others,
    importKw: delivered + loadKw(slack),
  };
}

function gauss(rows: number[][], right: number[]): number[] {
  const size = right.length;
  const work = rows.map((row, at) => [...row, right[at]!]);
  for (let column = 0; column < size; column += 1) {
    let pivot = column;
    for (let row = column; row < size; row += 1) {
      if (Math.abs(work[row]![column]!) > Math.abs(work[pivot]![column]!)) pivot = row;
    }
    [work[column], work[pivot]] = [work[pivot]!, work[column]!];
    for (let row = 0; row < size; row += 1) {
      if (row === column) continue;
      const factor = work[row]![column]! / work[column]![column]!;
      for (let at = column; at <= size; at += 1) work[row]![at]! -= factor * work[column]![at]!;
    }
  }
  return work.map((row, at) => row[size]! / row[at]!);
}
