import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PV_KW, STORE_KW, store, Yard } from './fixture-yard.ts';

test('a store keeps to the export limit when the meter falls silent: the site is taken to draw nothing', () => {
  const yard = new Yard([store('b1')]);
  yard.order('b1', 80);
  expect(yard.run(5).setpoints['b1']).toBe(50);
  yard.metered = false;
  expect(yard.run(60).setpoints['b1']).toBe(50);
  yard.loadKw = 100;
  expect(yard.run(60).setpoints['b1']).toBe(50);
});

test('unmeasured, what PV gives is not left to stores, nor what it might give where nobody reads it', () => {
  const yard = new Yard([store('b1')]);
  yard.loadKw = 100;
  yard.sunKw = 20;
  yard.order('b1', 80);
  expect(yard.run(5).setpoints['b1']).toBe(80);
  yard.metered = false;
  expect(yard.run(60).setpoints['b1']).toBe(30);
  yard.pvRead = false;
  expect(yard.run(60).setpoints['b1']).toBe(0);
});

test('unmeasured, stores together charge no faster than the connection allows', () => {
  const yard = new Yard([store('b1', { stateOfCharge: 0.7 }), store('b2')], { importMaxKw: 120 });
  yard.metered = false;
  yard.order('b1', -90);
  yard.order('b2', -90);
  yard.run(30);
  expect(yard.stores.map(({ powerKw }) => powerKw)).toEqual([-90, -30]);
});

test('a store that nobody reads is part of what the site draws: the others keep the limit around it', () => {
  const yard = new Yard([store('b1'), store('b2', { stateOfCharge: 0.9 })]);
  yard.order('b1', 80);
  yard.order('b2', 30);
  yard.run(5);
  const [b1, b2] = yard.stores;
  expect([b1?.powerKw, b2?.powerKw]).toEqual([20, 30]);
  b2!.manner = 'silent';
  yard.run(60);
  expect([b1?.powerKw, yard.exportKw]).toEqual([20, 50]);
  b2!.powerKw = 0;
  yard.run(2);
  expect([b1?.powerKw, yard.exportKw]).toEqual([50, 50]);
});

test.each(['local', 'ignores'] as const)(
  'what a store gives that %s what it is asked is counted before the fuller ones are decided',
  (manner) => {
    const yard = new Yard([
      store('b1', { stateOfCharge: 0.9 }),
      store('b2', { stateOfCharge: 0.5, manner, powerKw: 40 }),
    ]);
    yard.order('b1', 80);
    yard.order('b2', -80);
    const { conflicts } = yard.run(20);
    expect([yard.stores[0]?.powerKw, yard.exportKw]).toEqual([10, 50]);
    expect(conflicts).toEqual([]);
  },
);

test('a store that agrees with its setpoint by chance, and has not moved, is not believed again', () => {
  const limits = { importMaxKw: 0, exportMaxKw: 0 };
  const b1 = store('b1', { stateOfCharge: 0.5, manner: 'ignores', powerKw: 6 });
  const yard = new Yard([b1, store('b2')], limits);
  yard.loadKw = 1;
  yard.run(10);
  for (let second = 0; second < 30; second += 1) {
    yard.run(1);
    expect(yard.exportKw).toBe(0);
  }
});

test('a store that follows again counts as what it is asked for', () => {
  const yard = new Yard([
    store('b1', { stateOfCharge: 0.9 }),
    store('b2', { manner: 'ignores', powerKw: 40 }),
  ]);
  yard.order('b1', 80);
  yard.order('b2', -30);
  yard.run(20);
  yard.stores[1]!.manner = 'obeys';
  yard.run(3);
  expect([yard.stores[0]?.powerKw, yard.stores[1]?.powerKw]).toEqual([50, -30]);
});

test('what the stores that follow cannot undo shows as a conflict', () => {
  const yard = new Yard([
    store('b1', { stateOfCharge: 0.9 }),
    store('b2', { manner: 'local', powerKw: 90 }),
    store('b3', { manner: 'ignores', powerKw: 90 }),
  ]);
  const { conflicts } = yard.run(20);
  expect(yard.stores[0]?.powerKw).toBe(-STORE_KW);
  expect(conflicts).toEqual(['b1: site connection']);
});

const manners = fc.constantFrom(
  ...(['obeys', 'obeys', 'obeys', 'ignores', 'local', 'silent'] as const),
);
const kw = (min: number, max: number) => fc.integer({ min, max });
const yards = fc.record({
  stores: fc.array(
    fc.record({
      manner: manners,
      stateOfCharge: fc.double({ min: 0.3, max: 0.7, noNaN: true }),
      powerKw: kw(-100, 100),
      orderedKw: fc.option(kw(-100, 100)),
    }),
    { minLength: 1, maxLength: 4 },
  ),
  loadKw: kw(0, 300),
  sunKw: kw(0, PV_KW),
  importMaxKw: kw(0, 200),
  exportMaxKw: kw(0, 200),
});

test('however its stores behave, a site comes within its limits, or all that follows does what it can', () => {
  fc.assert(
    fc.property(yards, ({ stores, loadKw, sunKw, ...limits }) => {
      const yard = new Yard(
        stores.map((one, at) => store(`b${at}`, one)),
        limits,
      );
      yard.loadKw = loadKw;
      yard.sunKw = sunKw;
      for (const [at, { orderedKw }] of stores.entries()) {
        if (orderedKw !== null) yard.order(`b${at}`, orderedKw);
      }
      yard.run(30);
      // Up to what meters tell apart, one that ignores its setpoint seems to follow it.
      const slackKw =
        0.01 + 0.05 * STORE_KW * stores.filter((one) => one.manner === 'ignores').length;
      const following = yard.stores.filter(({ manner }) => manner === 'obeys');
      const all = (kw: number) => following.every(({ powerKw }) => Math.abs(powerKw - kw) < 0.01);
      const [over, under] = [
        yard.exportKw - limits.exportMaxKw,
        -yard.exportKw - limits.importMaxKw,
      ];
      if (over > slackKw) expect(all(-STORE_KW) && yard.pvKw < 0.01).toBe(true);
      if (under > slackKw) expect(all(STORE_KW)).toBe(true);
    }),
    { numRuns: 300 },
  );
});
