import { assert, DAY_MS, QUARTER_HOUR_MS } from '@tieline/kernel';
import { z } from 'zod';

/**
 * Turns a site's measurements into the features of the import forecast (`FORECAST_FEATURES`).
 *
 * One piece of code serves training, the running agent and the replay of its log, so that a model is
 * never fed otherwise than it was taught. Sums per minute for the last half hour and a mean per quarter
 * hour for the last day are all it remembers: small enough for the hourly snapshot of the audit log,
 * and plain numbers, so that a restored window goes on bit for bit.
 */

/** What a site's powers are measured against, kW. */
export interface SiteRating {
  /** The import that the site's connection or contract is made for; above 0. */
  readonly importKw: number;
  /** Rated PV output; 0 where there is none. */
  readonly pvKw: number;
}

/** One cycle's measurement. Cycles may be of any length up to a minute. */
export interface ForecastSample {
  /** Unix time, ms; decides the time of day. */
  readonly tMs: number;
  /** Load less PV, kW: what the site would import with its battery idle. */
  readonly uncontrolledImportKw: number;
  /** PV output, kW, positive; taken for the sun, so best while nothing limits it. */
  readonly pvKw: number;
}

const MINUTE_MS = 60_000;
/** Whole minutes remembered, beside the running one. */
const MINUTES = 30;
/** Whole quarter hours remembered: a day, and one more for the quarter hour before this time yesterday. */
const QUARTERS = 97;
const QUARTERS_PER_DAY = 96;
/** A quarter hour counts as measured when this many of its minutes were. */
const QUARTER_MINUTES_MIN = 8;

const finite = z.number();
const MinuteSums = z.strictObject({
  importKw: finite,
  pvKw: finite,
  /** Samples in the minute. */
  count: z.int().nonnegative(),
});
type MinuteSums = z.output<typeof MinuteSums>;

/** A window at rest: JSON, at most some 4 kB. */
export const FeatureWindowState = z.strictObject({
  /** Unix time of the last sample, ms; null before the first. */
  tMs: finite.nullable(),
  /** Oldest first; the last one is the running minute. */
  minutes: z.array(MinuteSums).max(MINUTES + 1),
  /** Sums of the running quarter hour. */
  quarter: z.strictObject({ importKw: finite, count: z.int().nonnegative() }),
  /** Minutes of the running quarter hour that were measured. */
  quarterMinutes: z.int().nonnegative(),
  /** Mean import per whole quarter hour, kW, oldest first; null where it was not measured. */
  quartersKw: z.array(finite.nullable()).max(QUARTERS),
});
export type FeatureWindowState = z.output<typeof FeatureWindowState>;

const EMPTY: FeatureWindowState = {
  tMs: null,
  minutes: [],
  quarter: { importKw: 0, count: 0 },
  quarterMinutes: 0,
  quartersKw: [],
};

export class FeatureWindow {
  readonly #rating: SiteRating;
  #state: FeatureWindowState;

  /** @param state  of an earlier window of the same site, or nothing to begin anew */
  constructor(rating: SiteRating, state: FeatureWindowState = EMPTY) {
    assert(rating.importKw > 0 && rating.pvKw >= 0, 'a site has a rated import');
    this.#rating = rating;
    this.#state = structuredClone(state);
  }

