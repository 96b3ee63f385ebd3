import { expect, test } from 'vitest';
import { Bench, id, policy, setpoint } from './fixture-site.ts';
import { pace } from './pacing.ts';

const patient = { ...policy, dwellMs: 300_000 };

test('automation acts at once behind a command: the dwell is for what it asked itself', () => {
  const bench = new Bench(patient);
  bench.loadKw = 160;
  bench.command(id('a'), [{ type: 'mode', mode: 'idle', startWithinMs: 0, validForMs: 400_000 }]);
  bench.run(350);
  bench.command(id('b'), [setpoint(30, { validForMs: 10_000 })]);
  bench.command(id('c'), [{ type: 'cede', command: Buffer.from(id('a'), 'hex') }]);
  bench.run(8);
  bench.command(id('d'), [{ type: 'mode', mode: 'idle', startWithinMs: 0, validForMs: 5_000 }]);
  expect(bench.run(3).setpoints['battery']).toBe(0);
  expect(bench.run(8).setpoints['battery']).toBeGreaterThan(0);
});

test('an order to idle does not wait for the dwell of automation', () => {
  const bench = new Bench(patient);
  bench.loadKw = 160;
  expect(bench.run(3).setpoints['battery']).toBeGreaterThan(0);
  bench.command(id('a'), [{ type: 'mode', mode: 'idle', startWithinMs: 0, validForMs: 60_000 }]);
  expect(bench.run(2).setpoints['battery']).toBe(0);
});

test('an unmeasured site falls to the safe power, whatever the dwell', () => {
  const bench = new Bench(patient);
  bench.loadKw = 160;
  bench.run(3);
  bench.override = { meter: 'silent' };
  expect(bench.run(15).setpoints['battery']).toBe(0);
});

test('neither dwell nor deadband takes automation below the reserve', () => {
  for (const dwellMs of [0, 300_000]) {
    const bench = new Bench({ ...policy, dwellMs });
    bench.loadKw = 160;
    for (let second = 0; second < 1_800; second += 1) {
      bench.run(1);
      bench.stateOfCharge = Math.max(0, bench.stateOfCharge - bench.batteryKw / 3_600 / 20);
      if (bench.stateOfCharge <= 0.2) break;
    }
    const below = bench.stateOfCharge;
    expect(below).toBeGreaterThan(0.19);
    bench.run(60);
    expect(bench.last?.setpoints['battery']).toBe(0);
  }
});

test('a store that is to rest rests, and does not trickle within the deadband', () => {
  const trickling = { ...new Bench().state.assets['battery']!, askedKw: 2 };
  expect(pace(trickling, policy, { nameplateKw: 100, restKw: 0 }, 4, 0)).toBe(2);
  expect(pace(trickling, policy, { nameplateKw: 100, restKw: 0 }, 0, 0)).toBe(0);
});

test('what automation asked for stands for its dwell', () => {
  const bench = new Bench(patient);
  bench.loadKw = 160;
  const asked = bench.run(3).setpoints['battery'];
  bench.loadKw = 140;
  expect(bench.run(100).setpoints['battery']).toBe(asked);
});
