import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { runScenarios } from '../scenario/adapters/run-scenarios.ts';
import {
  scenariosOf,
  shippedScenario,
  shippedScenarios,
} from '../scenario/adapters/scenario-files.ts';
import { brokenIn, type Verdict } from './verdict.ts';

/** Of no file, small and large: what a scenario promises is no matter of its seed. */
const SEEDS = [2, 3, 4, 5, 6, 7, 8, 9, 10, 42, 123_456_789, 2_147_483_647];

const FOUND = fileURLToPath(new URL('../../scenarios/found', import.meta.url));

/** The whole library with each of these seeds. */
export async function libraryOfSeeds(
  onProgress: (seed: number, done: number) => void,
): Promise<readonly Verdict[]> {
  const library = [...shippedScenarios().map(shippedScenario), ...scenariosOf(FOUND)];
  const verdicts: Verdict[] = [];
  for (const seed of SEEDS) {
    const scenarios = library.map((scenario) => ({ ...scenario, seed }));
    const broken: Verdict[] = [];
    const { signal } = new AbortController();
    const options = { workers: availableParallelism(), signal };
    for await (const { report } of runScenarios(scenarios, {
      ...options,
      onProgress: (done) => onProgress(seed, done),
    })) {
      if (report.passed) continue;
      const name = `${report.scenario}, seed ${seed}`;
      if (report.mustFail) broken.push({ kept: false, what: `${name}: it must fail, and did not` });
      else broken.push(...brokenIn(report, name));
    }
    const all = { kept: true, what: `the library with seed ${seed}: ${library.length} scenarios` };
    verdicts.push(...(broken.length === 0 ? [all] : broken));
  }
  return verdicts;
}
