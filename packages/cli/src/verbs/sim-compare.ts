import { countOf, shellWord } from '@tieline/kernel';
import { type Comparison, compareAll, isFolder } from '@tieline/simulator';
import { EXIT, usageError } from '../exit.ts';
import { acceptableRuns, baselineOf, heldBaseline } from '../input/baseline.ts';
import { workersOf } from '../input/play.ts';
import { readScenarios } from '../input/scenarios.ts';
import { SCENARIOS_FOLDER, type simCompare } from '../table/sim.ts';
import type { Verb } from '../table/spec.ts';
import { comparisonText } from '../text/comparison.ts';
import { paint, type Tone } from '../text/paint.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';

export const run: Verb<typeof simCompare> = async ({ flags, operands, global, world }) => {
  const word = operands.scenario ?? SCENARIOS_FOLDER;
  const path = baselineOf(word);
  const read = readScenarios(word);
  const baseline = heldBaseline(path);
  if (baseline === null) {
    const reason = [['reason', 'nothing has been accepted yet']] as const;
    throw usageError(`There is no ${path}`, reason, `tieline sim accept ${shellWord(word)}`);
  }
  // Another seed would be another run: each is run with the one that it was accepted with.
  const scenarios = read.map((scenario) => {
    const seed = baseline.scenarios[scenario.name]?.seed ?? scenario.seed;
    return { ...scenario, seed };
  });
  const play = { scenarios, workers: workersOf(flags.workers) };
  const { runs, failed } = await acceptableRuns(play, global, world);
  const compared = compareAll(runs, baseline, isFolder(word));
  if (global.json) {
    const answer = { baseline: path, failed, scenarios: compared };
    printJson(world, { schema: 'tieline.compare/1', ...answer });
  } else {
    const next = `tieline sim ${failed.length > 0 ? 'run' : 'accept'} ${shellWord(word)}`;
    printComparisons(compared, failed, { path, next, world });
  }
  if (failed.length > 0) return EXIT.expectationFailed;
  return compared.every(isSame) ? EXIT.ok : EXIT.differs;
};

function isSame({ state }: Comparison): boolean {
  return state === 'same';
}

function printComparisons(
  compared: readonly Comparison[],
  failed: readonly string[],
  { path, next, world }: { readonly path: string; readonly next: string; readonly world: World },
): void {
  const { stdout } = world;
  const say = (text: string, tone: Tone) => stdout.write(`${paint(text, tone, stdout.colour)}\n`);
  for (const one of compared) stdout.write(comparisonText(one, stdout.colour));
  const differing = compared.filter((one) => !isSame(one)).length;
  const all = countOf(compared.length, 'scenario');
  const are = compared.length === 1 ? 'is' : 'are';
  if (differing === 0) say(`✓ ${all} ${are} as accepted in ${path}`, 'strong');
  else say(`≠ ${differing} of ${all} ${are} not as accepted in ${path}`, 'warning');
  if (failed.length > 0) say(`✗ ${failed.length} fail: ${failed.join(', ')}`, 'alarm');
  if (differing > 0 || failed.length > 0) say(`  next  ${next}`, 'normal');
}
