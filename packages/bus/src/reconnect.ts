import type { RandomStream } from '@tieline/kernel';

/** Bounds of the waits between attempts to connect. */
export interface BackoffBounds {
  /** Ceiling of the first wait, ms. */
  readonly baseMs: number;
  /** Ceiling of every later wait, ms. */
  readonly maxMs: number;
}

const BOUNDS: BackoffBounds = { baseMs: 1_000, maxMs: 300_000 };
/** A connection that was up for this many base waits held. */
const HELD_BASES = 10;

/**
 * How long a client waits before it connects again: a uniform draw between nothing and a ceiling that doubles
 * with every connection in a row that failed. Full jitter, so that a thousand agents which lost one broker spread over
 * one second if it is back at once, and over about as long as it was away if it was not.
 *
 * @source Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015
 */
export class Reconnect {
  readonly #jitter: RandomStream;
  readonly #bounds: BackoffBounds;
  /** Connections in a row that could not be made or did not hold. */
  #failures = 0;
  #upSinceMs: number | null = null;

  constructor(jitter: RandomStream, bounds = BOUNDS) {
    this.#jitter = jitter;
    this.#bounds = bounds;
  }

  /** @param nowMs  of a clock that only runs forwards, as in `down` */
  up(nowMs: number): void {
    this.#upSinceMs = nowMs;
  }

  /**
   * The connection broke, or could not be made. One that breaks at once, as after a denied publish, goes on
   * backing off: only one that held starts over.
   *
   * @returns the wait before the next attempt, ms
   */
  down(nowMs: number): number {
    const { baseMs, maxMs } = this.#bounds;
    const upForMs = this.#upSinceMs === null ? 0 : nowMs - this.#upSinceMs;
    this.#upSinceMs = null;
    this.#failures = upForMs >= HELD_BASES * baseMs ? 1 : this.#failures + 1;
    // The exponent is capped: 2^1024 is infinite, and an agent may stay away for years.
    const ceilingMs = Math.min(maxMs, baseMs * 2 ** Math.min(this.#failures - 1, 40));
    return this.#jitter.uniform() * ceilingMs;
  }
}
