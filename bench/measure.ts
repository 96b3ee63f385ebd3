/** The value that `part` of all lie below or at: 0.5 is the median. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}

export function median(values: readonly number[]): number {
  return quantile(values, 0.5);
}

/** How long one call takes, ms. */
export function timedMs(call: () => unknown): number {
  const startedMs = performance.now();
  call();
  return performance.now() - startedMs;
}

/** Calls per second over `times` calls. */
export function perSecond(times: number, call: () => unknown): number {
  const tookMs = timedMs(() => {
    for (let at = 0; at < times; at += 1) call();
  });
  return (times * 1_000) / tookMs;
}
