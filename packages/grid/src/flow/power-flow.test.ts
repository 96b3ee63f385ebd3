import { expect, test } from 'vitest';
import golden from '../../feeders/baran-wu-33.golden.json' with { type: 'json' };
import { embeddedFeeder, type Feeder, flowReport, PowerFlow, switched } from '../index.ts';

const feeder = embeddedFeeder('baran-wu-33');
const tiesClosed = switched(feeder, new Map(feeder.branches.map(({ id }) => [id, true])));

test('the 33-bus feeder is solved as four independent solvers agree, in 8 sweeps', () => {
  const flow = new PowerFlow(feeder);
  const solution = flow.solve();
  expect(solution.iterations).toBe(golden.sweepIterations.count);
  expect(Math.abs(solution.lossKw - golden.lossKw)).toBeLessThan(golden.toleranceLossKw);
  expect(Math.abs(solution.lossKvar - golden.lossKvar)).toBeLessThan(golden.toleranceLossKw);
  golden.voltagePu.forEach((pu, at) => {
    const apartPu = Math.abs((flow.voltagePu(solution, String(at + 1)) ?? 0) - pu);
    expect(apartPu, `bus ${at + 1}`).toBeLessThan(golden.toleranceVoltagePu);
  });
  expect(solution.minVoltage.bus).toBe('18');
  expect(Math.abs(solution.minVoltage.pu - 0.91309)).toBeLessThan(1e-6);
});

test('with all five ties closed the loops are solved', () => {
  const solution = new PowerFlow(tiesClosed).solve();
  expect(Math.abs(solution.lossKw - 123.2908)).toBeLessThan(0.0001);
  expect(solution.minVoltage.bus).toBe('32');
  for (const at of [32, 33, 34, 35, 36]) expect(solution.currentA[at]).toBeGreaterThan(1);
});

test('what the source delivers is what the loads draw and the branches lose', () => {
  for (const each of [feeder, tiesClosed]) {
    const flow = new PowerFlow(each);
    const solution = flow.solve();
    const { loadKw, loadKvar } = flow.loads();
    const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);
    expect(solution.importKw).toBeCloseTo(sum(loadKw) + solution.lossKw, 4);
    expect(solution.importKvar).toBeCloseTo(sum(loadKvar) + solution.lossKvar, 4);
  }
});

test('a warm start from the solution needs one sweep and gives the same answer', () => {
  const flow = new PowerFlow(tiesClosed);
  const cold = flow.solve();
  const warm = flow.solve(undefined, cold);
  expect(warm.iterations).toBe(1);
  expect(warm.lossKw).toBeCloseTo(cold.lossKw, 5);
});

test('a warm start across switching takes what it can use', () => {
  const open = switched(feeder, new Map([['6-7', false]]));
  const before = new PowerFlow(open).solve();
  const after = new PowerFlow(feeder).solve(undefined, before);
  expect(after.lossKw).toBeCloseTo(golden.lossKw, 4);
});

test('a bus that nothing feeds has no voltage and its load counts for nothing', () => {
  const open = switched(feeder, new Map([['17-18', false]]));
  const report = flowReport(open);
  expect(report.buses[17]).toEqual({ id: '18', voltagePu: null, angleDeg: null, energised: false });
  const withoutLoad = new PowerFlow(open);
  const spared = withoutLoad.solve(withoutLoad.loads(new Map([['18', { loadKw: 0 }]])));
  expect(report.lossKw).toBe(spared.lossKw);
  expect(report.importKw).toBeLessThan(3_917.7 - 90);
  expect(report.branches[16]).toMatchObject({ id: '17-18', currentA: 0, closed: false });
  expect(() => JSON.stringify(report)).not.toThrow();
  expect(JSON.stringify(report)).not.toContain('NaN');
});

