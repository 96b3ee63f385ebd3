import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { scenariosOf, shippedScenario, shippedScenarios } from './adapters/scenario-files.ts';
import { runScenario } from './run-scenario.ts';

/** Of no file. What a scenario promises is no matter of its seed; `npm run sim:long` plays all of them with more. */
const SEED = 42;

const FOUND = fileURLToPath(new URL('../../scenarios/found', import.meta.url));
const LIBRARY = [...shippedScenarios().map(shippedScenario), ...scenariosOf(FOUND)];

/** An hour of one agent. The few that are longer take as long as all the others. */
const AGENT_MS_MAX = 3_600_000;
const SHORT = LIBRARY.filter(
  ({ simulated, durationMs }) => simulated.sites.length * durationMs <= AGENT_MS_MAX,
);

test.each(SHORT.map((scenario) => [scenario.name, scenario] as const))(
  `%s keeps its promise with seed ${SEED}, too`,
  async (_name, scenario) => {
    const { report } = await runScenario(scenario, { seed: SEED });
    const broken = report.expectations.filter(({ kept }) => !kept);
    expect(report.passed, JSON.stringify(broken, null, 1)).toBe(true);
    expect(broken.length > 0).toBe(report.mustFail);
  },
  120_000,
);
