/** Values of one quantity on a regular grid; NaN where nothing was measured. */
export interface TelemetryChunk {
  readonly site: string;
  readonly asset: string;
  readonly quantity: string;
  readonly startMs: number;
  readonly stepMs: number;
  readonly values: Float64Array;
}

export interface TelemetryQuery {
  readonly site: string;
  readonly asset: string;
  readonly quantity: string;
  /** Unix time, ms; from inclusive, to exclusive. */
  readonly fromMs: number;
  readonly toMs: number;
}

/**
 * Measurements by site, asset and quantity. The newest commits may be lost with the machine's power:
 * telemetry is evidence of nothing; the agent's audit log is.
 */
export interface TelemetryStore {
  /** Stores whole chunks in one commit; one already known by series and start is left as it is. */
  add(chunks: readonly TelemetryChunk[]): void;
  /** Chunks that hold any value of the range, by start; at most `limit`. */
  chunks(query: TelemetryQuery, limit: number): readonly TelemetryChunk[];
  /** How much `chunks` would have to read. */
  count(query: TelemetryQuery): { readonly chunks: number; readonly values: number };
  /** Every series of a site that was ever stored. */
  series(site: string): readonly { readonly asset: string; readonly quantity: string }[];
  /** Drops chunks that begin before, at most `chunksMax`. @returns how many were dropped */
  prune(beforeMs: number, chunksMax: number): number;
  close(): void;
}
