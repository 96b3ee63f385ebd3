import { expect, test } from 'vitest';
import { Bench, id, measured, policy, setpoint } from './fixture-site.ts';

test('without a policy nothing is actuated', () => {
  const bench = new Bench(null);
  bench.loadKw = 500;
  expect(bench.run(5).setpoints).toEqual({});
});

test('the quarter hour is held under its limit, and no more energy is spent than that takes', () => {
  const bench = new Bench();
  bench.loadKw = 140;
  let importKwS = 0;
  for (let second = 0; second < 900; second += 1) {
    importKwS += bench.loadKw - bench.batteryKw;
    bench.run(1);
  }
  expect(importKwS / 900).toBeLessThan(100);
  expect(importKwS / 900).toBeGreaterThan(93);
});

test('automation stays inside its margin even when the limit cannot be kept', () => {
  const bench = new Bench();
  bench.loadKw = 240;
  expect(bench.run(60).setpoints['battery']).toBe(60);
});

test('a store is never discharged below its reserve by automation', () => {
  const bench = new Bench();
  bench.loadKw = 160;
  bench.stateOfCharge = 0.2;
  const decision = bench.run(30);
  expect(decision.setpoints['battery']).toBe(0);
  expect(decision.reasons['battery']).toContain('reserve');
});

test('a plan does not discharge below the reserve, and says what holds it back; people may', () => {
  for (const [rank, askedKw] of [
    ['plan', 0],
    ['routine', 40],
  ] as const) {
    const bench = new Bench();
    bench.stateOfCharge = 0.2;
    bench.command(id('a'), [setpoint(40)], rank);
    expect(bench.run(5).setpoints['battery']).toBe(askedKw);
    expect(bench.statesOf(id('a')).includes('clipped')).toBe(rank === 'plan');
  }
  const bench = new Bench();
  bench.stateOfCharge = 0.2;
  bench.command(id('a'), [setpoint(-40)], 'plan');
  expect(bench.run(5).setpoints['battery']).toBe(-40);
});

test('a calm site recharges, up to the import that the policy allows for it', () => {
  const bench = new Bench();
  bench.loadKw = 30;
  expect(bench.run(30).setpoints['battery']).toBeCloseTo(-30, 0);
});

test('what a model expects holds the recharge back', () => {
  const bench = new Bench();
  bench.loadKw = 30;
  bench.forecastKw = 130;
  expect(bench.run(30).setpoints['battery']).toBeGreaterThanOrEqual(0);
});

test('a stale forecast gives way to the rule', () => {
  const bench = new Bench();
  bench.loadKw = 30;
  bench.forecastKw = 130;
  bench.run(30);
  bench.forecastKw = null;
  const decision = bench.run(150);
  expect(decision.reasons['battery']).toBe('recharge by rule');
});

test('a commanded setpoint climbs the whole ladder and ends by itself', () => {
  const bench = new Bench();
  bench.run(3);
  bench.command(id('a'), [setpoint(70)]);
  expect(bench.run(1).setpoints['battery']).toBe(0);
  expect(bench.run(1).setpoints['battery']).toBe(70);
  bench.run(27);
  expect(bench.statesOf(id('a'))).toEqual(['active', 'confirmed(device)', 'confirmed(meter)']);
  expect(bench.run(1).setpoints['battery']).toBe(70);
  bench.run(3);
  expect(bench.last?.setpoints['battery']).not.toBe(70);
  expect(bench.statesOf(id('a')).slice(3)).toEqual(['completed', 'reverted']);
});

test('people may go beyond the margin of automation, but not beyond the limit', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(95)]);
  bench.run(3);
  expect(bench.last?.setpoints['battery']).toBe(80);
  expect(bench.events).toContainEqual({
    command: id('a'),
    index: 0,
    status: { state: 'clipped', by: 'policy limit', toKw: 80 },
  });
});

