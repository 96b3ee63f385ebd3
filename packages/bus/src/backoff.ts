/** Bounds of the waits between attempts to connect. */
export interface BackoffBounds {
  /** Ceiling of the first wait, ms. */
  readonly baseMs: number;
  /** Ceiling of every later wait, ms. */
  readonly maxMs: number;
}

export const RECONNECT_BOUNDS: BackoffBounds = { baseMs: 1_000, maxMs: 300_000 };

/**
 * The wait before the next attempt, ms: uniform between nothing and a ceiling that doubles. Full jitter, so
 * that a thousand agents which lost one broker do not come back to it in one second.
 *
 * @param failures  connections in a row that failed or did not hold, the latest included: 1 and more
 * @param uniform  a draw from [0, 1)
 * @source Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015
 */
export function fullJitterMs(failures: number, bounds: BackoffBounds, uniform: number): number {
  // The exponent is capped: 2^1024 is infinite, and an agent may stay away for years.
  const ceilingMs = Math.min(bounds.maxMs, bounds.baseMs * 2 ** Math.min(failures - 1, 40));
  return uniform * ceilingMs;
}

/**
 * Failures in a row once a connection broke that was up for `upForMs`. One that breaks at once, as after a
 * denied publish, goes on backing off: only one that held for ten base waits starts over.
 */
export function failuresAfter(failures: number, upForMs: number, bounds: BackoffBounds): number {
  return upForMs >= 10 * bounds.baseMs ? 1 : failures + 1;
}
