import type { Tariff } from '../economics/tariff.ts';
import type { WeatherSource } from '../plant/profiles/weather.ts';
import type { Series } from '../series/series.ts';
import type { SeriesReading } from './given-series.ts';
import { tariffOf } from './given-tariff.ts';
import { loadSeriesOf, weatherOf } from './given-weather.ts';
import type { ScenarioFile } from './scenario-file.ts';

/** What a scenario says in files beside it, read. */
export interface GivenFiles {
  readonly tariff: Tariff | null;
  readonly weather: WeatherSource;
  /** By site. */
  readonly loads: ReadonlyMap<string, Series>;
}

export function givenFiles(given: ScenarioFile, reading: SeriesReading): GivenFiles {
  const { tariff, weather, sites, timeline } = given;
  const startMs = Date.parse(given.start);
  const spikes = timeline.flatMap(({ at, price }) => {
    if (price === undefined) return [];
    const { for: lastsMs, ...prices } = price;
    return [{ fromMs: startMs + at, toMs: startMs + at + lastsMs, ...prices }];
  });
  const loads = Object.entries(sites).flatMap(([site, { loadCsv }]) => {
    const load = loadCsv === undefined ? undefined : loadSeriesOf(site, loadCsv, reading);
    return load === undefined ? [] : [[site, load] as const];
  });
  return {
    tariff: tariff === undefined ? null : tariffOf(tariff, spikes, reading),
    weather: weather === undefined ? {} : weatherOf(weather, reading),
    loads: new Map(loads),
  };
}
