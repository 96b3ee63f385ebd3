import { expect, test } from 'vitest';
import { shippedScenario } from './adapters/scenario-files.ts';
import { intervalOf, POINTS_MAX } from './chronicle.ts';
import { runScenario } from './run-scenario.ts';

const evening = shippedScenario('evening-peak');

test('however long a scenario is, a series has at most so many points, of whole seconds', () => {
  for (const seconds of [1, 599, 600, 601, 3_600, 86_400, 400 * 86_400]) {
    const intervalMs = intervalOf(seconds * 1_000);
    expect(intervalMs % 1_000).toBe(0);
    expect(Math.ceil((seconds * 1_000) / intervalMs)).toBeLessThanOrEqual(POINTS_MAX);
  }
});

test('a run of more seconds than points has each interval’s mean, and of a voltage its lowest', async () => {
  const scenario = { ...evening, durationMs: 1_200_000, expect: [] };
  const { report, chronicle } = await runScenario(scenario);
  const { withControl, withoutControl, intervalMs } = chronicle;
  expect(intervalMs).toBe(2_000);
  for (const series of [...withControl.values(), ...withoutControl.values()]) {
    expect(series).toHaveLength(600);
  }
  const voltages = withControl.get('feeder.lowestVoltagePu')?.map((pu) => pu ?? Number.NaN) ?? [];
  expect(Math.min(...voltages)).toBe(report.minVoltagePu);
  // Two steps to a point: the first quarter hour's points have the mean that the report tells of it.
  const quarter = withoutControl.get('feeder.importKw')?.slice(0, 450) ?? [];
  const meanKw = quarter.reduce<number>((sum, kw) => sum + (kw ?? Number.NaN), 0) / 450;
  expect(meanKw).toBeCloseTo(report.peakImportKw.withoutControl ?? Number.NaN, 6);
}, 60_000);

test('what an expectation speaks of is in the chronicle, and a quantity without value is a gap', async () => {
  const { chronicle } = await runScenario({
    ...evening,
    durationMs: 20_000,
    expect: [
      { that: 'harbour.linked', min: 0 },
      { that: 'harbour.refused', min: 0 },
    ],
  });
  expect(chronicle.withControl.get('harbour.linked')).toContain(1);
  expect(new Set(chronicle.withoutControl.get('harbour.refused'))).toEqual(new Set([null]));
}, 60_000);

test('the worst moment is one of the outage, with the branch open and its bus without voltage', async () => {
  const outage = shippedScenario('outage-and-cold-load');
  const { report, chronicle } = await runScenario({
    ...outage,
    durationMs: 6 * 60_000,
    timeline: outage.timeline.slice(0, 1),
    expect: [],
  });
  const { atMs = 0, voltagePu, currentA, branches = [] } = chronicle.worst ?? {};
  expect(atMs).toBeGreaterThan(5 * 60_000);
  const at = branches.findIndex(({ id }) => id === '24-25');
  expect([branches[at]?.closed, currentA?.[at]]).toEqual([false, 0]);
  const dead = [...(voltagePu ?? [])].filter(Number.isNaN);
  expect(dead).toHaveLength(1);
  // The lowest voltage of the run was before it, with the site on.
  expect(Math.min(...[...(voltagePu ?? [])].filter((pu) => pu > 0))).toBeGreaterThan(
    report.minVoltagePu,
  );
}, 60_000);
