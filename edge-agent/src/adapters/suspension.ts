import { uptime } from 'node:os';

/** The two clocks of a machine: one runs on while it is suspended, the other stands still. */
export interface MachineClocks {
  /** Since the machine started, suspensions included, ms. */
  uptimeMs(): number;
  /** On which the session clock runs, ms. */
  monotonicMs(): number;
}

const machineClocks: MachineClocks = {
  uptimeMs: () => uptime() * 1_000,
  monotonicMs: () => performance.now(),
};

const LOOK_EVERY_MS = 500;
/** From one look to the next: an uptime in whole seconds differs by less, and a slow drift of the two never adds up. */
const GAP_MAX_MS = 1_000;

/**
 * Tells, once, that the machine was suspended. The session clock stood still then: whatever is bound to it
 * would outlive its end, so the session has to end (protocol.md, "Time").
 */
export function watchSuspension(
  suspended: (gapMs: number) => void,
  clocks: MachineClocks = machineClocks,
): { stop(): void } {
  const offsetMs = (): number => clocks.uptimeMs() - clocks.monotonicMs();
  let lastMs = offsetMs();
  const timer = setInterval(() => {
    const nowMs = offsetMs();
    const gapMs = nowMs - lastMs;
    lastMs = nowMs;
    if (gapMs <= GAP_MAX_MS) return;
    clearInterval(timer);
    suspended(Math.round(gapMs));
  }, LOOK_EVERY_MS);
  timer.unref();
  return { stop: () => clearInterval(timer) };
}