test('a ramp is kept on the way in and on the way out', () => {
  const bench = new Bench();
  bench.command(id('a'), [
    setpoint(60, { rampKwPerS: 10, rampOutKwPerS: 20, revert: { to: 'value', activePowerKw: 0 } }),
  ]);
  const asked: number[] = [];
  for (let second = 0; second < 40; second += 1) asked.push(bench.run(1).setpoints['battery'] ?? 0);
  expect(asked.slice(0, 8)).toEqual([0, 10, 20, 30, 40, 50, 60, 60]);
  expect(asked.slice(29, 36)).toEqual([60, 60, 40, 20, 0, 0, 0]);
});

test('a later command of the same rank wins, and the earlier one goes on when it ends', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(20, { validForMs: 60_000 })]);
  bench.run(5);
  bench.command(id('b'), [setpoint(50, { validForMs: 10_000 })]);
  bench.run(5);
  expect(bench.last?.setpoints['battery']).toBe(50);
  bench.run(10);
  expect(bench.last?.setpoints['battery']).toBe(20);
});

test('a command that gets its asset back ramps from where the other one left it', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(60, { rampKwPerS: 10, validForMs: 60_000 })]);
  bench.run(10);
  bench.command(id('b'), [setpoint(0, { validForMs: 5_000 })]);
  bench.run(5);
  expect(bench.last?.setpoints['battery']).toBe(0);
  const asked: (number | null | undefined)[] = [];
  for (let second = 0; second < 8; second += 1) asked.push(bench.run(1).setpoints['battery']);
  expect(asked).toEqual([0, 10, 20, 30, 40, 50, 60, 60]);
});

test('a command that ends under another one is over then, and its ramp never comes back', () => {
  const bench = new Bench();
  bench.loadKw = 80;
  bench.command('0a', [setpoint(60, { rampOutKwPerS: 0.1, validForMs: 5_000 })]);
  bench.run(3);
  bench.command('0b', [setpoint(20, { validForMs: 10_000 })]);
  bench.command('0c', [setpoint(-20, { validForMs: 10_000 })]);
  bench.run(4);
  expect(bench.statesOf('0a')).toEqual(expect.arrayContaining(['completed', 'reverted']));
  const after: (number | null | undefined)[] = [];
  for (let second = 0; second < 20; second += 1) after.push(bench.run(1).setpoints['battery']);
  expect(new Set(after)).toEqual(new Set([-20, 0]));
  for (const command of ['0b', '0c']) {
    expect(bench.statesOf(command).slice(-2)).toEqual(['completed', 'reverted']);
  }
  const ended = bench.events.filter(({ status }) => status.state === 'reverted');
  expect(ended.map(({ command }) => command)).toEqual(['0a', '0b', '0c']);
});

test('a ramp out gives way to a command that takes over, and does not go on behind it', () => {
  const bench = new Bench();
  bench.loadKw = 80;
  bench.command('0a', [setpoint(60, { rampOutKwPerS: 1, validForMs: 2_000 })]);
  bench.run(5);
  bench.command('0b', [setpoint(0, { validForMs: 5_000 })]);
  bench.run(3);
  expect(bench.statesOf('0a').slice(-2)).toEqual(['completed', 'reverted']);
  for (let second = 0; second < 10; second += 1) {
    expect(bench.run(1).setpoints['battery']).toBe(0);
  }
});

test('a superseded command leaves at once and says so', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(20, { validForMs: 600_000 })]);
  bench.run(5);
  bench.command(id('b'), [setpoint(50, { supersedes: Buffer.from(id('a'), 'hex') })]);
  bench.run(60);
  expect(bench.statesOf(id('a'))).toContain('superseded');
  expect(bench.state.actions).toEqual([]);
});

test('a ceded command ramps out', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(20, { validForMs: 600_000, rampOutKwPerS: 10 })]);
  bench.run(5);
  bench.command(id('b'), [{ type: 'cede', command: Buffer.from(id('a'), 'hex') }]);
  bench.run(10);
  expect(bench.statesOf(id('a')).slice(-3)).toEqual(['cancelled', 'completed', 'reverted']);
  expect(bench.statesOf(id('b'))).toEqual(['completed']);
  expect(bench.state.actions).toEqual([]);
});

