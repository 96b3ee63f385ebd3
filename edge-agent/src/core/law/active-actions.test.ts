import type { Action } from '@tieline/protocol';
import { expect, test } from 'vitest';
import { Bench, id, measured, setpoint } from './fixture-site.ts';

const cede = (command: string): Action => ({ type: 'cede', command: Buffer.from(command, 'hex') });
const mode = (which: 'automatic' | 'idle', validForMs: number): Action => ({
  type: 'mode',
  mode: which,
  startWithinMs: 0,
  validForMs,
});
const hold = (activePowerKw: number) => ({ to: 'value', activePowerKw }) as const;
const batteryKw = (bench: Bench, seconds = 1): number | null | undefined =>
  bench.run(seconds).setpoints['battery'];

test('ceding a command that already ramps out leaves it its ramp, and its end is said', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(60, { validForMs: 5_000, rampOutKwPerS: 10, revert: hold(0) })]);
  expect(batteryKw(bench, 7)).toBe(50);
  bench.command(id('b'), [cede(id('a'))]);
  expect([batteryKw(bench), batteryKw(bench)]).toEqual([40, 30]);
  bench.run(5);
  expect(bench.statesOf(id('a')).slice(-2)).toEqual(['completed', 'reverted']);
});

test('superseded while it ramps out, a command says so: none is left without a last word', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(60, { validForMs: 5_000, rampOutKwPerS: 10, revert: hold(0) })]);
  bench.run(7);
  bench.command(id('b'), [setpoint(20, { supersedes: Buffer.from(id('a'), 'hex') })]);
  bench.run(2);
  expect(bench.statesOf(id('a')).at(-1)).toBe('superseded');
  expect(bench.state.actions.map(({ command }) => command)).toEqual([id('b')]);
});

test('what is superseded by a later start goes on until then', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(60, { validForMs: 600_000 })]);
  bench.run(5);
  const later = { startWithinMs: 20_000, supersedes: Buffer.from(id('a'), 'hex') };
  bench.command(id('b'), [setpoint(20, later)]);
  expect(batteryKw(bench, 10)).toBe(60);
  expect(batteryKw(bench, 3)).toBe(20);
});

test('a superseded command that steers another asset as well ramps that one out', () => {
  const bench = new Bench();
  bench.pvKw = 50;
  bench.command(id('a'), [
    setpoint(60, { validForMs: 600_000 }),
    setpoint(20, { asset: 'pv', validForMs: 600_000, rampOutKwPerS: 5 }),
  ]);
  bench.run(5);
  bench.command(id('b'), [setpoint(10, { supersedes: Buffer.from(id('a'), 'hex') })]);
  const caps = Array.from({ length: 4 }, () => bench.run(1).setpoints['pv']);
  expect(caps).toEqual([20, 25, 30, 35]);
});

test('a command that begins only after its end has expired, and moves nothing', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(60, { startWithinMs: 10_000, validForMs: 2_000 })]);
  bench.run(1);
  bench.sessionMs += 60_000;
  expect(batteryKw(bench)).toBe(0);
  expect(bench.statesOf(id('a'))).toEqual(['scheduled', 'expired']);
});

test('a value left to hold ends with an order to act automatically', () => {
  const bench = new Bench();
  bench.loadKw = 160;
  bench.command(id('a'), [setpoint(60, { validForMs: 2_000, revert: hold(5) })]);
  expect(batteryKw(bench, 20)).toBe(5);
  bench.command(id('b'), [mode('automatic', 5_000)]);
  bench.run(20);
  expect(bench.last?.reasons['battery']).toBe('shave by rule');
});

test('a value left to hold does not resume behind local control', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(60, { validForMs: 2_000, revert: hold(5) })]);
  bench.run(10);
  bench.override = { battery: measured(3, { stateOfCharge: 0.6, local: true }) };
  bench.run(1);
  bench.override = {};
  expect(batteryKw(bench)).not.toBe(5);
  expect(bench.last?.reasons['battery']).not.toBe('held');
});

