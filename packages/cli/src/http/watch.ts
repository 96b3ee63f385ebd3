import { CliError, EXIT } from '../exit.ts';
import type { World } from '../world.ts';
import { Progress } from './answers.ts';
import type { ControlPlane } from './control-plane.ts';
import { isSettled } from './progress.ts';

const RETRY_MS = 1_000;
const FAILURES_MAX = 5;

/**
 * Follows commands until each is settled, telling every change once. A stream that breaks is opened again, and the
 * states are asked for anew, so that nothing is missed in between.
 *
 * @param timeoutMs  real milliseconds for all of it; undefined = until it is settled
 * @throws {CliError} exit 3 where time runs out or the control plane is gone: the effect is unknown
 */
export async function watchCommands(
  control: ControlPlane,
  world: World,
  ids: readonly string[],
  timeoutMs: number | undefined,
  tell: (progress: Progress) => void,
): Promise<readonly Progress[]> {
  const clock = await world.clock();
  const late = new AbortController();
  const done = new AbortController();
  if (timeoutMs !== undefined) {
    const dueMs = clock.monotonicMs() + timeoutMs;
    void clock.sleepUntil(dueMs, done.signal).then(() => {
      if (!done.signal.aborted) late.abort();
    });
  }
  const states = new Map<string, Progress>();
  const note = (progress: Progress): void => {
    const before = states.get(progress.id);
    states.set(progress.id, progress);
    if (before === undefined || fingerprint(before) !== fingerprint(progress)) tell(progress);
  };
  const isDone = (): boolean =>
    ids.every((id) => {
      const state = states.get(id);
      return state !== undefined && isSettled(state);
    });
  try {
    let failures = 0;
    while (!isDone()) {
      try {
        await followOnce(control, ids, late.signal, note, isDone);
        failures = 0;
      } catch (thrown) {
        if (late.signal.aborted) throw timedOut(timeoutMs ?? 0);
        failures += 1;
        const isGone = thrown instanceof CliError && thrown.exit === EXIT.unknown;
        if (!isGone || failures > FAILURES_MAX) throw thrown;
      }
      if (!isDone()) await clock.sleepUntil(clock.monotonicMs() + RETRY_MS, late.signal);
    }
  } finally {
    done.abort();
  }
  return [...states.values()];
}

async function followOnce(
  control: ControlPlane,
  ids: readonly string[],
  signal: AbortSignal,
  note: (progress: Progress) => void,
  isDone: () => boolean,
): Promise<void> {
  const events = await control.events(signal);
  for (const id of ids) note(await control.get(`/v1/commands/${id}`, Progress));
  if (isDone()) return;
  for await (const event of events) {
    if (event.event !== 'command') continue;
    const progress = progressOf(event.data);
    if (progress === null || !ids.includes(progress.id)) continue;
    note(progress);
    if (isDone()) return;
  }
}

function progressOf(data: string): Progress | null {
  try {
    const parsed = Progress.safeParse(JSON.parse(data));
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function fingerprint({ state, confirmedBy, clipped, final, detail }: Progress): string {
  return JSON.stringify([state, confirmedBy, clipped, final, detail]);
}

function timedOut(timeoutMs: number): CliError {
  return new CliError(EXIT.unknown, {
    code: 'timed_out',
    what: `Not settled within ${timeoutMs / 1_000} s: the effect is unknown`,
  });
}
