/** What a meter counted in one interval of a tariff. */
export interface Interval {
  readonly startMs: number;
  readonly endMs: number;
  /** Of the day, month or year that it is billed in. */
  readonly period: string;
  importKwh: number;
  exportKwh: number;
  loadKwh: number;
  /** Of drawn energy, less what was earned; in the tariff's currency. */
  cost: number;
  /** How much of it was counted, ms. */
  countedMs: number;
}

/** What flows at an instant, and for how long. */
export interface Flow {
  /** At the meter; negative while it exports. */
  readonly importKw: number;
  readonly loadKw: number;
  readonly importPrice: number;
  readonly exportPrice: number;
  readonly lastsMs: number;
}

const MS_PER_HOUR = 3_600_000;

/** The book of one meter: what was drawn and fed in, interval by interval. */
export class MeterBook {
  readonly intervals: Interval[] = [];

  /** Goes on with an interval; the first count of it opens it. */
  count(of: Pick<Interval, 'startMs' | 'endMs' | 'period'>, flow: Flow): void {
    let interval = this.intervals.at(-1);
    if (interval?.startMs !== of.startMs) {
      interval = { ...of, importKwh: 0, exportKwh: 0, loadKwh: 0, cost: 0, countedMs: 0 };
      this.intervals.push(interval);
    }
    const hours = flow.lastsMs / MS_PER_HOUR;
    const importKwh = Math.max(0, flow.importKw) * hours;
    const exportKwh = Math.max(0, -flow.importKw) * hours;
    interval.importKwh += importKwh;
    interval.exportKwh += exportKwh;
    interval.loadKwh += flow.loadKw * hours;
    interval.cost += importKwh * flow.importPrice - exportKwh * flow.exportPrice;
    interval.countedMs += flow.lastsMs;
  }
}

/** Mean import over an interval, kW. */
export function meanKw({ importKwh, startMs, endMs }: Interval): number {
  return importKwh / ((endMs - startMs) / MS_PER_HOUR);
}
