import { expect, test } from 'vitest';
import { Bench, id, measured, setpoint } from './fixture-site.ts';

test('a device that reads back something else is reported, once', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(40, { validForMs: 60_000 })]);
  for (let second = 0; second < 40; second += 1) {
    bench.override = { battery: measured(0, { stateOfCharge: 0.6, setpointKw: 7 }) };
    bench.run(1);
  }
  expect(bench.statesOf(id('a'))).toEqual(['active', 'failed']);
});

test('a device that discards every write is never confirmed, however fast the ramp, and is reported', () => {
  for (const rampKwPerS of [10, 100, 1_000]) {
    const bench = new Bench();
    bench.run(1);
    bench.deaf = true;
    bench.command(id('a'), [setpoint(70, { rampKwPerS, validForMs: 60_000 })]);
    bench.run(40);
    expect(bench.statesOf(id('a'))).toEqual(['active', 'failed']);
  }
});

test('a command that gets its asset back is confirmed only behind its new ramp', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(60, { rampKwPerS: 10, validForMs: 60_000 })]);
  bench.run(7);
  bench.command(id('b'), [setpoint(0, { validForMs: 5_000 })]);
  bench.run(5);
  bench.deaf = true;
  bench.run(25);
  expect(bench.statesOf(id('a'))).toEqual(['active', 'failed']);
});

test('a PV limit that its registers round to whole percents is held, not failed', () => {
  const bench = new Bench();
  bench.pvKw = 29;
  bench.command(id('a'), [setpoint(29.9, { asset: 'pv', validForMs: 60_000 })]);
  bench.override = { pv: measured(29, { setpointKw: 29.4 }) };
  bench.run(40);
  expect(bench.statesOf(id('a'))).toEqual(['active', 'confirmed(device)', 'confirmed(meter)']);
});

test('nothing is claimed by meter while the meters do not agree with the device', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(40, { validForMs: 60_000 })]);
  for (let second = 0; second < 20; second += 1) {
    bench.override = { meter: measured(-bench.loadKw) };
    bench.run(1);
  }
  expect(bench.statesOf(id('a'))).toEqual(['active', 'confirmed(device)']);
});
