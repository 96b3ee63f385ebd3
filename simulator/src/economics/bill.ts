import { type Interval, meanKw } from './meter-book.ts';
import type { DemandCharge } from './tariff.ts';

/** Money in the tariff's currency. */
export interface Bill {
  readonly importKwh: number;
  readonly exportKwh: number;
  /** Less what was earned. */
  readonly energyCost: number;
  readonly demandCost: number;
  readonly total: number;
  /** By period, highest mean import of a whole interval, kW. */
  readonly peaksKw: Readonly<Record<string, number>>;
}

/** One meter's bill beside that of the same seed without control. */
export interface Comparison {
  readonly withControl: Bill;
  readonly withoutControl: Bill;
  /** Of the total; negative where control costs. */
  readonly saved: number;
  /** Energy that was drawn less, in the intervals in which less was drawn. */
  readonly movedKwh: number;
  /** Of what the load drew, 0 to 1. */
  readonly movedShare: number;
}

/** Sums of a book. An interval that was not counted to its end says nothing of a peak. */
export function billOf(intervals: readonly Interval[], demand: DemandCharge | null): Bill {
  const peaksKw: Record<string, number> = {};
  for (const interval of intervals) {
    if (interval.countedMs < interval.endMs - interval.startMs) continue;
    const { period } = interval;
    peaksKw[period] = Math.max(peaksKw[period] ?? 0, meanKw(interval));
  }
  const energyCost = sumOf(intervals, ({ cost }) => cost);
  const demandCost = demand === null ? 0 : demandCostOf(Object.values(peaksKw), demand);
  return {
    importKwh: sumOf(intervals, ({ importKwh }) => importKwh),
    exportKwh: sumOf(intervals, ({ exportKwh }) => exportKwh),
    energyCost,
    demandCost,
    total: energyCost + demandCost,
    peaksKw,
  };
}

/** @param peaksKw  of the periods, in their order */
function demandCostOf(peaksKw: readonly number[], { perKw, ratchet }: DemandCharge): number {
  let highestKw = 0;
  let cost = 0;
  for (const peakKw of peaksKw) {
    cost += Math.max(peakKw, ratchet * highestKw) * perKw;
    highestKw = Math.max(highestKw, peakKw);
  }
  return cost;
}

export function compare(
  own: readonly Interval[],
  idle: readonly Interval[],
  demand: DemandCharge | null,
): Comparison {
  const [withControl, withoutControl] = [billOf(own, demand), billOf(idle, demand)];
  const idleKwh = new Map(idle.map((interval) => [interval.startMs, netKwh(interval)]));
  const movedKwh = sumOf(own, (interval) =>
    Math.max(0, (idleKwh.get(interval.startMs) ?? 0) - netKwh(interval)),
  );
  const loadKwh = sumOf(idle, (interval) => interval.loadKwh);
  return {
    withControl,
    withoutControl,
    saved: withoutControl.total - withControl.total,
    movedKwh,
    movedShare: loadKwh > 0 ? movedKwh / loadKwh : 0,
  };
}

function netKwh({ importKwh, exportKwh }: Interval): number {
  return importKwh - exportKwh;
}

function sumOf(intervals: readonly Interval[], of: (interval: Interval) => number): number {
  return intervals.reduce((sum, interval) => sum + of(interval), 0);
}
