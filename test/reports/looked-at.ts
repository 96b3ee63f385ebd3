import { runScenarios, type Scenario, type ScenarioRun, shippedScenario } from '@tieline/simulator';

const failing = shippedScenario('limit-that-no-battery-holds.must-fail');

const billed = shippedScenario('demand-charge-saved');
const outage = shippedScenario('outage-and-cold-load');
const { feeder } = outage.simulated;

/** A site without supply, on lines that were built too thin. */
const overloaded: Scenario = {
  ...outage,
  name: 'overloaded',
  durationMs: 10 * 60_000,
  timeline: outage.timeline.slice(0, 1),
  expect: [],
  simulated: {
    ...outage.simulated,
    feeder: {
      ...feeder,
      branches: feeder.branches.map(({ ratedA = 100, ...one }) => ({
        ...one,
        ratedA: 0.28 * ratedA,
      })),
    },
  },
};

/** An ordinary run, one that fails, and one whose link is cut; one with bills, with an outage, and of many sites. */
const LOOKED_AT: readonly Scenario[] = [
  shippedScenario('evening-peak'),
  { ...failing, mustFail: false },
  shippedScenario('order-over-a-cut-link'),
  { ...billed, durationMs: 20 * 60_000, expect: [] },
  overloaded,
  shippedScenario('fifty-agents-come-back'),
];

export const NAMES = LOOKED_AT.map(({ name }) => name);

export async function lookedAtRuns(): Promise<ScenarioRun[]> {
  const signal = new AbortController().signal;
  const runs: ScenarioRun[] = [];
  for await (const run of runScenarios(LOOKED_AT, { workers: 1, signal })) runs.push(run);
  return runs;
}
