import { expect, test } from 'vitest';
import {
  embeddedFeeder,
  type Feeder,
  type LoadZip,
  PowerFlow,
  parseFeeder,
  zipShare,
} from '../index.ts';

/** A line of 0.1 per unit, purely resistive, to a load of 0.1 per unit: its voltage is known in closed form. */
const twoBus = (zip?: LoadZip): Feeder => ({
  name: 'two-bus',
  baseKv: 10,
  slack: { bus: 'a', voltagePu: 1 },
  buses: [{ id: 'a' }, { id: 'b', loadKw: 100, ...(zip === undefined ? {} : { zip }) }],
  branches: [{ id: 'a-b', from: 'a', to: 'b', rOhm: 10, xOhm: 0 }],
});
const CONSTANT_POWER_PU = (1 + Math.sqrt(1 - 4 * 0.1 * 0.1)) / 2;

test.each([
  ['constant power', undefined, CONSTANT_POWER_PU],
  ['constant power, said', { z: 0, i: 0, p: 1 }, CONSTANT_POWER_PU],
  ['constant current', { z: 0, i: 1, p: 0 }, 1 - 0.1 * 0.1],
  ['constant impedance', { z: 1, i: 0, p: 0 }, 1 / (1 + 0.1 * 0.1)],
])('a load of %s lowers its voltage as the closed form says', (_, zip, expectedPu) => {
  const solution = new PowerFlow(twoBus(zip)).solve();
  expect(solution.minVoltage.pu).toBeCloseTo(expectedPu, 8);
  const share = zip === undefined ? 1 : zipShare(zip, expectedPu);
  expect(solution.importKw - solution.lossKw).toBeCloseTo(100 * share, 4);
});

test('only the elastic part of what a bus draws follows the voltage', () => {
  const flow = new PowerFlow(twoBus({ z: 1, i: 0, p: 0 }));
  // 100 kW of load beside 100 kW of generation: at 1 per unit nothing flows, and so the voltage is 1.
  const balanced = { loadKw: Float64Array.of(0, 0), loadKvar: Float64Array.of(0, 0) };
  const elasticKw = Float64Array.of(0, 100);
  expect(flow.solve({ ...balanced, elasticKw }).minVoltage.pu).toBe(1);
  // With a source at 1.05 the load draws more than the generation gives.
  const raised = flow.solve({ ...balanced, elasticKw }, undefined, 1.05);
  expect(raised.importKw).toBeGreaterThan(9);
  expect(raised.minVoltage.pu).toBeLessThan(1.05);
});

test('on the 33-bus feeder, loads that follow the voltage draw less and lose less', () => {
  const feeder = embeddedFeeder('baran-wu-33');
  const zip = { z: 0.4, i: 0.3, p: 0.3 };
  const elastic = new PowerFlow({ ...feeder, buses: feeder.buses.map((bus) => ({ ...bus, zip })) });
  const [soft, stiff] = [elastic.solve(), new PowerFlow(feeder).solve()];
  expect(soft.lossKw).toBeLessThan(stiff.lossKw - 20);
  expect(soft.minVoltage.pu).toBeGreaterThan(stiff.minVoltage.pu);
  const drawnKw = feeder.buses.reduce(
    (sum, { loadKw = 0 }, at) => sum + loadKw * zipShare(zip, soft.voltagePu[at]!),
    0,
  );
  expect(soft.importKw).toBeCloseTo(drawnKw + soft.lossKw, 4);
});

test('a source raised by its tap raises every voltage, and the next solve is not disturbed', () => {
  const flow = new PowerFlow(embeddedFeeder('baran-wu-33'));
  const [flat, raised] = [flow.solve(), flow.solve(undefined, undefined, 1.05)];
  expect(raised.voltagePu[0]).toBe(1.05);
  expect(raised.minVoltage.pu).toBeGreaterThan(flat.minVoltage.pu + 0.05);
  expect(flow.solve().minVoltage.pu).toBe(flat.minVoltage.pu);
});

test('shares that do not add up to 1 are refused', () => {
  const text = JSON.stringify(twoBus({ z: 0.5, i: 0.5, p: 0.5 }));
  expect(() => parseFeeder(text)).toThrow(/buses\[1\].zip.*do not add up to 1/);
});
