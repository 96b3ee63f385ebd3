import type { Outcome, RunReport } from '@tieline/simulator';
import type { Plant } from './plant.ts';
import type { CopyRun } from './run-scenarios.ts';

/** The exit of a run that broke what was expected. A copy that does not even run ends with another, and finds nothing. */
const EXPECTATION_FAILED = 8;

/** A promise that a plant has broken. */
export interface Finding {
  readonly scenario: string;
  readonly broken: Outcome;
}

/** What one scenario has found. */
export function findingsOf({ scenario, mustFail, expectations }: RunReport): readonly Finding[] {
  if (mustFail) return [];
  return expectations.filter(({ kept }) => !kept).map((broken) => ({ scenario, broken }));
}

/** What the run of a copy has found, if it came to its end. */
export function findings({ exit, reports }: CopyRun): readonly Finding[] {
  return exit === EXPECTATION_FAILED ? reports.flatMap(findingsOf) : [];
}

/** Whether a finding is the one that the plant was to be found by. */
export function isExpected({ scenario, broken }: Finding, plant: Plant): boolean {
  return scenario === plant.scenario && broken.expected.startsWith(plant.promise);
}
