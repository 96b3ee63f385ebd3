import type { Progress } from '../http/answers.ts';
import { progressInWords, toneOf } from '../http/progress.ts';
import type { GlobalFlags } from '../table/spec.ts';
import type { World } from '../world.ts';
import { instant } from './humane.ts';
import { paint, plainText } from './paint.ts';
import { printJson } from './print.ts';

/** Tells each change of a command on a line of its own: `14:02:31Z site-1  active, not confirmed`. */
export function progressTeller(
  world: World,
  global: GlobalFlags,
  wallMs: () => number,
): (progress: Progress) => void {
  return (progress) => {
    const { id, site, state, confirmedBy, clipped, final, detail } = progress;
    if (global.json) {
      const facts = { id, site, state, confirmedBy, clipped, final, detail };
      printJson(world, { schema: 'tieline.command-progress/1', ...facts });
      return;
    }
    const tone = toneOf(progress);
    const mark = tone === 'normal' ? (confirmedBy === 'meter' ? '✓' : '·') : '✗';
    const line = `${instant(wallMs()).slice(11)} ${mark} ${site}  ${progressInWords(progress)}`;
    world.stdout.write(`${paint(plainText(line), tone, world.stdout.colour)}\n`);
  };
}
