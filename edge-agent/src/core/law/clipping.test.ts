import { expect, test } from 'vitest';
import { Bench, id, setpoint } from './fixture-site.ts';

/** A load that is never the same for two seconds, within so much around its middle. */
const noise = (second: number, withinKw: number): number => Math.sin(second * 7.3) * withinKw;

/** Ten minutes of noise around a load; how often the ask of an asset changed, and the largest export, kW. */
function noisy(bench: Bench, asset: 'battery' | 'pv', loadKw: number, withinKw: number) {
  let [changes, exportMaxKw] = [0, 0];
  let before = bench.last?.setpoints[asset];
  for (let second = 0; second < 600; second += 1) {
    bench.loadKw = loadKw + noise(second, withinKw);
    const asked = bench.run(1).setpoints[asset];
    if (asked !== before) changes += 1;
    before = asked;
    bench.pvKw = Math.min(bench.pvKw, bench.pvAskedKw ?? 60);
    exportMaxKw = Math.max(exportMaxKw, bench.batteryKw + bench.pvKw - bench.loadKw);
  }
  return { changes, exportMaxKw };
}

test('PV at an export limit is not moved by the noise of a load, and keeps the limit', () => {
  for (const [withinKw, changesMax] of [
    [0.2, 60],
    [5, 200],
  ] as const) {
    const bench = new Bench();
    bench.stateOfCharge = 1;
    bench.pvKw = 60;
    const { changes, exportMaxKw } = noisy(bench, 'pv', 6, withinKw);
    expect(changes).toBeLessThan(changesMax);
    expect(exportMaxKw).toBeLessThan(50.001);
  }
});

test('a battery at an export limit is not moved by it either, whether beyond the limit or just within', () => {
  for (const askedKw of [80, 56]) {
    const bench = new Bench();
    bench.command(id('a'), [setpoint(askedKw, { validForMs: 700_000 })]);
    const { changes, exportMaxKw } = noisy(bench, 'battery', 6, 0.2);
    expect(changes).toBeLessThan(60);
    // What the load gives up, the battery takes back in the same cycle.
    expect(exportMaxKw).toBeLessThan(50.001);
    expect(bench.last?.setpoints['battery']).toBeGreaterThan(55);
  }
});

test('what a bound gives back is taken up in the end, to the watt', () => {
  const bench = new Bench();
  bench.loadKw = 0;
  bench.command(id('a'), [setpoint(80, { validForMs: 700_000 })]);
  expect(bench.run(5).setpoints['battery']).toBe(50);
  bench.loadKw = 2;
  expect(bench.run(5).setpoints['battery']).toBe(50);
  expect(bench.run(60).setpoints['battery']).toBe(52);
  bench.loadKw = 20;
  expect(bench.run(15).setpoints['battery']).toBe(70);
});

test('a command at its bound says that it is clipped once, and again only behind a minute free of it', () => {
  const bench = new Bench();
  bench.command(id('a'), [setpoint(56, { validForMs: 3_600_000 })]);
  noisy(bench, 'battery', 6, 0.5);
  const clipped = () => bench.statesOf(id('a')).filter((state) => state === 'clipped').length;
  expect(clipped()).toBe(1);
  bench.loadKw = 30;
  bench.run(120);
  bench.loadKw = 0;
  bench.run(120);
  expect(clipped()).toBe(2);
});

test('a PV command beneath a lower cap says so', () => {
  const bench = new Bench();
  bench.loadKw = 0;
  bench.pvKw = 60;
  bench.stateOfCharge = 1;
  bench.command(id('a'), [setpoint(55, { asset: 'pv', validForMs: 60_000 })]);
  bench.run(3);
  expect(bench.events).toContainEqual({
    command: id('a'),
    index: 0,
    status: { state: 'clipped', by: 'site connection', toKw: 50 },
  });
});

test.each([1_000, 50, 2])(
  'what was clipped on its ramp stands where it was ordered when the ramp is over: %s kW/s',
  (rampKwPerS) => {
    const bench = new Bench();
    bench.command(id('a'), [setpoint(-40, { validForMs: 600_000 })]);
    bench.run(20);
    const limit = {
      type: 'limit',
      ...{ point: 'battery', importMaxKw: 30, exportMaxKw: 100 },
      ...{ startWithinMs: 0, validForMs: 600_000 },
    } as const;
    bench.command(id('b'), [limit, setpoint(40, { rampKwPerS, validForMs: 600_000 })]);
    const rampS = Math.ceil(80 / rampKwPerS);
    expect(bench.run(rampS + 2).setpoints['battery']).toBe(40);
    const confirmed = bench.events.filter(({ status }) => status.state === 'confirmed');
    for (const { command, status } of confirmed) {
      if (command === id('b')) expect(status).toMatchObject({ measuredKw: 40 });
    }
  },
);
