import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { scenariosOf } from '../scenario/adapters/scenario-files.ts';
import { runScenario } from '../scenario/run-scenario.ts';

const FOUND = fileURLToPath(new URL('../../scenarios/found', import.meta.url));

test.each(scenariosOf(FOUND).map((scenario) => [scenario.name, scenario] as const))(
  'what was found once is found no more: %s',
  async (_name, scenario) => {
    const { report } = await runScenario(scenario);
    expect(report.expectations.filter(({ kept }) => !kept)).toEqual([]);
  },
  120_000,
);
