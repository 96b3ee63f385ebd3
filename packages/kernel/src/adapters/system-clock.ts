import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../clock.ts';

/** A timer of Node overflows, and fires at once, above 2^31 − 1 ms. */
const TIMER_MAX_MS = 2_147_483_647;

/** The machine's own clocks. */
export function systemClock(): Clock {
  const monotonicMs = (): number => performance.now();
  return { wallMs: () => Date.now(), monotonicMs, sleepUntil: sleeper(monotonicMs, 1) };
}

/** Where a sped-up clock starts: shared by every process of one simulation. */
export interface SimulatedTime {
  /** Simulated milliseconds that pass in one real millisecond. */
  readonly rate: number;
  /** The real Unix time, ms, at which simulated time stood at `simulatedOriginMs`. */
  readonly realOriginMs: number;
  /** Simulated Unix time at the origin, ms. */
  readonly simulatedOriginMs: number;
}

/** A clock whose time of day can be set, as that of a machine can. Its `monotonicMs` goes on as it was. */
export interface SettableClock extends Clock {
  /** The wall clock is this far off from now on, ms. */
  setWallOffset(offsetMs: number): void;
}

/**
 * A clock that runs `rate` times as fast, from an origin that several processes share. For live
 * simulation only: an agent whose trust document does not say `simulated` refuses to start on it.
 */
export function simulatedClock(time: SimulatedTime, wallOffsetMs = 0): SettableClock {
  // The real wall clock is read once: from there on the monotonic clock counts, so nothing jumps.
  const elapsedAtStartMs = Date.now() - time.realOriginMs;
  const startedMs = performance.now();
  const simulatedMs = (): number =>
    (elapsedAtStartMs + performance.now() - startedMs) * time.rate + time.simulatedOriginMs;
  let offsetMs = wallOffsetMs;
  return {
    wallMs: () => Math.floor(simulatedMs()) + offsetMs,
    monotonicMs: simulatedMs,
    sleepUntil: sleeper(simulatedMs, time.rate),
    setWallOffset(newOffsetMs) {
      offsetMs = newOffsetMs;
    },
  };
}

function sleeper(monotonicMs: () => number, rate: number): Clock['sleepUntil'] {
  return async (dueMs, signal) => {
    for (;;) {
      const restMs = (dueMs - monotonicMs()) / rate;
      if (restMs <= 0 || signal?.aborted) return;
      await delay(
        Math.min(Math.ceil(restMs), TIMER_MAX_MS),
        undefined,
        signal ? { signal } : {},
      ).catch((stopped: unknown) => {
        if (!signal?.aborted) throw stopped;
      });
    }
  };
}
