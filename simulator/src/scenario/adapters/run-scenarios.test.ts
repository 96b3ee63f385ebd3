import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { ScenarioRun } from '../run-scenario.ts';
import type { Scenario } from '../scenario.ts';
import { type RunScenariosOptions, runScenarios } from './run-scenarios.ts';
import { shippedScenario } from './scenario-files.ts';

const NAMES = ['order-over-a-cut-link', 'silent-battery', 'forged-and-replayed'];
/** The longest first, so that two threads finish in another order than they begin. */
const SUITE = NAMES.map((name, index) => ({
  ...shippedScenario(name),
  durationMs: [120_000, 20_000, 40_000][index] ?? 0,
  timeline: [],
  expect: [],
}));

async function played(
  scenarios: readonly Scenario[],
  options: Partial<RunScenariosOptions> = {},
): Promise<ScenarioRun[]> {
  const { signal } = new AbortController();
  const runs: ScenarioRun[] = [];
  for await (const run of runScenarios(scenarios, { workers: 2, signal, ...options })) {
    runs.push(run);
  }
  return runs;
}

test('however many threads, every report and chronicle is the same, in the order of the suite', async () => {
  const one = await played(SUITE, { workers: 1 });
  expect(one.map(({ report }) => report.scenario)).toEqual(NAMES);
  expect(await played(SUITE, { workers: 2 })).toEqual(one);
}, 60_000);

test('progress grows to the whole', async () => {
  const heard: number[] = [];
  await played(SUITE, { onProgress: (done) => heard.push(done) });
  expect(heard).toEqual(heard.toSorted((a, b) => a - b));
  expect(heard.at(-1)).toBe(1);
}, 60_000);

test('native libraries outlive the threads that used them', async () => {
  await played(SUITE.slice(1, 2));
  const loaded = readFileSync('/proc/self/maps', 'utf8');
  expect(loaded).toMatch(/better-sqlite3.+\.node$/m);
  expect(loaded).toMatch(/onnxruntime_binding\.node$/m);
}, 60_000);

describe('a signal that aborts', () => {
  test('before anything runs: nothing is run', async () => {
    expect(await played(SUITE, { signal: AbortSignal.abort() })).toEqual([]);
  }, 60_000);

  test('while it runs: what was done is yielded, and a run of a year ends', async () => {
    const stop = new AbortController();
    const long = { ...SUITE[0]!, durationMs: 365 * 86_400_000 };
    const onProgress = (done: number): void => {
      // The short one is done, and the long one is under way.
      if (done > 0.5) stop.abort();
    };
    const runs = await played([long, SUITE[1]!], { signal: stop.signal, onProgress });
    expect(runs.map(({ report }) => report.scenario)).toEqual([NAMES[1]]);
  }, 60_000);
});

test('what a thread finds wrong with a file is an error of that file', async () => {
  const [first] = SUITE;
  const [site, ...others] = first!.simulated.sites;
  const huge = { ...site!, plant: { ...site!.plant, peakLoadKw: 20_000 } };
  const simulated = { ...first!.simulated, sites: [huge, ...others] };
  await expect(played([{ ...first!, simulated }, SUITE[1]!])).rejects.toMatchObject({
    failure: { code: 'scenario_invalid', problems: [{ path: 'sites' }] },
  });
}, 60_000);
