import { CliError, EXIT, usageError } from '../exit.ts';
import type { GlobalFlags } from '../table/spec.ts';
import type { World } from '../world.ts';

/** Asks before something is signed or sent; `--yes` is the answer given beforehand. @throws {CliError} */
export async function assertAgreed(
  world: World,
  global: GlobalFlags,
  question: string,
): Promise<void> {
  if (global.yes) return;
  const answer = await world.confirm(question);
  if (answer === null) {
    throw usageError('There is no terminal to ask at', [
      ['question', question],
      ['wanted', '--yes where a script has asked already'],
    ]);
  }
  if (!answer)
    throw new CliError(EXIT.failed, { code: 'declined', what: 'Declined: nothing was done' });
}
