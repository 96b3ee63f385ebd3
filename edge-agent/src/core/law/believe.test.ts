import { expect, test } from 'vitest';
import { Bench, id, measured, setpoint } from './fixture-site.ts';

const METER = 'meter: does not agree with what is behind it';
const CHARGE = 'battery: its state of charge does not follow from counted energy';

/** A load above its limit for a minute, so that the store shaves. */
function shaving(): Bench {
  const bench = new Bench();
  bench.loadKw = 140;
  bench.run(60);
  expect(bench.last?.setpoints['battery']).toBeGreaterThan(20);
  return bench;
}

/** Runs with the meter that `lies` makes of what truly is imported, kW into the grid. */
function runWith(bench: Bench, seconds: number, lies: (powerKw: number) => number): string[] {
  const doubts: string[] = [];
  for (let second = 0; second < seconds; second += 1) {
    const trueKw = bench.pvKw + bench.batteryKw - bench.loadKw;
    bench.override = { meter: measured(lies(trueKw)) };
    doubts.push(bench.run(1).doubts.join());
  }
  return doubts;
}

test.each([
  ['with the sign turned round', (kw: number) => -kw],
  ['ten times too much', (kw: number) => kw * 10],
  ['in kW for W', (kw: number) => kw / 1_000],
])('a meter %s is used by no cycle, and doubted after ten seconds', (_, lies) => {
  const bench = shaving();
  const before = bench.state.uncontrolled;
  const doubts = runWith(bench, 60, lies);
  expect(doubts.indexOf(METER)).toBe(10);
  expect(new Set(doubts.slice(10))).toEqual(new Set([METER]));
  expect(bench.state.uncontrolled).toEqual(before);
  expect(bench.last?.setpoints['battery']).toBe(0);
});

test('readings a cycle apart from each other cost nothing: the last good one serves', () => {
  const bench = shaving();
  const askedKw = bench.askedKw;
  bench.override = { meter: measured(-400) };
  expect(bench.run(3).doubts).toEqual([]);
  expect(bench.askedKw).toBeCloseTo(askedKw ?? 0, 0);
  bench.override = {};
  bench.run(1);
  expect(bench.state.balance).toEqual({ turningMs: null, doubted: false });
});

test('a meter that agrees again for two minutes is believed again', () => {
  const bench = shaving();
  runWith(bench, 30, (kw) => -kw);
  const doubts = runWith(bench, 130, (kw) => kw);
  expect(doubts.filter((doubt) => doubt === METER)).toHaveLength(120);
  expect(bench.last?.setpoints['battery']).toBeGreaterThan(0);
});

test('where something behind the meter is not measured nothing is held against it', () => {
  const bench = shaving();
  bench.override = { load: 'silent', meter: measured(300) };
  expect(bench.run(60).doubts).toEqual([]);
});

test('a state of charge that follows what flows is believed for hours, whatever is lost on the way', () => {
  const bench = new Bench();
  for (const kw of [40, -40, 40, -40]) {
    bench.command(id('a'), [setpoint(kw, { validForMs: 3_600_000 })]);
    for (let second = 0; second < 3_600; second += 1) {
      expect(bench.run(1).doubts).toEqual([]);
      // A tenth is lost each way.
      bench.stateOfCharge -= Math.abs(bench.batteryKw) / 36_000 / 200;
    }
    bench.state = { ...bench.state, actions: [] };
  }
});

test.each([
  ['stands still', 1 / 3_600 / 200, 40],
  ['rises at rest', 0.01 / 60, 0],
])('one that %s is doubted, and the store rests', (_, perKw, kw) => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(kw, { validForMs: 3_600_000 })]);
  let doubted: number | null = null;
  for (let second = 0; second < 900 && doubted === null; second += 1) {
    bench.stateOfCharge += kw === 0 ? perKw : bench.batteryKw * perKw;
    if (bench.run(1).doubts.includes(CHARGE)) doubted = second;
  }
  expect(doubted).toBeGreaterThan(60);
  expect(bench.run(1).setpoints['battery']).toBe(0);
});

test('a jump that was a correction is believed after five minutes of following', () => {
  const bench = new Bench();
  bench.run(10);
  bench.stateOfCharge = 0.8;
  expect(bench.run(1).doubts).toEqual([CHARGE]);
  expect(bench.run(299).doubts).toEqual([CHARGE]);
  expect(bench.run(2).doubts).toEqual([]);
});