test('a slack alone, and two buses in a ring of two lines, have solutions', () => {
  const alone: Feeder = {
    name: 'alone',
    baseKv: 10,
    slack: { bus: 'a', voltagePu: 1.02 },
    buses: [{ id: 'a', loadKw: 5 }],
    branches: [],
  };
  expect(new PowerFlow(alone).solve().importKw).toBeCloseTo(5, 9);
  const line = { rOhm: 1, xOhm: 1, ratedA: 100, ratingAssumed: true };
  const ring: Feeder = {
    ...alone,
    buses: [{ id: 'a' }, { id: 'b', loadKw: 500 }],
    branches: [
      { id: 'one', from: 'a', to: 'b', ...line },
      { id: 'two', from: 'b', to: 'a', ...line },
    ],
  };
  const report = flowReport(ring);
  expect(report.branches[0]!.currentA).toBeCloseTo(report.branches[1]!.currentA, 9);
  expect(report.branches[1]).toMatchObject({ ratedA: 100, ratingAssumed: true });
  expect(report.lossKw).toBeCloseTo((500 / 10.2) ** 2 / 2_000, 1);
});

test('a load beyond what the feeder carries is divergence at its bus', () => {
  const flow = new PowerFlow(feeder);
  const heavy = flow.loads(new Map([['18', { loadKw: 10_000 }]]));
  expect(() => flow.solve(heavy)).toThrow(/flow_diverged: worstBus 18/);
  expect(flow.solve().iterations, 'the next solve is not disturbed').toBe(8);
});

test('a voltage that leaves the numbers is divergence at its bus, not a change of nothing', () => {
  // The first sweep drops the whole voltage over the line: the second divides by it.
  const feeder: Feeder = {
    name: 'collapsing',
    baseKv: 1,
    slack: { bus: 'a', voltagePu: 1 },
    buses: [{ id: 'a' }, { id: 'b', loadKw: 1_000 }, { id: 'c' }],
    branches: [
      { id: 'long', from: 'a', to: 'b', rOhm: 1, xOhm: 0 },
      { id: 'stub', from: 'b', to: 'c', rOhm: 1, xOhm: 0 },
    ],
  };
  const solve = (): unknown => new PowerFlow(feeder).solve();
  const failure = { code: 'flow_diverged', worstBus: 'b', iterations: 2, lastChangePu: null };
  expect(solve).toThrow(expect.objectContaining({ failure }));
});

test('a load that is no number is named, not solved', () => {
  const flow = new PowerFlow(feeder);
  const broken = flow.loads(new Map([['7', { loadKvar: Number.NaN }]]));
  expect(() => flow.solve(broken)).toThrow(/load_not_finite: bus 7/);
  expect(() => flow.loads(new Map([['99', { loadKw: 1 }]]))).toThrow(/bus_unknown: bus 99/);
});

test('a loop without impedance has no single solution and is refused', () => {
  const free = { rOhm: 0, xOhm: 0 };
  const ring: Feeder = {
    name: 'ring',
    baseKv: 10,
    slack: { bus: 'a', voltagePu: 1 },
    buses: [{ id: 'a' }, { id: 'b', loadKw: 1 }],
    branches: [
      { id: 'coupler', from: 'a', to: 'b', ...free },
      { id: 'bypass', from: 'a', to: 'b', ...free },
    ],
  };
  expect(() => new PowerFlow(ring)).toThrow(/loop_without_impedance: branch bypass/);
});

test('more loops than the dense loop matrix is meant for are refused', () => {
  const branches = Array.from({ length: 258 }, (_, at) => ({
    id: `line-${at}`,
    from: 'a',
    to: 'b',
    rOhm: 1,
    xOhm: 1,
  }));
  const buses = [{ id: 'a' }, { id: 'b' }];
  const slack = { bus: 'a', voltagePu: 1 };
  const dense: Feeder = { name: 'dense', baseKv: 10, slack, buses, branches };
  expect(() => new PowerFlow(dense)).toThrow(/feeder_too_meshed: loops 257/);
});
