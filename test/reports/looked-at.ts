import { runScenarios, type Scenario, type ScenarioRun, shippedScenario } from '@tieline/simulator';

const failing = shippedScenario('limit-that-no-battery-holds.must-fail');

/** An ordinary run, one that fails, and one whose link is cut. */
const LOOKED_AT: readonly Scenario[] = [
  shippedScenario('evening-peak'),
  { ...failing, mustFail: false },
  shippedScenario('order-over-a-cut-link'),
];

export const NAMES = LOOKED_AT.map(({ name }) => name);

export async function lookedAtRuns(): Promise<ScenarioRun[]> {
  const signal = new AbortController().signal;
  const runs: ScenarioRun[] = [];
  for await (const run of runScenarios(LOOKED_AT, { workers: 1, signal })) runs.push(run);
  return runs;
}
