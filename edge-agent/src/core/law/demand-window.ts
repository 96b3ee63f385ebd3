import { QUARTER_HOUR_MS } from '@tieline/kernel';
import type { ClockState } from '@tieline/protocol';

/** A gap between cycles longer than this is not integrated: nobody knows what flowed. */
const GAP_MAX_MS = 5_000;
/** In the rolling window, the part of it that lies ahead and can still be shaped. */
const ROLLING_AHEAD_MS = 60_000;
const MINUTE_MS = 60_000;
const MINUTES_KEPT = 14;

/**
 * The quarter hour whose mean import is billed. Under a believed clock it is the tariff's quarter hour;
 * under an untrusted one nobody knows where that begins, and a rolling mean takes its place.
 */
export type DemandWindow = {
  /** Session time of the last cycle that was counted, ms; null before the first. */
  readonly lastMs: number | null;
  /** Start of the tariff's quarter hour in wall time, ms; null under an untrusted clock. */
  readonly quarterStartMs: number | null;
  /** Energy imported since the quarter hour began, kW·ms. */
  readonly importKwMs: number;
  /** How much of the quarter hour was measured, ms. */
  readonly measuredMs: number;
  /** kW·ms imported in each whole minute before the running one, oldest first. */
  readonly minutes: readonly number[];
  readonly minuteKwMs: number;
  readonly minuteMs: number;
};

export const emptyDemand: DemandWindow = {
  lastMs: null,
  quarterStartMs: null,
  importKwMs: 0,
  measuredMs: 0,
  minutes: [],
  minuteKwMs: 0,
  minuteMs: 0,
};

/** Counts one cycle: `importKw` flowed since the last one. Export counts as zero, as a meter bills it. */
export function countDemand(
  demand: DemandWindow,
  at: { readonly sessionMs: number; readonly wallMs: number; readonly clock: ClockState },
  importKw: number,
): DemandWindow {
  const sinceMs = demand.lastMs === null ? 0 : at.sessionMs - demand.lastMs;
  const elapsedMs = sinceMs > GAP_MAX_MS ? 0 : Math.max(0, sinceMs);
  const flowedKwMs = Math.max(0, importKw) * elapsedMs;
  const quarterStartMs =
    at.clock === 'untrusted' ? null : Math.floor(at.wallMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
  const sameQuarter = quarterStartMs !== null && quarterStartMs === demand.quarterStartMs;
  const minuteDone = demand.minuteMs + elapsedMs >= MINUTE_MS;
  const minuteKwMs = demand.minuteKwMs + flowedKwMs;
  return {
    lastMs: at.sessionMs,
    quarterStartMs,
    importKwMs: sameQuarter ? demand.importKwMs + flowedKwMs : 0,
    measuredMs: sameQuarter ? demand.measuredMs + elapsedMs : 0,
    minutes: minuteDone ? [...demand.minutes, minuteKwMs].slice(-MINUTES_KEPT) : demand.minutes,
    minuteKwMs: minuteDone ? 0 : minuteKwMs,
    minuteMs: minuteDone ? 0 : demand.minuteMs + elapsedMs,
  };
}

/** What may still flow: the mean import, kW, over the rest of the window that keeps it at `limitKw`. */
export interface DemandBudget {
  readonly allowedKw: number;
  /** How much of the window lies ahead, ms. */
  readonly aheadMs: number;
}

/**
 * Shorter rests are treated as this long: a kilowatt too much so far would be sixty in the last quarter of a minute. What
 * is left over then lies within the headroom that the rule keeps (`peak-shaving.ts`).
 */
const AHEAD_MIN_MS = 60_000;

export function demandBudget(demand: DemandWindow, wallMs: number, limitKw: number): DemandBudget {
  if (demand.quarterStartMs === null) {
    const pastMs = demand.minutes.length * MINUTE_MS + demand.minuteMs;
    const pastKwMs = demand.minutes.reduce((sum, minute) => sum + minute, demand.minuteKwMs);
    const allowedKw = (limitKw * (pastMs + ROLLING_AHEAD_MS) - pastKwMs) / ROLLING_AHEAD_MS;
    return { allowedKw, aheadMs: ROLLING_AHEAD_MS };
  }
  // A clock that has left the counted quarter hour speaks of one of which nothing was measured yet.
  const elapsedMs = wallMs - demand.quarterStartMs;
  if (elapsedMs < 0 || elapsedMs >= QUARTER_HOUR_MS) {
    const intoMs = wallMs % QUARTER_HOUR_MS;
    return { allowedKw: limitKw, aheadMs: Math.max(AHEAD_MIN_MS, QUARTER_HOUR_MS - intoMs) };
  }
  // What was not measured (a start in mid-quarter) is taken to have run at the limit: no credit from it.
  const unmeasuredMs = Math.max(0, elapsedMs - demand.measuredMs);
  const usedKwMs = demand.importKwMs + limitKw * unmeasuredMs;
  const aheadMs = Math.max(AHEAD_MIN_MS, QUARTER_HOUR_MS - elapsedMs);
  return { allowedKw: limitKw + (limitKw * elapsedMs - usedKwMs) / aheadMs, aheadMs };
}
