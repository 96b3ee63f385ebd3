import type { Breach } from './breach.ts';
import type { GivenScenario } from './draw-scenario.ts';
import { textOf } from './scenario-text.ts';

/** A find as a file that tells by itself what it shows, and where it comes from. */
export function foundText(found: {
  readonly seed: number;
  readonly index: number;
  readonly breach: Breach;
  readonly given: GivenScenario;
}): string {
  const { seed, index, breach, given } = found;
  const comment = [
    ` Found by: tieline sim fuzz --seed ${seed} --runs ${index + 1}   (index ${index})`,
    ' It stands by itself: tieline sim run FILE shows it at any commit.',
    ` Broken: ${breach.promise}`,
    ` Seen:   ${breach.seen.split('\n')[0]}`,
  ];
  return textOf(given, comment.join('\n'));
}