test('a limit on import forces a discharge that nobody ordered, until it ends', () => {
  const bench = new Bench();
  bench.loadKw = 90;
  bench.run(5);
  bench.command(id('c'), [
    {
      type: 'limit',
      point: 'meter',
      importMaxKw: 50,
      exportMaxKw: 0,
      startWithinMs: 0,
      validForMs: 20_000,
    },
  ]);
  bench.run(3);
  expect(bench.last?.setpoints['battery']).toBeGreaterThanOrEqual(40);
  bench.run(20);
  expect(bench.statesOf(id('c'))).toEqual(['active', 'completed']);
  expect(bench.last?.setpoints['battery']).toBeLessThan(40);
});

test('an import beyond the connection is fought as far as the store can, and reported', () => {
  const bench = new Bench();
  bench.loadKw = 400;
  const decision = bench.run(3);
  expect(decision.setpoints['battery']).toBe(80);
  expect(decision.conflicts).toEqual(['battery: site connection']);
});

test('a device in local control drops its commands, which do not resume', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(20, { validForMs: 600_000 })]);
  bench.run(5);
  bench.override = { battery: measured(3, { stateOfCharge: 0.6, local: true }) };
  bench.run(1);
  bench.override = {};
  bench.run(5);
  expect(bench.statesOf(id('a')).at(-1)).toBe('overridden');
  expect(bench.state.actions).toEqual([]);
});

test('a site that is not measured falls to the safe power, not to the last guess', () => {
  const bench = new Bench();
  bench.loadKw = 160;
  bench.run(30);
  expect(bench.last?.setpoints['battery']).toBeGreaterThan(0);
  bench.override = { meter: 'silent' };
  bench.run(20);
  expect(bench.last?.setpoints['battery']).toBe(0);
  expect(bench.last?.reasons['battery']).toBe('safe: site not measured');
});

test('more export than the connection allows throttles PV, and only as long as it lasts', () => {
  const bench = new Bench();
  bench.loadKw = 0;
  bench.pvKw = 60;
  bench.stateOfCharge = 1;
  expect(bench.run(3).setpoints['pv']).toBeCloseTo(50, 1);
  bench.loadKw = 40;
  expect(bench.run(10).setpoints['pv']).toBeNull();
});

test('mode idle rests every store', () => {
  const bench = new Bench();
  bench.loadKw = 160;
  bench.command(id('d'), [{ type: 'mode', mode: 'idle', startWithinMs: 0, validForMs: 60_000 }]);
  expect(bench.run(20).setpoints['battery']).toBe(0);
  bench.run(60);
  expect(bench.last?.setpoints['battery']).toBeGreaterThan(0);
});

test('a charge target is steered for and not overshot', () => {
  const bench = new Bench();
  bench.stateOfCharge = 0.5;
  bench.command(id('e'), [
    {
      type: 'charge-target',
      asset: 'battery',
      stateOfCharge: 0.6,
      powerMaxKw: 30,
      startWithinMs: 0,
      validForMs: 3_600_000,
    },
  ]);
  expect(bench.run(2).setpoints['battery']).toBeCloseTo(-20, 0);
  bench.stateOfCharge = 0.6;
  expect(bench.run(1).setpoints['battery']).toBe(0);
});

test('a noisy load does not make the battery twitch', () => {
  const bench = new Bench();
  let changes = 0;
  let before: number | null = null;
  for (let second = 0; second < 600; second += 1) {
    bench.loadKw = 140 + (second % 2 === 0 ? 2 : -2);
    const asked = bench.run(1).setpoints['battery'] ?? null;
    if (asked !== before) changes += 1;
    before = asked;
  }
  expect(changes).toBeLessThan(20);
});

test('reversals between charge and discharge are bounded per hour', () => {
  const bench = new Bench({ ...policy, dwellMs: 0 });
  let signs = 0;
  let sign = 0;
  for (let round = 0; round < 20; round += 1) {
    bench.loadKw = round % 2 === 0 ? 10 : 200;
    for (let second = 0; second < 60; second += 1) {
      const now = Math.sign(bench.run(1).setpoints['battery'] ?? 0);
      if (now !== 0 && sign !== 0 && now !== sign) signs += 1;
      if (now !== 0) sign = now;
    }
  }
  expect(signs).toBeLessThanOrEqual(policy.reversalsPerHourMax);
  expect(signs).toBeGreaterThan(0);
});
