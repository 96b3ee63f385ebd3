/** A model's word is good for this long; then the rule goes on alone. */
const FRESH_MS = 120_000;
/** Time constant of the rule's own expectation. */
const SMOOTHING_MS = 120_000;

/** What the control law expects of the coming quarter hour. */
export type ForecastState = {
  /** The model's mean import without stores over the next quarter hour, kW, and when it said so. */
  readonly model: { readonly importKw: number; readonly atMs: number } | null;
  /** The rule: import without stores, smoothed; it expects that to go on. Null before the first cycle. */
  readonly smoothedKw: number | null;
  readonly smoothedMs: number;
};

export const emptyForecast: ForecastState = { model: null, smoothedKw: null, smoothedMs: 0 };

export function smoothImport(
  forecast: ForecastState,
  nowMs: number,
  importKw: number,
): ForecastState {
  const { smoothedKw, smoothedMs } = forecast;
  if (smoothedKw === null) return { ...forecast, smoothedKw: importKw, smoothedMs: nowMs };
  const weight = Math.min(1, Math.max(0, nowMs - smoothedMs) / SMOOTHING_MS);
  const next = smoothedKw + (importKw - smoothedKw) * weight;
  return { ...forecast, smoothedKw: next, smoothedMs: nowMs };
}

/** Expected mean import without stores over the next quarter hour, kW, and whose word that is. */
export function expectedImport(
  forecast: ForecastState,
  nowMs: number,
): { readonly importKw: number; readonly from: 'model' | 'rule' } | null {
  const { model, smoothedKw } = forecast;
  if (model !== null && nowMs - model.atMs <= FRESH_MS) {
    return { importKw: model.importKw, from: 'model' };
  }
  return smoothedKw === null ? null : { importKw: smoothedKw, from: 'rule' };
}
