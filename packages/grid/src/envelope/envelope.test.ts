import fc from 'fast-check';
import { expect, test } from 'vitest';
import { embeddedFeeder, type Feeder, headroom, PowerFlow, switched } from '../index.ts';
import { combineRanked, type Interval, intersect, project, UNLIMITED } from './interval.ts';

const interval: fc.Arbitrary<Interval> = fc
  .tuple(fc.integer({ min: -500, max: 500 }), fc.integer({ min: 0, max: 400 }))
  .map(([minKw, width]) => ({ minKw, maxKw: minKw + width }));
const holds = ({ minKw, maxKw }: Interval, kw: number): boolean => minKw <= kw && kw <= maxKw;

test('an intersection holds exactly the powers that every limit holds', () => {
  fc.assert(
    fc.property(fc.array(interval), fc.integer({ min: -1_000, max: 1_000 }), (limits, kw) => {
      const both = intersect(...limits);
      const every = limits.every((limit) => holds(limit, kw));
      expect(both !== null && holds(both, kw)).toBe(every);
    }),
  );
});

test('a projection lies inside and no power inside is nearer', () => {
  fc.assert(
    fc.property(interval, fc.integer({ min: -1_000, max: 1_000 }), fc.nat(), (limit, kw, pick) => {
      const projected = project(kw, limit);
      const other = limit.minKw + (pick % (limit.maxKw - limit.minKw + 1));
      expect(holds(limit, projected)).toBe(true);
      expect(Math.abs(projected - kw)).toBeLessThanOrEqual(Math.abs(other - kw));
    }),
  );
});

test('no limits allow everything; a limit that is no number allows nothing', () => {
  expect(intersect()).toEqual(UNLIMITED);
  expect(intersect({ minKw: Number.NaN, maxKw: 5 })).toBeNull();
  expect(() => project(Number.NaN, UNLIMITED)).toThrow(/invariant/);
  expect(() => project(1, { minKw: 2, maxKw: 1 })).toThrow(/invariant/);
});

test('of limits that contradict each other the higher stands, as near to the lower as it can', () => {
  const protection = { minKw: -100, maxKw: 50, name: 'protection' };
  const above = { minKw: 80, maxKw: 120, name: 'above' };
  const below = { minKw: -300, maxKw: -200, name: 'below' };
  const plan = { minKw: -20, maxKw: 200, name: 'plan' };
  expect(combineRanked([protection, above, plan])).toEqual({
    interval: { minKw: 50, maxKw: 50 },
    overruled: [above],
  });
  expect(combineRanked([protection, below, plan])).toEqual({
    interval: { minKw: -100, maxKw: -100 },
    overruled: [below, plan],
  });
  expect(combineRanked([protection, plan])).toEqual({
    interval: { minKw: -20, maxKw: 50 },
    overruled: [],
  });
});

const feeder = embeddedFeeder('baran-wu-33');
const band = { voltageMinPu: 0.9, voltageMaxPu: 1.05, spanKw: 4_000 };

test('headroom ends where a voltage leaves its band, and just beyond it has left', () => {
  const flow = new PowerFlow(feeder);
  const loads = flow.loads();
  const found = headroom(flow, loads, { bus: '18', ...band });
  expect(found.downwards).toEqual({ kind: 'voltage-low', bus: '18' });
  const lowest = (deltaKw: number): number => {
    const moved = flow.loads(new Map([['18', { loadKw: 90 - deltaKw }]]));
    return flow.solve(moved).minVoltage.pu;
  };
  expect(lowest(found.deltaKw.minKw)).toBeGreaterThanOrEqual(0.9 - 1e-6);
  expect(lowest(found.deltaKw.minKw - 0.2)).toBeLessThan(0.9);
  expect(found.upwards.kind).toBe('voltage-high');
});

test('a bus outside its band already may stay as it is but not get worse', () => {
  const flow = new PowerFlow(feeder);
  const found = headroom(flow, flow.loads(), { bus: '18', ...band, voltageMinPu: 0.95 });
  expect(found.deltaKw.minKw).toBeGreaterThan(-0.2);
  expect(found.deltaKw.maxKw).toBeGreaterThan(500);
});

test('headroom ends at a rating in either direction, and says that it was assumed', () => {
  const rated: Feeder = {
    ...feeder,
    branches: feeder.branches.map((branch) =>
      branch.id === '17-18' ? { ...branch, ratedA: 10, ratingAssumed: true } : branch,
    ),
  };
  const flow = new PowerFlow(rated);
  const found = headroom(flow, flow.loads(), { bus: '18', ...band, spanKw: 400 });
  const binding = { kind: 'rating', branch: '17-18', ratingAssumed: true };
  expect(found).toMatchObject({ downwards: binding, upwards: binding });
  const moved = flow.loads(new Map([['18', { loadKw: 90 - found.deltaKw.maxKw }]]));
  expect(flow.solve(moved).currentA[16]).toBeCloseTo(10, 1);
});

