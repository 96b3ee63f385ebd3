import { heldAt, type Series } from '../series/series.ts';
import type { LocalTime } from './local-time.ts';

/** A price per kWh: the same at all times, by the hour that the clock shows, or as a market has set it. May be negative. */
export type Price = number | readonly number[] | Series;

/** Other prices for a while, which stand above the tariff's own; of several the later one. */
export interface PriceSpike {
  readonly fromMs: number;
  readonly toMs: number;
  readonly importPerKwh?: number;
  readonly exportPerKwh?: number;
}

/** What the highest mean import of an interval costs, each period. */
export interface DemandCharge {
  /** For one kW of a whole period. */
  readonly perKw: number;
  readonly intervalMs: number;
  readonly period: 'day' | 'month' | 'year';
  /** No period is billed for less than this share of the highest one before it; 0: each stands for itself. */
  readonly ratchet: number;
}

export interface Tariff {
  /** Hours, days and periods are those of its clocks. */
  readonly timeZone: string;
  /** As bills say it: EUR. */
  readonly currency: string;
  /** What drawn energy costs. */
  readonly importPerKwh: Price;
  /** What energy that is fed in earns. */
  readonly exportPerKwh: Price;
  readonly spikes: readonly PriceSpike[];
  readonly demand: DemandCharge | null;
}

/** Per kWh, at an instant. */
export function priceAt(
  tariff: Tariff,
  way: 'importPerKwh' | 'exportPerKwh',
  time: LocalTime,
  tMs: number,
): number {
  const spike = tariff.spikes.findLast(
    (one) => one[way] !== undefined && one.fromMs <= tMs && tMs < one.toMs,
  );
  return spike?.[way] ?? usualAt(tariff[way], time, tMs);
}

function usualAt(price: Price, time: LocalTime, tMs: number): number {
  if (typeof price === 'number') return price;
  if ('stepMs' in price) return heldAt(price, tMs);
  return price[time.hour(tMs)] ?? 0;
}
