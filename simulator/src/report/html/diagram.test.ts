import { embeddedFeeder, type Feeder } from '@tieline/grid';
import { expect, test } from 'vitest';
import { shippedScenario } from '../../scenario/adapters/scenario-files.ts';
import { runScenario } from '../../scenario/run-scenario.ts';
import { feederDiagram } from './diagram.ts';
import { render } from './element.ts';
import { feederLayout } from './feeder-layout.ts';

const played = await runScenario({
  ...shippedScenario('evening-peak'),
  durationMs: 60_000,
  expect: [],
});

/** The diagram of that run, had its buses had these voltages. */
function drawn(voltagePu: readonly number[]): string {
  const lowest = { atMs: 30_000, voltagePu: Float64Array.from(voltagePu) };
  return feederDiagram({ ...played, chronicle: { ...played.chronicle, lowest } })
    .map(render)
    .join('');
}

test('every fed bus has a place of its own, one branch beyond its parent, and the longest way is straight', () => {
  const feeder = embeddedFeeder('baran-wu-33')!;
  const placed = feederLayout(feeder);
  const at = new Map(placed.map((bus) => [bus.id, bus]));
  expect(placed).toHaveLength(33);
  expect(new Set(placed.map(({ depth, row }) => `${depth}/${row}`)).size).toBe(33);
  for (const { depth, parent } of placed) {
    expect(depth).toBe(parent === null ? 0 : (at.get(parent)?.depth ?? Number.NaN) + 1);
  }
  expect(placed.filter(({ row }) => row === 0).map(({ id }) => id)).toEqual(
    Array.from({ length: 18 }, (_, index) => `${index + 1}`),
  );
});

test('a loop is drawn as a tree, and what nothing feeds has no place', () => {
  const branch = (from: string, to: string) => {
    return { id: `${from}-${to}`, from, to, rOhm: 1, xOhm: 1 };
  };
  const feeder: Feeder = {
    ...{ name: 'ring', baseKv: 10, slack: { bus: 'a', voltagePu: 1 } },
    buses: ['a', 'b', 'c', 'd'].map((id) => ({ id })),
    branches: [
      branch('a', 'b'),
      branch('b', 'c'),
      branch('c', 'a'),
      { ...branch('c', 'd'), closed: false },
    ],
  };
  expect(feederLayout(feeder).map(({ id }) => id)).toEqual(['a', 'b', 'c']);
});

test('a voltage too low or too high has a shape and words of its own, and a normal one no colour', () => {
  const [, ...others] = Array.from({ length: 33 }, () => 1);
  const normal = drawn([1, ...others]);
  expect(normal).not.toContain('outside');
  expect(normal).toContain('nominal voltage: none');
  const abnormal = drawn([1, 0.89, 1.11, 0.93, ...others.slice(3)]);
  expect(abnormal).toMatch(/d="M\d+ 34m-7 -6h14l-7 13z" class="bus outside"/);
  expect(abnormal).toMatch(/d="M\d+ 34m-7 6h14l-7 -13z" class="bus outside"/);
  expect(abnormal).toContain('nominal voltage: 2 0.8900, 3 1.1100<');
  expect(abnormal).toContain('>bus 2, 0.8900<');
  expect(abnormal.match(/class="bus reduced"/g)).toHaveLength(1 + 1);
});

test('the moment is that of the lowest voltage of the run, and each site is named', () => {
  const { lowest } = played.chronicle;
  expect(Math.min(...(lowest?.voltagePu ?? []))).toBe(played.report.minVoltagePu);
  const text = feederDiagram(played).map(render).join('');
  for (const { site } of played.report.sites) expect(text).toContain(`>${site}<`);
});

test('a feeder of more buses than can be told apart is not drawn', () => {
  const { simulated } = played.scenario;
  const buses = Array.from({ length: 201 }, (_, index) => ({ id: `${index}` }));
  const large = { ...simulated, feeder: { ...simulated.feeder, buses } };
  expect(feederDiagram({ ...played, scenario: { ...played.scenario, simulated: large } })).toEqual(
    [],
  );
});
