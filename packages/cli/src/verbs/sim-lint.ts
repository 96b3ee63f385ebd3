import { countOf } from '@tieline/kernel';
import { EXIT } from '../exit.ts';
import { readScenarios } from '../input/scenarios.ts';
import type { simLint } from '../table/sim.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';

export const run: Verb<typeof simLint> = async ({ operands, global, world }) => {
  const scenarios = readScenarios(operands.scenario);
  const read = scenarios.map(({ file, name, timeline, expect }) => ({
    ...{ file, name, events: timeline.length, expectations: expect.length },
  }));
  if (global.json) printJson(world, { schema: 'tieline.lint/1', scenarios: read });
  else {
    const facts = read.map(({ file, events, expectations }): [string, string] => [
      file,
      `✓ ${countOf(events, 'event')}, ${countOf(expectations, 'expectation')}`,
    ]);
    world.stdout.write(layoutFacts(facts, world.stdout.colour));
  }
  return EXIT.ok;
};
