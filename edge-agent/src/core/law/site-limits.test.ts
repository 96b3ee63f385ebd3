import { expect, test } from 'vitest';
import { store, Yard } from './fixture-yard.ts';

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
