import { GridError } from '@tieline/grid';
import { clock } from './clock.ts';
import type { ControlledRun } from './controlled-run.ts';
import type { ScenarioEvent } from './events/index.ts';
import { PROMISE } from './expectation-words.ts';
import type { Outcome } from './expectations.ts';
import type { Scenario } from './scenario.ts';

interface Play {
  readonly stretchMs: number;
  readonly timeline?: readonly ScenarioEvent[];
  onEvent?(event: ScenarioEvent): Promise<void>;
  onProgress(done: number): void;
  beforeStop?(): Promise<void>;
}

type Playable = Pick<ControlledRun, 'advance' | 'stop' | 'world' | 'live'>;

/** Where the power flow of a run had no solution. A voltage that collapses is a result, and ends the run, as a process that ends does. */
interface Diverged {
  readonly atMs: number;
  readonly reason: string;
}

/**
 * Lets a run go to its end, in stretches, with each event of that time; stops it whatever happens.
 *
 * @returns where the power flow had no solution; null where it always had
 */
export async function played(
  run: Playable,
  { startMs, durationMs }: Scenario,
  play: Play,
): Promise<Diverged | null> {
  const { stretchMs, timeline = [], onEvent = async () => {}, onProgress, beforeStop } = play;
  let nowMs = 0;
  let next = 0;
  try {
    for (let event = timeline[next]; ; ) {
      const dueMs = event?.at ?? Number.POSITIVE_INFINITY;
      if (nowMs >= durationMs && dueMs > durationMs) return null;
      const untilMs = Math.min(durationMs, dueMs, nowMs + stretchMs);
      if (untilMs > nowMs) await run.advance(untilMs - nowMs);
      if (run.live?.ended !== undefined) return null;
      nowMs = untilMs;
      if (event !== undefined && dueMs <= nowMs) {
        await onEvent(event);
        next += 1;
        event = timeline[next];
      } else onProgress(nowMs / durationMs);
    }
  } catch (thrown) {
    if (!(thrown instanceof GridError)) throw thrown;
    return { atMs: run.world.wallMs() - startMs, reason: thrown.message };
  } finally {
    await beforeStop?.();
    await run.stop();
  }
}

export function solved(
  how: 'with control' | 'without control',
  diverged: Diverged | null,
): Outcome {
  return {
    expected: PROMISE.solved(how),
    kept: diverged === null,
    seen: diverged === null ? 'it had' : `${diverged.reason} at ${clock(diverged.atMs)}`,
    headroom: null,
    atMs: diverged?.atMs ?? null,
  };
}
