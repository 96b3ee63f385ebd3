import { clamp, DAY_MS, HOUR_MS, QUARTER_HOUR_MS } from '@tieline/kernel';
import { linearAt, type Series } from '../../series/series.ts';
import { CIGRE_PV_PU } from './cigre.ts';
import { clearSkyWPerM2, type Place } from './clear-sky.ts';
import { type Signal, seedWords, tableSignal, valueNoise } from './noise.ts';

/** What is known of the weather; what is not is made up from the seed. */
export interface WeatherSource {
  /** The sun of this place and date, under seeded clouds, on level panels. */
  readonly place?: Place;
  /** As it was measured or foreseen, on the plane of the panels, W/m²: no clouds are made up then. */
  readonly irradiance?: Series;
  /** °C. */
  readonly temperature?: Series;
}

/** The weather over the whole feeder. */
export interface Weather {
  /** Irradiance on the plane of the panels, W/m²; where clouds are made up, they come later by the lag. */
  readonly irradianceWPerM2: (tMs: number, cloudLagMs?: number) => number;
  /** Outdoor temperature, °C. */
  readonly temperatureC: Signal;
}

/** The published day does not fall to zero at night; what it leaves there is no sunlight. */
const NIGHT_RESIDUE_PU = 0.025;
/** GUESS: irradiance at noon of a cloudless day; the published day peaks at 654 W/m² under clouds. */
const CLEAR_PEAK_W_PER_M2 = 850;
/** Quarter hours that are averaged to take the published day's own clouds out of its shape. */
const SMOOTHING_QUARTERS = 9;

/** °C above the day's mean, per hour: lowest before dawn, highest in the afternoon. */
const TEMPERATURE_BY_HOUR_C = [
  -2.0, -2.5, -3.0, -3.4, -3.7, -3.8, -3.6, -3.0, -1.8, -0.4, 1.0, 2.3, 3.4, 4.1, 4.4, 4.3, 3.7,
  2.8, 1.8, 0.9, 0.2, -0.4, -0.9, -1.5,
];

const clearSky = tableSignal(cigreClearSkyWPerM2(), QUARTER_HOUR_MS);
const temperatureOfHour = tableSignal(TEMPERATURE_BY_HOUR_C, HOUR_MS);

/**
 * Weather as a pure function of seed and time: the CIGRE day's sun under seeded clouds (a cloudiness
 * that drifts from day to day, gusts of minutes that bite only when it is cloudy) and a temperature.
 */
export function weather(seed: number, source: WeatherSource = {}): Weather {
  const words = seedWords(seed);
  const cloudOfDay = valueNoise([...words, 0x101], DAY_MS);
  const cloudOfHours = valueNoise([...words, 0x102], 5 * HOUR_MS);
  const gustSlow = valueNoise([...words, 0x103], 13 * 60_000);
  const gustFast = valueNoise([...words, 0x104], 150_000);
  const warmth = valueNoise([...words, 0x105], 3 * DAY_MS);
  const warmthOfHours = valueNoise([...words, 0x106], 4 * HOUR_MS);
  const { place, irradiance, temperature } = source;
  const underClouds = (clear: number, tMs: number): number => {
    if (clear <= 0) return 0;
    // The lattice of days is moved by half a day, so that each noon has a cloudiness of its own.
    const cloudiness = clamp(
      0.45 + 0.55 * cloudOfDay(tMs + DAY_MS / 2) + 0.25 * cloudOfHours(tMs),
      0,
      1,
    );
    const gust = 0.5 + 0.35 * gustSlow(tMs) + 0.15 * gustFast(tMs);
    return clear * (1 - cloudiness * (0.3 + 0.55 * gust));
  };
  return {
    irradianceWPerM2: (tMs, cloudLagMs = 0) => {
      if (irradiance !== undefined) return linearAt(irradiance, tMs);
      const lateMs = tMs - cloudLagMs;
      // The published day is no place’s: it moves along with its clouds.
      return underClouds(
        place === undefined ? clearSky(lateMs) : clearSkyWPerM2(place, tMs),
        lateMs,
      );
    },
    temperatureC:
      temperature === undefined
        ? (tMs) => 9 + 5 * warmth(tMs) + warmthOfHours(tMs) + temperatureOfHour(tMs)
        : (tMs) => linearAt(temperature, tMs),
  };
}

/** The published day without its night residue and its own clouds, scaled to a cloudless noon. */
function cigreClearSkyWPerM2(): number[] {
  const half = (SMOOTHING_QUARTERS - 1) / 2;
  const lit = CIGRE_PV_PU.map((value) => Math.max(0, value - NIGHT_RESIDUE_PU));
  const smooth = lit.map((_, at) => {
    let sum = 0;
    for (let near = at - half; near <= at + half; near += 1) sum += lit[near] ?? 0;
    return sum / SMOOTHING_QUARTERS;
  });
  const peak = Math.max(...smooth);
  return smooth.map((value) => (value / peak) * CLEAR_PEAK_W_PER_M2);
}
