import { shippedScenario, shippedScenarios } from '@tieline/simulator';
import { EXIT } from '../exit.ts';
import type { simList } from '../table/sim.ts';
import type { Verb } from '../table/spec.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';

export const run: Verb<typeof simList> = async ({ global, world }) => {
  const scenarios = shippedScenarios().map((name) => ({
    name,
    about: shippedScenario(name).about,
  }));
  if (global.json) printJson(world, { schema: 'tieline.scenarios/1', scenarios });
  else {
    const facts = scenarios.map(({ name, about }) => [name, about] as const);
    world.stdout.write(layoutFacts(facts, world.stdout.colour));
  }
  return EXIT.ok;
};
