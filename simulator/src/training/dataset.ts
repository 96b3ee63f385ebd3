import { createHash } from 'node:crypto';
import {
  FeatureWindow,
  FORECAST_FEATURES,
  type ForecastSample,
  type SiteRating,
} from '@tieline/inference';
import { DAY_MS, HOUR_MS, hashWords, QUARTER_HOUR_MS, roundToWatt } from '@tieline/kernel';
import { siteProfile } from '../plant/profiles/site-profile.ts';

/** Which simulated days: everything follows from these numbers. */
export interface DatasetOptions {
  readonly seed: number;
  /** Sites, each under a sky of its own. */
  readonly sites: number;
  /** Days per site; on the first of them yesterday is unknown. */
  readonly days: number;
  /** Mean seconds between two examples of a site. */
  readonly everyS: number;
}

/** Examples in rows; powers per unit of the site's rated import. */
export interface Dataset {
  readonly count: number;
  /** [count, features], in the order of `FORECAST_FEATURES`. */
  readonly features: Float32Array;
  /** [count]: mean uncontrolled import over the quarter of an hour after the example. */
  readonly targets: Float32Array;
  /** [count]: mean over the quarter of an hour before it. */
  readonly persistence: Float32Array;
  /** [count]: mean over the same quarter of an hour a day earlier; NaN where the day is not in the data. */
  readonly seasonalNaive: Float32Array;
  /** [count]: hour of the day, UTC, 0 to 24. */
  readonly hours: Float32Array;
}

/** The agent's cycle. */
const STEP_MS = 1_000;
const HORIZON_STEPS = QUARTER_HOUR_MS / STEP_MS;
const DAY_STEPS = DAY_MS / STEP_MS;
/** Monday, 5 January 2026, 00:00 UTC. */
const FIRST_DAY_MS = Date.UTC(2026, 0, 5);

/**
 * Simulates sites second by second and takes examples through the agent's own `FeatureWindow`, fed
 * with what the agent would measure: power rounded to the watt, once a cycle.
 */
export function simulateDataset(options: DatasetOptions): Dataset {
  const width = FORECAST_FEATURES.length;
  const rows: number[][] = [];
  const columns = { targets: [], persistence: [], seasonalNaive: [], hours: [] } as {
    [column in 'targets' | 'persistence' | 'seasonalNaive' | 'hours']: number[];
  };
  for (let site = 0; site < options.sites; site += 1) {
    for (const example of siteExamples(options, site)) {
      rows.push(example.features);
      columns.targets.push(example.target);
      columns.persistence.push(example.persistence);
      columns.seasonalNaive.push(example.seasonalNaive);
      columns.hours.push(example.hour);
    }
  }
  const features = new Float32Array(rows.length * width);
  for (const [at, row] of rows.entries()) features.set(row, at * width);
  return {
    count: rows.length,
    features,
    targets: Float32Array.from(columns.targets),
    persistence: Float32Array.from(columns.persistence),
    seasonalNaive: Float32Array.from(columns.seasonalNaive),
    hours: Float32Array.from(columns.hours),
  };
}

/** SHA-256 over features and targets as little-endian float32. */
export function datasetDigest({ features, targets }: Dataset): `sha256:${string}` {
  const hash = createHash('sha256');
  for (const values of [features, targets]) {
    const view = new DataView(new ArrayBuffer(values.length * 4));
    for (const [at, value] of values.entries()) view.setFloat32(at * 4, value, true);
    hash.update(new Uint8Array(view.buffer));
  }
  return `sha256:${hash.digest('hex')}`;
}

interface Example {
  readonly features: number[];
  readonly target: number;
  readonly persistence: number;
  readonly seasonalNaive: number;
  readonly hour: number;
}

function siteExamples(options: DatasetOptions, site: number): Example[] {
  const { rating, startMs, sample } = simulatedSite(options.seed, site);
  const steps = options.days * DAY_STEPS;
  const window = new FeatureWindow(rating);
  /** `sums[k]` is the sum of the first k samples, kW. */
  const sums = new Float64Array(steps + 1);
  const taken: { readonly at: number; readonly features: number[] }[] = [];
  let next = HORIZON_STEPS;
  for (let at = 0; at < steps; at += 1) {
    const measured = sample(startMs + at * STEP_MS);
    window.add(measured);
    sums[at + 1] = (sums[at] ?? 0) + measured.uncontrolledImportKw;
    if (at !== next || at + HORIZON_STEPS >= steps) continue;
    const features = window.features();
    if (features !== null) taken.push({ at, features });
    // Uneven steps, so that examples fall on every second of the minute and of the quarter hour.
    next = at + 1 + (hashWords(options.seed, site, at) % (2 * options.everyS - 1));
  }
  /** Mean over the quarter of an hour that begins after sample `at`, per unit. */
  const meanAfter = (at: number): number =>
    at < -1
      ? Number.NaN
      : ((sums[at + 1 + HORIZON_STEPS] ?? 0) - (sums[at + 1] ?? 0)) /
        HORIZON_STEPS /
        rating.importKw;
  return taken.map(({ at, features }) => ({
    features,
    target: meanAfter(at),
    persistence: meanAfter(at - HORIZON_STEPS),
    seasonalNaive: meanAfter(at - DAY_STEPS),
    hour: ((startMs + at * STEP_MS) % DAY_MS) / HOUR_MS,
  }));
}

export interface SimulatedSite {
  readonly rating: SiteRating;
  /** When its days begin, Unix time in ms. */
  readonly startMs: number;
  /** What its agent would measure at an instant. */
  sample(tMs: number): ForecastSample;
}

/** A site of its own size, sun and habits, from a start of its own within the week. */
export function simulatedSite(seed: number, site: number): SimulatedSite {
  const draw = (kind: number): number => hashWords(seed, site, kind) / 4_294_967_296;
  const rating: SiteRating = {
    importKw: 100,
    // Every third site has no PV; elsewhere up to 0.9 of the rated import.
    pvKw: draw(1) < 1 / 3 ? 0 : 10 + 80 * draw(2),
  };
  const profile = siteProfile({
    seed: hashWords(seed, 0x5157, site),
    index: site,
    // A rating is seldom the peak: connections are made too large, or are outgrown.
    peakLoadKw: 45 + 65 * draw(3),
    pvPeakKw: rating.pvKw,
  });
  const startMs = FIRST_DAY_MS + Math.floor(draw(4) * 7 * 24) * HOUR_MS;
  const sample = (tMs: number): ForecastSample => {
    const pvKw = roundToWatt(profile.pvAvailableKw(tMs));
    return { tMs, pvKw, uncontrolledImportKw: roundToWatt(profile.loadKw(tMs)) - pvKw };
  };
  return { rating, startMs, sample };
}