test('an order to idle rests a store that an earlier command of its rank steers, which then ramps back', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(60, { rampKwPerS: 10, validForMs: 600_000 })]);
  bench.run(10);
  bench.command(id('b'), [mode('idle', 5_000)]);
  expect(batteryKw(bench)).toBe(0);
  bench.run(4);
  expect([batteryKw(bench), batteryKw(bench), batteryKw(bench)]).toEqual([0, 10, 20]);
});

test('a command above the order to idle, or after it, has its asset', () => {
  for (const rank of ['critical', 'routine'] as const) {
    const bench = new Bench();
    if (rank === 'critical') bench.command(id('a'), [setpoint(60, { validForMs: 60_000 })], rank);
    bench.command(id('b'), [mode('idle', 60_000)]);
    if (rank === 'routine') bench.command(id('a'), [setpoint(60, { validForMs: 60_000 })], rank);
    expect(batteryKw(bench, 3)).toBe(60);
  }
});

test('a ramp out goes on beneath an order to idle, down to rest', () => {
  const bench = new Bench();
  bench.loadKw = 160;
  bench.command(id('b'), [mode('idle', 60_000)]);
  bench.command(id('a'), [setpoint(30, { validForMs: 5_000, rampOutKwPerS: 10 })]);
  bench.run(6);
  expect([batteryKw(bench), batteryKw(bench), batteryKw(bench)]).toEqual([20, 10, 0]);
});

test('a limit on free PV ramps down from what it gives, not up from nothing', () => {
  const bench = new Bench();
  bench.pvKw = 50;
  bench.run(3);
  bench.command(id('a'), [setpoint(30, { asset: 'pv', rampKwPerS: 5, validForMs: 60_000 })]);
  const caps = Array.from({ length: 6 }, () => bench.run(1).setpoints['pv']);
  expect(caps).toEqual([50, 45, 40, 35, 30, 30]);
});

test('a command is reverted once the device reads back what holds behind it, and unknown where it does not', () => {
  for (const obeys of [true, false]) {
    const bench = new Bench();
    bench.command(id('a'), [setpoint(60, { validForMs: 10_000, revert: hold(0) })]);
    bench.run(10);
    bench.deaf = !obeys;
    bench.run(2);
    expect(bench.statesOf(id('a')).at(-1)).toBe('confirmed(meter)');
    bench.run(1);
    expect(bench.statesOf(id('a')).at(-1)).toBe(obeys ? 'reverted' : 'confirmed(meter)');
    bench.run(20);
    const lastWords = obeys ? ['completed', 'reverted'] : ['unknown'];
    expect(bench.statesOf(id('a')).slice(3)).toEqual(lastWords);
    expect(bench.state.actions).toEqual([]);
  }
});

test('a ramp out that another command takes over is reverted once that one is read back', () => {
  const target = { stateOfCharge: 0.5, powerMaxKw: 30, startWithinMs: 0, validForMs: 600_000 };
  const others: Action[] = [
    setpoint(20, { validForMs: 600_000 }),
    { type: 'charge-target', asset: 'battery', ...target },
  ];
  for (const other of others) {
    const bench = new Bench();
    bench.command(id('a'), [setpoint(60, { validForMs: 5_000, rampOutKwPerS: 1 })]);
    bench.run(8);
    bench.deaf = true;
    bench.command(id('b'), [other]);
    bench.run(4);
    expect(bench.statesOf(id('a')).at(-1)).toBe('confirmed(meter)');
    bench.deaf = false;
    bench.run(2);
    expect(bench.statesOf(id('a')).slice(-2)).toEqual(['completed', 'reverted']);
  }
});

test('what is over waits for its read-back and steers nothing, nor can it be ceded or superseded any more', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(60, { validForMs: 5_000, revert: hold(0) })]);
  bench.run(5);
  bench.deaf = true;
  bench.run(3);
  bench.command(id('b'), [cede(id('a'))]);
  bench.command(id('c'), [setpoint(10, { supersedes: Buffer.from(id('a'), 'hex') })]);
  expect(batteryKw(bench, 3)).toBe(10);
  expect(bench.statesOf(id('a')).at(-1)).toBe('confirmed(meter)');
  bench.deaf = false;
  bench.run(2);
  expect(bench.statesOf(id('a')).slice(-2)).toEqual(['completed', 'reverted']);
});
