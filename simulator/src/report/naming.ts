import { countOf } from '@tieline/kernel';
import type { RunReport } from '../scenario/run-report.ts';

/** What a run is called among the others of its suite; its files lie in a folder of that name. */
export type Naming = (report: Pick<RunReport, 'scenario' | 'seed'>) => string;

/** Where each scenario is run once. */
export const byScenario: Naming = ({ scenario }) => scenario;

/** Where each is run with several seeds. */
export const byScenarioAndSeed: Naming = ({ scenario, seed }) => `${scenario}/seed-${seed}`;

/** How many there are, in words: `67 scenarios`, `1 scenario`, or `670 runs of 67 scenarios`. */
export function counted(reports: readonly Pick<RunReport, 'scenario'>[]): string {
  const scenarios = new Set(reports.map(({ scenario }) => scenario)).size;
  const words = countOf(scenarios, 'scenario');
  return reports.length === scenarios ? words : `${reports.length} runs of ${words}`;
}
