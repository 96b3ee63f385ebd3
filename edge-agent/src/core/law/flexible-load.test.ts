import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CARS_KW, CARS_LEAST_KW, CARS_SAFE_KW, cars, store, Yard } from './fixture-yard.ts';

/** The yard's rule steers for a little less than the quarter hour that is billed. */
const STEERED_KW = 98;

test('cars draw what they like while there is room', () => {
  const yard = new Yard([], {}, [cars('ev', 30)]);
  yard.loadKw = 50;
  const { setpoints, reasons } = yard.run(60);
  expect([setpoints['ev'], reasons['ev'], yard.cars[0]?.drawnKw]).toEqual([null, 'free', 30]);
});

test('beyond the quarter hour they are held back to what is left, and let go when there is room again', () => {
  const yard = new Yard([], {}, [cars('ev', CARS_KW)]);
  yard.loadKw = 70;
  const { reasons } = yard.run(600);
  expect(reasons['ev']).toBe('shave by rule');
  expect(yard.cars[0]?.drawnKw).toBeCloseTo(STEERED_KW - 70, 0);
  yard.loadKw = 20;
  expect(yard.run(300).setpoints['ev']).toBeNull();
});

test('automation leaves them what the margin says, whatever the peak; people stop them', () => {
  const yard = new Yard([], {}, [cars('ev', CARS_KW)]);
  yard.loadKw = 200;
  yard.run(600);
  expect(yard.cars[0]?.drawnKw).toBe(CARS_LEAST_KW);
  yard.order('ev', 0);
  yard.run(10);
  expect(yard.cars[0]?.drawnKw).toBe(0);
});

test('the store makes room first, down to its reserve; then the cars wait', () => {
  const charged = store('b1', { stateOfCharge: 0.6 });
  const yard = new Yard([charged], {}, [cars('ev', CARS_KW)]);
  yard.loadKw = 90;
  // Not for long: the charge of this store stands still, which is not believed of it for ever.
  yard.run(200);
  expect([yard.cars[0]?.drawnKw, charged.powerKw > 30]).toEqual([CARS_KW, true]);
  const empty = new Yard([store('b1', { stateOfCharge: 0.2 })], {}, [cars('ev', CARS_KW)]);
  empty.loadKw = 90;
  empty.run(600);
  expect(empty.stores[0]?.powerKw).toBe(0);
  expect(empty.cars[0]?.drawnKw).toBeCloseTo(STEERED_KW - 90, 0);
});

test('a store recharges beside cars whose limit in the policy lies below their nameplate', () => {
  const yard = new Yard([store('b1', { stateOfCharge: 0.4 })], {}, [cars('ev', 0)]);
  const assets = yard.policy.assets.map((one) =>
    one.asset === 'ev' ? { ...one, limit: { minKw: -CARS_KW / 2, maxKw: 0 } } : one,
  );
  yard.state = { ...yard.state, policy: { ...yard.policy, assets } };
  yard.loadKw = 20;
  const { setpoints } = yard.run(150);
  expect(setpoints['ev']).toBe(-CARS_KW / 2);
  expect(setpoints['b1']).toBeLessThan(0);
});

test('a store does not recharge beside cars that wait', () => {
  const dwellMs = 900_000;
  const yard = new Yard([store('b1', { stateOfCharge: 0.2 })], { dwellMs }, [cars('ev', 20)]);
  yard.loadKw = 75;
  yard.run(dwellMs / 1_000);
  yard.loadKw = 90;
  yard.run(60);
  yard.loadKw = 10;
  const waiting = yard.run(600);
  expect(waiting.setpoints['ev']).toBeGreaterThan(-20);
  expect(waiting.setpoints['b1']).toBe(0);
  const free = yard.run(600);
  expect(free.setpoints['ev']).toBeNull();
  expect(free.setpoints['b1']).toBeLessThan(0);
});

test('an import limit holds cars back before it takes the reserve of a store, or one that people ordered to rest', () => {
  for (const stateOfCharge of [0.2, 0.6]) {
    const limits = { importMaxKw: 110, quarterHourImportMaxKw: 1_000 };
    const yard = new Yard([store('b1', { stateOfCharge })], limits, [cars('ev', CARS_KW)]);
    if (stateOfCharge > 0.2) yard.order('b1', 0);
    yard.loadKw = 100;
    const { conflicts } = yard.run(60);
    expect([yard.exportKw, yard.cars[0]?.drawnKw, conflicts]).toEqual([-110, 10, []]);
    expect(yard.stores[0]?.powerKw).toBe(0);
  }
});

test('what the site cannot keep with its cars at rest shows as a conflict', () => {
  const yard = new Yard([], { importMaxKw: 80 }, [cars('ev', CARS_KW)]);
  yard.loadKw = 90;
  expect(yard.run(30).conflicts).toEqual(['ev: site connection']);
  expect(yard.cars[0]?.drawnKw).toBe(0);
});

test('unmeasured, they are held to their safe power', () => {
  const yard = new Yard([], {}, [cars('ev', CARS_KW)]);
  yard.metered = false;
  yard.run(60);
  expect(yard.cars[0]?.drawnKw).toBe(CARS_SAFE_KW);
});

test('charging points that stand empty leave their room to the others, and get theirs when cars come', () => {
  const yard = new Yard([], {}, [cars('one', CARS_KW), cars('two', 0)]);
  yard.loadKw = 60;
  yard.run(600);
  expect(yard.cars[0]?.drawnKw).toBeGreaterThan(35);
  yard.cars[1]!.wantedKw = CARS_KW;
  yard.run(600);
  const [one, two] = yard.cars.map(({ drawnKw }) => drawnKw);
  expect(Math.abs(one! + two! - (STEERED_KW - 60))).toBeLessThan(2);
  expect(two).toBeGreaterThan(8);
});

test('what charges in local control is part of what the others have to leave room for', () => {
  const limits = { importMaxKw: 100, quarterHourImportMaxKw: 1_000 };
  const yard = new Yard([], limits, [cars('one', CARS_KW), cars('two', 30, { manner: 'local' })]);
  yard.loadKw = 60;
  yard.run(120);
  expect(yard.cars.map(({ drawnKw }) => Math.round(drawnKw))).toEqual([10, 30]);
});

const kw = (min: number, max: number) => fc.integer({ min, max });

test('however loads and cars stand, a site comes within its import limit, or everything that can help does', () => {
  fc.assert(
    fc.property(
      fc.record({
        loadKw: kw(0, 200),
        wantedKw: fc.array(kw(0, CARS_KW), { minLength: 1, maxLength: 3 }),
        stateOfCharge: fc.double({ min: 0.1, max: 0.9, noNaN: true }),
        orderedKw: fc.option(kw(-80, 80)),
        importMaxKw: kw(0, 250),
      }),
      ({ loadKw, wantedKw, stateOfCharge, orderedKw, importMaxKw }) => {
        const plugged = wantedKw.map((wanted, at) => cars(`ev-${at}`, wanted));
        const yard = new Yard([store('b1', { stateOfCharge })], { importMaxKw }, plugged);
        if (orderedKw !== null) yard.order('b1', orderedKw);
        yard.loadKw = loadKw;
        yard.run(120);
        const isOver = -yard.exportKw > importMaxKw + 0.01;
        if (!isOver) return;
        expect(yard.stores[0]?.powerKw).toBe(100);
        for (const { drawnKw } of yard.cars) expect(drawnKw).toBeLessThan(0.01);
      },
    ),
    { numRuns: 300 },
  );
});
