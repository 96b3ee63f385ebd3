import { CliError, EXIT, type ExitCode } from '../exit.ts';
import type { Tone } from '../text/paint.ts';
import type { Progress } from './answers.ts';
import { exitOfCode } from './refusal.ts';

/*
 * What a command's state means. Sent is not done, read back from the device is not measured, and not knowing is neither
 * success nor failure: the words here are the only ones in which the command line says how far a command has come.
 */

const ENDED_WELL: ReadonlySet<string> = new Set(['completed', 'reverted']);
const ENDED_BADLY: ReadonlySet<string> = new Set([
  'failed',
  'overridden',
  'expired',
  'cancelled',
  'superseded',
]);

/** Whether waiting longer would tell nothing that decides the exit. */
export function isSettled({ final, confirmedBy, state }: Progress): boolean {
  return final || confirmedBy === 'meter' || state === 'unknown';
}

export function exitOfProgress({ state, confirmedBy, clipped, detail }: Progress): ExitCode {
  if (state === 'refused') return exitOfCode(detail ?? '') ?? EXIT.refused;
  if (ENDED_BADLY.has(state)) return EXIT.failed;
  if (state === 'unknown') return EXIT.unknown;
  // Measured or not, it is less than was ordered: the same exit as for all of it refused.
  if (clipped !== null) return EXIT.refused;
  if (confirmedBy === 'meter') return EXIT.ok;
  // It ended as ordered, and whether anything moved was never seen: the device's own word is some evidence.
  if (ENDED_WELL.has(state)) return confirmedBy === 'device' ? EXIT.ok : EXIT.unknown;
  return EXIT.unknown;
}

/** One exit for several sites: theirs, where all agree; 7 where only some succeeded. */
export function exitOfAll(states: readonly Progress[]): ExitCode {
  const exits = new Set(states.map(exitOfProgress));
  const [first = EXIT.ok] = exits;
  if (exits.size <= 1) return first;
  return exits.has(EXIT.ok) ? EXIT.someFailed : EXIT.failed;
}

/** `completed, confirmed by measurement`; what has gone wrong since is never hidden behind an earlier confirmation. */
export function progressInWords(progress: Progress): string {
  const { state, detail } = progress;
  const said = state === 'confirmed' ? '' : `${PHRASES[state] ?? state}, `;
  return `${said}${confirmationOf(progress)}${detail === null ? '' : ` (${detail.replaceAll('_', ' ')})`}`;
}

function confirmationOf({ state, confirmedBy, final }: Progress): string {
  if (confirmedBy === null) return 'not confirmed';
  if (ENDED_BADLY.has(state) || state === 'unknown') {
    return `after ${confirmedBy === 'meter' ? 'it was measured' : 'the device had confirmed it'}`;
  }
  if (confirmedBy === 'meter') return 'confirmed by measurement';
  return `confirmed by the device, ${final ? 'never' : 'not yet'} measured`;
}

const PHRASES: Readonly<Record<string, string>> = {
  queued: 'waiting for the agent',
  offered: 'sent',
  unknown: 'UNKNOWN whether it was carried out',
};

export function toneOf(progress: Progress): Exclude<Tone, 'faint' | 'strong'> {
  const { state, clipped } = progress;
  if (state === 'refused' || state === 'failed' || state === 'unknown') return 'alarm';
  return ENDED_BADLY.has(state) || clipped !== null ? 'warning' : 'normal';
}

/** The error that goes with an exit, where the states alone must not be taken for success. */
export function progressError(states: readonly Progress[]): CliError | null {
  const exit = exitOfAll(states);
  if (exit === EXIT.ok) return null;
  const odd = states.filter((one) => exitOfProgress(one) !== EXIT.ok);
  return new CliError(exit, {
    code: exit === EXIT.unknown ? 'effect_unknown' : 'not_carried_out',
    what: exit === EXIT.unknown ? 'The effect is unknown' : 'Not carried out as ordered',
    facts: odd.map((one) => [one.site, progressInWords(one)]),
    next: `tieline dispatch get ${odd[0]?.id ?? ''}`,
  });
}
