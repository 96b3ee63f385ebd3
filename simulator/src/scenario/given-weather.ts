import { z } from 'zod';
import type { WeatherSource } from '../plant/profiles/weather.ts';
import type { SeriesColumn } from '../series/read-series.ts';
import type { Series } from '../series/series.ts';
import { givenSeries, type SeriesReading } from './given-series.ts';

export const GivenWeather = z
  .strictObject({
    place: z.exactOptional(
      z
        .strictObject({
          latitude: z.number().min(-90).max(90).describe('Degrees, north positive.'),
          longitude: z.number().min(-180).max(180).describe('Degrees, east positive.'),
        })
        .describe('The clear sky of this place and date, under seeded clouds.'),
    ),
    csv: z
      .exactOptional(z.string().min(1).max(300))
      .describe('CSV file with irradiance_w_per_m2, temperature_c or both.'),
  })
  .describe('What is not given is made up from the seed.');

const WEATHER_COLUMNS = [
  { header: 'irradiance_w_per_m2', name: 'irradiance', scale: 1, min: 0, max: 1_600 },
  { header: 'temperature_c', name: 'temperature', scale: 1, min: -90, max: 60 },
] as const satisfies readonly SeriesColumn<string>[];
const LOAD_COLUMNS = [
  { header: 'load_kw', name: 'load', scale: 1, min: 0, max: 100_000 },
] as const satisfies readonly SeriesColumn<string>[];

export function weatherOf(
  { place, csv }: z.output<typeof GivenWeather>,
  reading: SeriesReading,
): WeatherSource {
  const series =
    csv === undefined ? {} : givenSeries(csv, WEATHER_COLUMNS, ['weather', 'csv'], reading);
  if (place === undefined) return series;
  const { latitude, longitude } = place;
  return { place: { latitudeDeg: latitude, longitudeDeg: longitude }, ...series };
}

/** The load of a site as a file has it. */
export function loadSeriesOf(
  site: string,
  csv: string,
  reading: SeriesReading,
): Series | undefined {
  return givenSeries(csv, LOAD_COLUMNS, ['sites', site, 'loadCsv'], reading).load;
}
