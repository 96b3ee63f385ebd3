import { type Economics, Ledger, type Meters } from '../economics/ledger.ts';
import { MeterLooks } from '../economics/meter-looks.ts';
import type { Tariff } from '../economics/tariff.ts';
import type { Plant } from '../plant/plant.ts';
import type { Scenario } from './scenario.ts';

/** The books of a run with control, and of the same seed without. */
export interface Ledgers {
  readonly own: Ledger;
  readonly idle: Ledger;
}

/** Null where nothing is billed. */
export function ledgersFor(tariff: Tariff | null): Ledgers | null {
  return tariff === null ? null : { own: new Ledger(tariff), idle: new Ledger(tariff) };
}

/** Null where nothing is billed. */
export function looksFor(
  ledger: Ledger | undefined,
  { startMs, durationMs }: Scenario,
): MeterLooks | null {
  return ledger === undefined
    ? null
    : new MeterLooks(ledger, { startMs, endMs: startMs + durationMs });
}

/** Every meter of a plant: of the feeder, and of each site. */
export function metersOf({ feeder, sites }: Plant): Meters {
  const load = { importKw: feeder.importKw, loadKw: Math.max(0, feeder.importKw) };
  return [
    ['feeder', load],
    ...[...sites].map(([site, { importKw, loadKw }]) => [site, { importKw, loadKw }] as const),
  ];
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
