import { type Economics, Ledger, type MeterReading } from '../economics/ledger.ts';
import type { Tariff } from '../economics/tariff.ts';
import { type Plant, STEP_MS } from '../plant/plant.ts';

/** The books of a run with control, and of the same seed without. */
export interface Ledgers {
  readonly own: Ledger;
  readonly idle: Ledger;
}

/** Null where nothing is billed. */
export function ledgersFor(tariff: Tariff | null): Ledgers | null {
  return tariff === null ? null : { own: new Ledger(tariff), idle: new Ledger(tariff) };
}

/** After each step of a plant: what its meters show stands until the next. */
export function countInto(ledger: Ledger | undefined, plant: Plant): void {
  ledger?.count(plant.nowMs, STEP_MS, metersOf(plant));
}

function* metersOf({ feeder, sites }: Plant): Generator<readonly [string, MeterReading]> {
  yield ['feeder', { importKw: feeder.importKw, loadKw: Math.max(0, feeder.importKw) }];
  for (const [site, { importKw, loadKw }] of sites) yield [site, { importKw, loadKw }];
}

export function economicsOf({ own, idle }: Ledgers, sites: readonly string[]): Economics {
  const { currency, timeZone } = own.tariff;
  return {
    currency,
    timeZone,
    feeder: own.against(idle, 'feeder'),
    sites: sites.map((site) => ({ site, ...own.against(idle, site) })),
  };
}
