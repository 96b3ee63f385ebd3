import type { Action } from '@tieline/protocol';
import { expect, test } from 'vitest';
import type { AssetRatings } from '../../ports/devices.ts';
import { initialState } from './control-state.ts';
import { decide } from './decide.ts';
import { Bench, id, measured, policy, setpoint } from './fixture-site.ts';

const limit = (point: string, exportMaxKw: number, importMaxKw = 500): Action => ({
  type: 'limit',
  point,
  importMaxKw,
  exportMaxKw,
  startWithinMs: 0,
  validForMs: 20_000,
});

test('a limit commanded at a PV terminal caps its generation, until it ends', () => {
  const bench = new Bench();
  bench.pvKw = 40;
  bench.command(id('a'), [limit('pv', 15)]);
  expect(bench.run(3).setpoints['pv']).toBe(15);
  expect(bench.run(20).setpoints['pv']).toBeNull();
});

test('a limit commanded at a battery terminal bounds it both ways', () => {
  const bench = new Bench();
  bench.command(id('b'), [setpoint(60)]);
  bench.command(id('a'), [limit('battery', 15, 10)]);
  expect(bench.run(3).setpoints['battery']).toBe(15);
  bench.command(id('c'), [setpoint(-60)]);
  expect(bench.run(3).setpoints['battery']).toBe(-10);
});

test('an export limit commanded at the meter throttles PV, not batteries alone', () => {
  const bench = new Bench();
  bench.pvKw = 40;
  bench.loadKw = 10;
  bench.stateOfCharge = 1;
  bench.command(id('a'), [limit('meter', 5)]);
  expect(bench.run(3).setpoints['pv']).toBeCloseTo(15, 3);
});

test('what the policy allows PV at most caps it without any command', () => {
  const [battery, pv] = policy.assets;
  const bench = new Bench({
    ...policy,
    assets: [battery!, { ...pv!, limit: { minKw: 0, maxKw: 35 } }],
  });
  bench.pvKw = 30;
  expect(bench.run(2).setpoints['pv']).toBe(35);
});

test('an import that nobody measures any more forces no discharge', () => {
  const bench = new Bench();
  bench.loadKw = 300;
  expect(bench.run(5).setpoints['battery']).toBeGreaterThanOrEqual(50);
  bench.override = { meter: 'silent' };
  expect(bench.run(30).setpoints['battery']).toBe(0);
});

test('unmeasured, a site exports no more than it may even if it draws nothing', () => {
  const bench = new Bench();
  bench.pvKw = 60;
  bench.loadKw = 100;
  bench.override = { meter: 'silent' };
  expect(bench.run(20).setpoints['pv']).toBe(50);
});

test('a battery in local control is counted as what it does, and asked for nothing', () => {
  const bench = new Bench();
  bench.pvKw = 40;
  bench.loadKw = 0;
  bench.override = { battery: measured(25, { stateOfCharge: 0.6, local: true }) };
  bench.batteryKw = 25;
  const { state } = bench;
  const decision = bench.run(1);
  expect(decision.setpoints['battery']).toBeNull();
  expect(decision.reasons['battery']).toBe('local control');
  expect(decision.setpoints['pv']).toBe(25);
  expect(state).not.toBe(bench.state);
});

test('a setpoint is whole watts, and never a watt beyond its limit', () => {
  const [battery, pv] = policy.assets;
  const bench = new Bench({
    ...policy,
    assets: [{ ...battery!, limit: { minKw: -50.00056, maxKw: 50.00056 } }, pv!],
  });
  bench.command(id('a'), [setpoint(70)]);
  expect(bench.run(3).setpoints['battery']).toBe(50);
  bench.command(id('b'), [setpoint(-70)]);
  expect(bench.run(3).setpoints['battery']).toBe(-50);
});

test('two PV systems share an export limit, and settle on it instead of swinging', () => {
  const rating = (asset: string, dischargeMaxKw: number): AssetRatings => ({
    ...{ asset, kind: 'pv', dischargeMaxKw, chargeMaxKw: 0, energyKwh: 0 },
  });
  const systems = [rating('pv-1', 60), rating('pv-2', 30)];
  const meter = { ...rating('meter', 0), kind: 'meter' as const };
  const assets = systems.map(({ asset }) => ({ ...policy.assets[1]!, asset }));
  let state = initialState([meter, ...systems], { ...policy, assets });
  const sun = [10, 10];
  let gives = [...sun];
  const exports: number[] = [];
  for (let second = 0; second < 30; second += 1) {
    const sumKw = gives.reduce((sum, kw) => sum + kw, 0);
    exports.push(sumKw);
    const readings = {
      meter: measured(sumKw),
      'pv-1': measured(gives[0]!),
      'pv-2': measured(gives[1]!),
    };
    const at = { sessionMs: second * 1_000, wallMs: 0, clock: 'untrusted' } as const;
    const { decision, ...after } = decide(state, { ...at, readings }, null);
    state = after.state;
    gives = sun.map((kw, place) => Math.min(kw, decision.setpoints[`pv-${place + 1}`] ?? kw));
    if (second === 10) sun.splice(0, 2, 50, 30);
  }
  expect(Math.max(...exports.slice(13))).toBeLessThanOrEqual(50.001);
  expect(Math.min(...exports.slice(20))).toBeGreaterThan(49.9);
});