  /** A copy to keep. */
  state(): FeatureWindowState {
    return structuredClone(this.#state);
  }

  /**
   * Takes in one cycle's measurement; a cycle without one is simply left out. After a gap the missing
   * minutes are unknown; when the clock is set back by a minute or more, the window begins anew.
   */
  add(sample: ForecastSample): void {
    const { tMs, uncontrolledImportKw, pvKw } = sample;
    assert(Number.isFinite(tMs + uncontrolledImportKw + pvKw), 'a sample is finite');
    this.#advance(tMs);
    const running = this.#running();
    if (running.count === 0) this.#state.quarterMinutes += 1;
    running.importKw += uncontrolledImportKw;
    running.pvKw += pvKw;
    running.count += 1;
    this.#state.quarter.importKw += uncontrolledImportKw;
    this.#state.quarter.count += 1;
  }

  /** The features at the last sample, in the order of `FORECAST_FEATURES`; null before the first one. */
  features(): number[] | null {
    const { tMs, quarter, quartersKw } = this.#state;
    if (tMs === null) return null;
    const { importKw: ratedKw, pvKw: ratedPvKw } = this.#rating;
    const mean1m = this.#mean(1);
    const mean15m = this.#mean(15);
    const elapsed = (tMs - Math.floor(tMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS) / QUARTER_HOUR_MS;
    const before = yesterdayKw(quartersKw, elapsed, QUARTERS_PER_DAY + 1);
    const after = yesterdayKw(quartersKw, elapsed, QUARTERS_PER_DAY);
    const known = before !== null && after !== null;
    return [
      mean1m.importKw / ratedKw,
      this.#mean(5).importKw / ratedKw,
      mean15m.importKw / ratedKw,
      this.#mean(30).importKw / ratedKw,
      quarter.importKw / quarter.count / ratedKw,
      elapsed,
      (known ? before : mean15m.importKw) / ratedKw,
      (known ? after : mean15m.importKw) / ratedKw,
      known ? 1 : 0,
      mean1m.pvKw / ratedKw,
      mean15m.pvKw / ratedKw,
      ratedPvKw === 0 ? 0 : mean1m.pvKw / ratedPvKw,
      ...cycle(tMs, DAY_MS),
      ...cycle(tMs, DAY_MS / 2),
      ...cycle(tMs, DAY_MS / 3),
      ...cycle(tMs, 7 * DAY_MS),
    ];
  }

  /** Moves to `tMs`, leaving gaps unknown. */
  #advance(tMs: number): void {
    const state = this.#state;
    if (state.tMs === null || state.tMs - tMs >= MINUTE_MS) {
      this.#state = { ...structuredClone(EMPTY), tMs, minutes: [emptyMinute()] };
      return;
    }
    // A clock set right by a little stands still here until it has caught up.
    const nowMs = Math.max(tMs, state.tMs);
    const passedMinutes = minuteOf(nowMs) - minuteOf(state.tMs);
    const passedQuarters = quarterOf(nowMs) - quarterOf(state.tMs);
    state.tMs = nowMs;
    if (passedMinutes === 0) return;
    const added = Math.min(passedMinutes, MINUTES + 1);
    for (let minute = 0; minute < added; minute += 1) state.minutes.push(emptyMinute());
    state.minutes.splice(0, Math.max(0, state.minutes.length - MINUTES - 1));
    if (passedQuarters > 0) this.#closeQuarter(passedQuarters);
  }

  /** Keeps the running quarter hour's mean and begins another, `passed` quarter hours later. */
  #closeQuarter(passed: number): void {
    const state = this.#state;
    const { importKw, count } = state.quarter;
    state.quartersKw.push(state.quarterMinutes >= QUARTER_MINUTES_MIN ? importKw / count : null);
    const unknown = Math.min(passed - 1, QUARTERS);
    for (let added = 0; added < unknown; added += 1) state.quartersKw.push(null);
    state.quartersKw.splice(0, Math.max(0, state.quartersKw.length - QUARTERS));
    state.quarter = { importKw: 0, count: 0 };
    state.quarterMinutes = 0;
  }

  /** Mean over the running minute and the `whole` minutes before it, kW. */
  #mean(whole: number): { readonly importKw: number; readonly pvKw: number } {
    let importKw = 0;
    let pvKw = 0;
    let count = 0;
    const { minutes } = this.#state;
    for (let at = Math.max(0, minutes.length - 1 - whole); at < minutes.length; at += 1) {
      const minute = minutes[at];
      if (minute === undefined) continue;
      importKw += minute.importKw;
      pvKw += minute.pvKw;
      count += minute.count;
    }
    return { importKw: importKw / count, pvKw: pvKw / count };
  }

  #running(): MinuteSums {
    const running = this.#state.minutes.at(-1);
    assert(running !== undefined, 'a minute is running once a sample came');
    return running;
  }
}

/**
 * Mean over the quarter of an hour that began `quartersAgo` quarter hours before this instant, put
 * together from the two whole quarter hours that it overlaps; null where either is unknown.
 *
 * @param elapsed  how far the running quarter hour is, 0 to 1
 */
function yesterdayKw(
  quartersKw: readonly (number | null)[],
  elapsed: number,
  quartersAgo: number,
): number | null {
  const first = quartersKw.at(-quartersAgo) ?? null;
  const second = quartersKw.at(-(quartersAgo - 1)) ?? null;
  if (quartersKw.length < quartersAgo || first === null || second === null) return null;
  return first * (1 - elapsed) + second * elapsed;
}

function cycle(tMs: number, periodMs: number): [number, number] {
  const angle = (2 * Math.PI * (tMs - Math.floor(tMs / periodMs) * periodMs)) / periodMs;
  return [Math.sin(angle), Math.cos(angle)];
}

function minuteOf(tMs: number): number {
  return Math.floor(tMs / MINUTE_MS);
}

function quarterOf(tMs: number): number {
  return Math.floor(tMs / QUARTER_HOUR_MS);
}

function emptyMinute(): MinuteSums {
  return { importKw: 0, pvKw: 0, count: 0 };
}
