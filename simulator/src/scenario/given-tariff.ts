import { HOUR_MS } from '@tieline/kernel';
import { z } from 'zod';
import { isTimeZone } from '../economics/local-time.ts';
import type { DemandCharge, Price, PriceSpike, Tariff } from '../economics/tariff.ts';
import type { SeriesColumn } from '../series/read-series.ts';
import { givenSeries, type SeriesReading } from './given-series.ts';
import { Duration, Fraction } from './values.ts';

export const PerKwh = z.number().min(-100).max(100);
const GivenPrice = z
  .union([
    PerKwh,
    z.array(PerKwh).length(24, 'a price for each hour: 24'),
    z.string().min(1).max(300),
  ])
  .describe('Per kWh: a number, 24 by local hour, or the path of a CSV file. May be negative.');

export const GivenTariff = z
  .strictObject({
    timeZone: z
      .string()
      .max(64)
      .refine(isTimeZone, 'no time zone of that name; one is Europe/Berlin')
      .default('UTC')
      .describe('Hours, days and periods are those of its clocks.'),
    currency: z
      .string()
      .regex(/^[A-Z]{3}$/, 'three letters, as in EUR')
      .default('EUR'),
    importPerKwh: GivenPrice,
    exportPerKwh: GivenPrice.default(0),
    demand: z.exactOptional(
      z
        .strictObject({
          perKw: z.number().min(0).max(100_000).describe('For one kW of a whole period.'),
          interval: Duration.refine(
            (ms) => ms >= 60_000 && HOUR_MS % ms === 0,
            'a whole part of an hour',
          )
            .prefault('15m')
            .describe('Whose highest mean import is billed.'),
          period: z.enum(['day', 'month', 'year']).default('year'),
          ratchet: Fraction.default(0).describe(
            'No period is billed for less than this share of one before it.',
          ),
        })
        .describe('What the highest mean import of an interval costs, each period.'),
    ),
  })
  .describe('What energy and peaks cost; bills are made with control and without.');

export function tariffOf(
  given: z.output<typeof GivenTariff>,
  spikes: readonly PriceSpike[],
  reading: SeriesReading,
): Tariff {
  const { timeZone, currency, importPerKwh, exportPerKwh, demand } = given;
  const price = (key: 'importPerKwh' | 'exportPerKwh', value: typeof importPerKwh): Price => {
    if (typeof value !== 'string') return value;
    return givenSeries(value, priceColumns(currency), ['tariff', key], reading).price ?? 0;
  };
  return {
    timeZone,
    currency,
    importPerKwh: price('importPerKwh', importPerKwh),
    exportPerKwh: price('exportPerKwh', exportPerKwh),
    spikes,
    demand: demand === undefined ? null : demandOf(demand),
  };
}

type GivenDemand = NonNullable<z.output<typeof GivenTariff>['demand']>;

function demandOf({ interval: intervalMs, ...charge }: GivenDemand): DemandCharge {
  return { ...charge, intervalMs };
}

/** Markets quote per MWh, bills per kWh. */
function priceColumns(currency: string): readonly SeriesColumn<'price'>[] {
  const quoted = `price_${currency.toLowerCase()}_per`;
  const possible = { name: 'price', min: -100, max: 100 } as const;
  return [
    { header: `${quoted}_kwh`, scale: 1, ...possible },
    { header: `${quoted}_mwh`, scale: 1 / 1_000, ...possible },
  ];
}
