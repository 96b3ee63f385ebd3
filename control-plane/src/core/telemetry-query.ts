import type { TelemetryChunk, TelemetryQuery, TelemetryStore } from '../ports/telemetry-store.ts';
import { QUERY_CHUNKS_MAX, QUERY_VALUES_MAX } from './bounds.ts';
import { ControlError } from './failure.ts';

/** What was measured in one stretch of time; buckets in which nothing was are left out. */
export interface TelemetryPoint {
  /** Start of the bucket, Unix ms. */
  readonly atMs: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  readonly count: number;
}

export interface TelemetryAnswer {
  readonly bucketMs: number;
  readonly points: readonly TelemetryPoint[];
}

/**
 * Measurements of a range in at most `points` buckets of equal length: peaks survive, because every
 * bucket tells its extremes and not only its mean.
 * @throws {ControlError} range_empty | query_too_wide
 */
export function queryTelemetry(
  store: TelemetryStore,
  query: TelemetryQuery,
  points: number,
): TelemetryAnswer {
  const { fromMs, toMs } = query;
  if (toMs <= fromMs) throw new ControlError({ code: 'range_empty', fromMs, toMs });
  const { chunks, values } = store.count(query);
  const [chunksMax, valuesMax] = [QUERY_CHUNKS_MAX, QUERY_VALUES_MAX];
  if (chunks > chunksMax || values > valuesMax) {
    throw new ControlError({ code: 'query_too_wide', chunks, chunksMax, values, valuesMax });
  }
  const bucketMs = Math.max(1, Math.ceil((toMs - fromMs) / points));
  const buckets = new Buckets(fromMs, bucketMs, Math.ceil((toMs - fromMs) / bucketMs));
  for (const chunk of store.chunks(query, QUERY_CHUNKS_MAX)) buckets.take(chunk, toMs);
  return { bucketMs, points: buckets.points() };
}

class Buckets {
  readonly #fromMs: number;
  readonly #bucketMs: number;
  readonly #sum: Float64Array;
  readonly #min: Float64Array;
  readonly #max: Float64Array;
  readonly #count: Uint32Array;

  constructor(fromMs: number, bucketMs: number, size: number) {
    this.#fromMs = fromMs;
    this.#bucketMs = bucketMs;
    this.#sum = new Float64Array(size);
    this.#min = new Float64Array(size).fill(Infinity);
    this.#max = new Float64Array(size).fill(-Infinity);
    this.#count = new Uint32Array(size);
  }

  take({ startMs, stepMs, values }: TelemetryChunk, toMs: number): void {
    for (let at = 0; at < values.length; at += 1) {
      const atMs = startMs + at * stepMs;
      const value = values[at]!;
      if (atMs < this.#fromMs || atMs >= toMs || Number.isNaN(value)) continue;
      const bucket = Math.floor((atMs - this.#fromMs) / this.#bucketMs);
      this.#sum[bucket]! += value;
      this.#min[bucket] = Math.min(this.#min[bucket]!, value);
      this.#max[bucket] = Math.max(this.#max[bucket]!, value);
      this.#count[bucket]! += 1;
    }
  }

  points(): readonly TelemetryPoint[] {
    const points: TelemetryPoint[] = [];
    this.#count.forEach((count, at) => {
      if (count === 0) return;
      points.push({
        atMs: this.#fromMs + at * this.#bucketMs,
        mean: this.#sum[at]! / count,
        min: this.#min[at]!,
        max: this.#max[at]!,
        count,
      });
    });
    return points;
  }
}
