import { assert, clamp } from '@tieline/kernel';

/** A limit as a closed interval of power, kW, positive into the grid; an end may be infinite. */
export interface Interval {
  readonly minKw: number;
  readonly maxKw: number;
}

export const UNLIMITED: Interval = { minKw: -Infinity, maxKw: Infinity };

/** What all of them allow; null where nothing is left, or an interval is empty or no number. */
export function intersect(...intervals: readonly Interval[]): Interval | null {
  let { minKw, maxKw } = UNLIMITED;
  for (const interval of intervals) {
    // `Math.max` hands NaN on, and a comparison with NaN is false: a limit that is no number allows nothing.
    minKw = Math.max(minKw, interval.minKw);
    maxKw = Math.min(maxKw, interval.maxKw);
  }
  return minKw <= maxKw ? { minKw, maxKw } : null;
}

/** The nearest power that the interval allows. */
export function project(powerKw: number, interval: Interval): number {
  assert(!Number.isNaN(powerKw), 'a power is a number');
  assert(interval.minKw <= interval.maxKw, 'an interval to project into is not empty');
  return clamp(powerKw, interval.minKw, interval.maxKw);
}

export interface Combined<T extends Interval> {
  readonly interval: Interval;
  /** Limits that contradict a higher one, and could only be approached: each one is an alarm. */
  readonly overruled: readonly T[];
}

/**
 * Intersects limits by rank. Where a limit leaves nothing of what the ranks above it allow, the higher
 * ranks stand: what remains is the one power among theirs that is nearest to it, so that a battery that
 * cannot undo an excess of import still does what it can, and the limit is reported as overruled.
 *
 * @param ranked  highest rank first
 */
export function combineRanked<T extends Interval>(ranked: readonly T[]): Combined<T> {
  let interval = UNLIMITED;
  const overruled: T[] = [];
  for (const limit of ranked) {
    const narrowed = intersect(interval, limit);
    if (narrowed === null) {
      overruled.push(limit);
      const nearestKw = project(limit.minKw > interval.maxKw ? limit.minKw : limit.maxKw, interval);
      interval = { minKw: nearestKw, maxKw: nearestKw };
    } else {
      interval = narrowed;
    }
  }
  return { interval, overruled };
}