test('headroom ends at the first limit, though power far beyond it would be within all of them', () => {
  // Injected power lifts the voltage over r, and from 200 kW on lowers it again over x.
  const line: Feeder = {
    name: 'line',
    baseKv: 1,
    slack: { bus: 'a', voltagePu: 1 },
    buses: [{ id: 'a' }, { id: 'b' }],
    branches: [{ id: 'a-b', from: 'a', to: 'b', rOhm: 0.05, xOhm: 0.5 }],
  };
  const flow = new PowerFlow(line);
  const highest = { bus: 'b', voltageMinPu: 0.95, voltageMaxPu: 1.003 };
  const voltagePu = (injectedKw: number): number | null =>
    flow.voltagePu(flow.solve(flow.loads(new Map([['b', { loadKw: -injectedKw }]]))), 'b');
  expect(voltagePu(400)).toBeLessThan(highest.voltageMaxPu);
  const found = headroom(flow, flow.loads(), { ...highest, spanKw: 400 });
  expect(found.upwards).toEqual({ kind: 'voltage-high', bus: 'b' });
  expect(voltagePu(found.deltaKw.maxKw)).toBeLessThanOrEqual(highest.voltageMaxPu + 1e-6);
  expect(voltagePu(found.deltaKw.maxKw + 0.2)).toBeGreaterThan(highest.voltageMaxPu);
});

test('what moves is power that follows no voltage, whatever the load of its bus does', () => {
  const elastic: Feeder = {
    name: 'elastic',
    baseKv: 10,
    slack: { bus: 'a', voltagePu: 1 },
    buses: [{ id: 'a' }, { id: 'b', loadKw: 100, zip: { z: 1, i: 0, p: 0 } }],
    branches: [{ id: 'a-b', from: 'a', to: 'b', rOhm: 10, xOhm: 0 }],
  };
  const flow = new PowerFlow(elastic);
  const loads = flow.loads();
  const asked = { bus: 'b', voltageMinPu: 0.95, voltageMaxPu: 1.05, spanKw: 2_000 };
  const { deltaKw } = headroom(flow, loads, asked);
  const voltagePu = (movedKw: number): number => {
    const moved = flow.loads(new Map([['b', { loadKw: 100 - movedKw }]]));
    return flow.solve({ ...moved, elasticKw: loads.loadKw }).voltagePu[1]!;
  };
  expect(voltagePu(deltaKw.minKw)).toBeGreaterThanOrEqual(0.95 - 1e-6);
  expect(voltagePu(deltaKw.minKw - 0.2)).toBeLessThan(0.95);
  expect(voltagePu(deltaKw.maxKw)).toBeLessThanOrEqual(1.05 + 1e-6);
  expect(voltagePu(deltaKw.maxKw + 0.2)).toBeGreaterThan(1.05);
});

test('what is beyond its limits elsewhere does not stop a move that leaves it alone', () => {
  const spur = { rOhm: 1, xOhm: 1 };
  const twoSpurs: Feeder = {
    name: 'two-spurs',
    baseKv: 10,
    slack: { bus: 'a', voltagePu: 1 },
    buses: [{ id: 'a' }, { id: 'site' }, { id: 'heavy', loadKw: 9_000 }],
    branches: [
      { id: 'a-site', from: 'a', to: 'site', ...spur },
      { id: 'a-heavy', from: 'a', to: 'heavy', ...spur, ratedA: 100 },
    ],
  };
  const flow = new PowerFlow(twoSpurs);
  const site = { bus: 'site', voltageMinPu: 0.95, voltageMaxPu: 1.05, spanKw: 1_000 };
  expect(headroom(flow, flow.loads(), site).deltaKw).toEqual({ minKw: -1_000, maxKw: 1_000 });
});

test('headroom stops at the span, and at the collapse of the voltage', () => {
  const unrated = feeder.branches.map(({ ratedA: _, ratingAssumed: __, ...branch }) => branch);
  const flow = new PowerFlow({ ...feeder, branches: unrated });
  const wide = { bus: '18', voltageMinPu: 0, voltageMaxPu: 2, spanKw: 20_000 };
  expect(headroom(flow, flow.loads(), wide).downwards.kind).toBe('collapse');
  const near = headroom(flow, flow.loads(), { ...wide, spanKw: 10 });
  expect(near).toEqual({
    deltaKw: { minKw: -10, maxKw: 10 },
    downwards: { kind: 'span' },
    upwards: { kind: 'span' },
  });
});

test('a site that nothing feeds has no headroom', () => {
  const flow = new PowerFlow(switched(feeder, new Map([['17-18', false]])));
  const dead = { kind: 'dead', bus: '18' };
  expect(headroom(flow, flow.loads(), { bus: '18', ...band })).toEqual({
    deltaKw: { minKw: 0, maxKw: 0 },
    downwards: dead,
    upwards: dead,
  });
});
