/**
 * Time as a port. `wallMs` may jump, by seconds or by years; nothing about safety rests on it.
 * `monotonicMs` counts from an arbitrary origin, never falls, and is what every deadline uses.
 */
export interface Clock {
  /** Milliseconds since the Unix epoch, as this machine believes; may jump. */
  wallMs(): number;
  /** Milliseconds since this clock's origin; never falls. */
  monotonicMs(): number;
  /** Resolves once `monotonicMs() >= dueMs`, or early when `signal` aborts: look at the signal after it. */
  sleepUntil(dueMs: number, signal?: AbortSignal): Promise<void>;
}

/** Runs `tick` every `periodMs` on the clock's own grid until aborted; a late tick is not made up for. */
export async function every(
  clock: Clock,
  periodMs: number,
  signal: AbortSignal,
  tick: () => void | Promise<void>,
): Promise<void> {
  let dueMs = clock.monotonicMs() + periodMs;
  while (!signal.aborted) {
    await clock.sleepUntil(dueMs, signal);
    if (signal.aborted) return;
    await tick();
    const nowMs = clock.monotonicMs();
    dueMs += periodMs * Math.max(1, Math.ceil((nowMs - dueMs) / periodMs));
  }
}
