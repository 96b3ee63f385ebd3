import { expect, test } from 'vitest';
import { VirtualRun } from '../virtual/virtual-run.ts';
import { shippedScenario, shippedScenarios } from './adapters/scenario-files.ts';
import { type RunSetting, runScenario } from './run-scenario.ts';
import type { Scenario } from './scenario.ts';

/** The evening peak for a while, without what it expects of a whole hour. */
const short = (durationMs = 5 * 60_000): Scenario => ({
  ...shippedScenario('evening-peak'),
  durationMs,
  expect: [],
});

test('the same seed gives the same report and chronicle to the byte, and another seed another', async () => {
  const first = await runScenario(short(), { seed: 1 });
  const again = await runScenario(short(), { seed: 1 });
  const other = await runScenario(short(), { seed: 2 });
  expect(JSON.stringify(again.report)).toBe(JSON.stringify(first.report));
  expect(again.chronicle).toEqual(first.chronicle);
  expect(other.report.trace).not.toBe(first.report.trace);
  expect(other.chronicle).not.toEqual(first.chronicle);
}, 60_000);

test.each(shippedScenarios())(
  '%s keeps its promise',
  async (name) => {
    const { report } = await runScenario(shippedScenario(name));
    const broken = report.expectations.filter(({ kept }) => !kept);
    expect(report.passed, JSON.stringify(broken, null, 1)).toBe(true);
    expect(broken.length > 0).toBe(report.mustFail);
  },
  120_000,
);

test('what its listener throws ends a run', async () => {
  const heard: number[] = [];
  const running = runScenario(short(3_600_000), {
    onProgress: (done) => {
      heard.push(done);
      throw new Error('enough');
    },
  });
  await expect(running).rejects.toThrow('enough');
  expect(heard).toEqual([1 / 8]);
});

test.each([
  ['its end', 1],
  ['an early end', 0.6],
])('the disks of a run are gone behind %s', async (_, until) => {
  const runs: VirtualRun[] = [];
  const begin = (setting: RunSetting): VirtualRun => {
    const run = new VirtualRun({ ...setting, control: true });
    runs.push(run);
    return run;
  };
  const running = runScenario(short(), {
    world: { begin, stretchMs: 60_000, idlePart: 0.5 },
    onProgress: (done) => {
      if (done > until) throw new Error('enough');
    },
  });
  if (until < 1) await expect(running).rejects.toThrow('enough');
  else await running;
  expect(runs.map(({ disks }) => [...disks.values()].map(({ db }) => db.open))).toEqual([
    [false, false, false],
  ]);
});

test('a voltage that collapses is a result: what was seen until then, and when it was', async () => {
  const scenario = short();
  const [first, ...others] = scenario.simulated.sites;
  const huge = { ...first!, plant: { ...first!.plant, peakLoadKw: 5_000 } };
  const { report } = await runScenario({
    ...scenario,
    // The morning's ramp: at six the feeder still carries it.
    startMs: Date.UTC(2026, 2, 3, 6),
    simulated: { ...scenario.simulated, sites: [huge, ...others] },
  });
  expect(report.passed).toBe(false);
  const [worst] = report.expectations.filter(({ kept }) => !kept);
  expect(worst?.expected).toContain('the power flow has a solution at every step');
  expect(worst?.seen).toMatch(/flow_diverged.* at /);
});

test('loads that the feeder cannot carry from the beginning are a mistake in the file', async () => {
  const scenario = short();
  const [first, ...others] = scenario.simulated.sites;
  const huge = { ...first!, plant: { ...first!.plant, peakLoadKw: 20_000 } };
  const simulated = { ...scenario.simulated, sites: [huge, ...others] };
  await expect(runScenario({ ...scenario, simulated })).rejects.toThrow(
    'sites: the power flow has no solution when it begins',
  );
});

test('a policy that nobody can publish, or that is refused, is an event that did not come about', async () => {
  const policy = { site: 'harbour', importMaxKw: 500 };
  const { report } = await runScenario({
    ...short(60_000),
    timeline: [
      { at: 10_000, policy: { ...policy, importMaxKw: Number.NaN } },
      { at: 20_000, control: 'stop' },
      { at: 30_000, policy },
      { at: 40_000, order: { ...policy, name: 'late', asset: 'battery', kw: 1, for: 1_000 } },
    ],
    expect: [{ order: 'late', reaches: 'accepted', within: 20_000 }],
  });
  expect(report.expectations).toContainEqual(
    expect.objectContaining({
      expected: 'every event of the timeline comes about',
      kept: false,
      seen: expect.stringMatching(/^at 10s: .*importMaxKw.*; at 30s: no control plane runs/),
    }),
  );
  expect(report.expectations[0]?.seen).toBe('it is refused: the control plane does not run');
});

test('an expectation outside of what happens is broken, and says what was seen', async () => {
  const scenario = short(120_000);
  const { report } = await runScenario({
    ...scenario,
    expect: [
      { that: 'harbour.loadKw', max: 1 },
      { that: 'harbour.quarterHourImportKw', max: 1_000 },
      { saves: 'feeder', atLeastKw: 0 },
    ],
  });
  const { expectations, passed } = report;
  expect(passed).toBe(false);
  expect(expectations.slice(0, 3)).toMatchObject([
    {
      expected: 'harbour.loadKw at most 1',
      kept: false,
      seen: expect.stringMatching(/^\d+.* at /),
    },
    { kept: false, seen: 'never measured' },
    { kept: false, seen: 'no whole quarter hour' },
  ]);
  expect(expectations[0]?.headroom).toBeLessThan(-100);
});
