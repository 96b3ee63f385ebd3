/** Values at equal steps of time, each standing for the step that it begins. Plain data: it crosses threads. */
export interface Series {
  /** Unix time of the first, ms. */
  readonly startMs: number;
  readonly stepMs: number;
  readonly values: readonly number[];
}

export function endOf({ startMs, stepMs, values }: Series): number {
  return startMs + stepMs * values.length;
}

/** The value of the step in which `tMs` lies; the first before, the last after. */
export function heldAt({ startMs, stepMs, values }: Series, tMs: number): number {
  const at = Math.floor((tMs - startMs) / stepMs);
  return values[Math.min(Math.max(at, 0), values.length - 1)] ?? 0;
}

/** Linear from each value's time to the next one's; the first before, the last after. */
export function linearAt({ startMs, stepMs, values }: Series, tMs: number): number {
  const place = Math.min(Math.max((tMs - startMs) / stepMs, 0), values.length - 1);
  const at = Math.floor(place);
  const from = values[at] ?? 0;
  return from + ((values[at + 1] ?? from) - from) * (place - at);
}
