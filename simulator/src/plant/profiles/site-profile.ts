import { assert, clamp, DAY_MS, HOUR_MS, hashWords, QUARTER_HOUR_MS } from '@tieline/kernel';
import { CIGRE_RESIDENTIAL_PU } from './cigre.ts';
import { type Signal, seedWords, tableSignal, valueNoise } from './noise.ts';
import { type WeatherSource, weather } from './weather.ts';

export interface SiteProfileOptions {
  /** Any integer; weather is common to all sites of a seed. */
  readonly seed: number;
  /** Which site: its own habits, its own noise. */
  readonly index: number;
  /** Load of an ordinary evening peak, kW; cold and busy days pass it by some tenths. */
  readonly peakLoadKw: number;
  /** PV output at 1,000 W/m², kW; 0 where there is none. */
  readonly pvPeakKw: number;
  readonly weather?: WeatherSource;
}

/** What a site draws and what its sun offers; both ≥ 0, both pure functions of Unix time in ms. */
export interface SiteProfile {
  /** Active power drawn by the load, kW. */
  readonly loadKw: Signal;
  /** Active power that the PV could give if nothing held it back, kW. */
  readonly pvAvailableKw: Signal;
}

const BASE_PEAK_PU = Math.max(...CIGRE_RESIDENTIAL_PU);
const baseLoadPu = tableSignal(
  CIGRE_RESIDENTIAL_PU.map((value) => value / BASE_PEAK_PU),
  QUARTER_HOUR_MS,
);

/** Level by day of the week from the epoch's day, a Thursday; read between noons, so that midnight has no step. */
const LEVEL_BY_WEEKDAY = [1, 0.98, 1.05, 1.07, 0.99, 1, 1.01];
const levelOfWeek = tableSignal(LEVEL_BY_WEEKDAY, DAY_MS);
/** How far people sleep in, as a share of the weekend's shift, by weekday from Thursday. */
const weekendShare = tableSignal([0, 0, 1, 1, 0, 0, 0], DAY_MS);
const WEEKEND_SHIFT_MS = 45 * 60_000;

/** Load grows by this share for each °C below the reference: heating. */
const HEATING_PER_C = 0.012;
const HEATING_REFERENCE_C = 9;

/** Unexplained load, as a share of the present one: cell of the noise, and its largest swing. */
const LOAD_NOISE = [
  { cellMs: 4_000, share: 0.015 },
  { cellMs: 61_000, share: 0.03 },
  { cellMs: 7 * 60_000, share: 0.06 },
  { cellMs: 47 * 60_000, share: 0.08 },
] as const;

/**
 * Load and sun of one site as pure functions of (seed, index, time): the CIGRE residential day, peaking
 * in the evening, moved and scaled by the site's habits, the day, the week, the cold and noise of
 * seconds to hours. The same whichever step or order it is asked in, so live and virtual plants agree.
 */
export function siteProfile(options: SiteProfileOptions): SiteProfile {
  assert(options.peakLoadKw >= 0 && options.pvPeakKw >= 0, 'a profile is rated in positive kW');
  const words = [...seedWords(options.seed), 0x200 + options.index];
  const sky = weather(options.seed, options.weather);
  const own = (kind: number): number => hashWords(...words, kind) / 2_147_483_648 - 1;
  const habitShiftMs = own(1) * 25 * 60_000;
  // Clouds do not pass every site at once.
  const cloudLagMs = (own(2) + 1) * 4 * 60_000;

  const dayShift = valueNoise([...words, 3], DAY_MS);
  const dayLevel = valueNoise([...words, 4], DAY_MS);
  const noises = LOAD_NOISE.map(({ cellMs, share }, at) => {
    const noise = valueNoise([...words, 0x10 + at], cellMs);
    return (tMs: number): number => share * noise(tMs);
  });

  const loadKw: Signal = (tMs) => {
    const lateMs = habitShiftMs + dayShift(tMs) * 20 * 60_000 + weekendShiftMs(tMs);
    const level = levelOfWeek(tMs) * (1 + 0.1 * dayLevel(tMs + DAY_MS / 2));
    const heating = 1 + HEATING_PER_C * (HEATING_REFERENCE_C - sky.temperatureC(tMs));
    let unexplained = 1;
    for (const noise of noises) unexplained += noise(tMs);
    return options.peakLoadKw * baseLoadPu(tMs - lateMs) * level * heating * unexplained;
  };
  const pvAvailableKw: Signal =
    options.pvPeakKw === 0
      ? () => 0
      : (tMs) => (options.pvPeakKw * sky.irradianceWPerM2(tMs, cloudLagMs)) / 1_000;
  return { loadKw, pvAvailableKw };
}

/** Weekends begin later: nothing at night, the whole shift through the morning, nothing by the afternoon. */
function weekendShiftMs(tMs: number): number {
  const hour = (tMs - Math.floor(tMs / DAY_MS) * DAY_MS) / HOUR_MS;
  const morning = clamp(Math.min((hour - 3) / 3, (14 - hour) / 4), 0, 1);
  return morning === 0 ? 0 : WEEKEND_SHIFT_MS * morning * weekendShare(tMs);
}
