import { countOf, shellWord } from '@tieline/kernel';
import {
  BASELINE_SCHEMA,
  type Baseline,
  compareAll,
  isFolder,
  writeBaseline,
} from '@tieline/simulator';
import { CliError, EXIT } from '../exit.ts';
import { acceptableRuns, baselineOf, heldBaseline, withBaseline } from '../input/baseline.ts';
import { workersOf } from '../input/play.ts';
import { readScenarios } from '../input/scenarios.ts';
import { seedOf, withSeeds } from '../input/seeds.ts';
import { SCENARIOS_FOLDER, type simAccept } from '../table/sim.ts';
import type { Verb } from '../table/spec.ts';
import { comparisonText } from '../text/comparison.ts';
import { paint } from '../text/paint.ts';
import { printJson } from '../text/print.ts';

export const run: Verb<typeof simAccept> = async ({ flags, operands, global, world }) => {
  const word = operands.scenario ?? SCENARIOS_FOLDER;
  const path = baselineOf(word);
  const read = readScenarios(word);
  const scenarios = flags.seed === undefined ? read : withSeeds(read, [seedOf(flags.seed)]);
  const play = { scenarios, workers: workersOf(flags.workers) };
  const held = heldBaseline(path) ?? { schema: BASELINE_SCHEMA, scenarios: {} };
  const { runs, failed } = await acceptableRuns(play, global, world);
  if (failed.length > 0) {
    throw new CliError(EXIT.expectationFailed, {
      code: 'expectation_failed',
      what: 'What does not keep its promises is not accepted; nothing is written',
      facts: failed.map((name) => ['fails', name] as const),
      next: `tieline sim run ${shellWord(word)}`,
    });
  }
  const whole = isFolder(word);
  const compared = compareAll(runs, held, whole);
  const kept = whole ? {} : held.scenarios;
  const accepted: Baseline = {
    schema: BASELINE_SCHEMA,
    scenarios: { ...kept, ...Object.fromEntries(runs) },
  };
  withBaseline(() => writeBaseline(path, accepted));
  if (global.json) {
    printJson(world, { schema: 'tieline.accept/1', baseline: path, scenarios: compared });
    return EXIT.ok;
  }
  const { colour } = world.stdout;
  for (const one of compared) {
    if (one.state !== 'same') world.stdout.write(comparisonText(one, colour));
  }
  const said = `✓ ${countOf(runs.size, 'scenario')} accepted in ${path}`;
  world.stdout.write(`${paint(said, 'strong', colour)}\n`);
  return EXIT.ok;
};
