import { assert, HOUR_MS, QUARTER_HOUR_MS } from '@tieline/kernel';
import { type Comparison, compare } from './bill.ts';
import { LocalTime } from './local-time.ts';
import { type Interval, MeterBook } from './meter-book.ts';
import { priceAt, type Tariff } from './tariff.ts';

/** What a meter shows now, kW. */
export interface MeterReading {
  readonly importKw: number;
  readonly loadKw: number;
}

/** By name. */
export type Meters = readonly (readonly [string, MeterReading])[];

/** Bills of the feeder and its sites, with control and without. */
export interface Economics {
  readonly currency: string;
  readonly timeZone: string;
  readonly feeder: Comparison;
  readonly sites: readonly (Comparison & { readonly site: string })[];
}

type Billed = Pick<Interval, 'startMs' | 'endMs' | 'period'>;

/** Keeps the books of the feeder's meter and of every site's, by one tariff. */
export class Ledger {
  readonly tariff: Tariff;
  readonly #time: LocalTime;
  readonly #books = new Map<string, MeterBook>();
  #interval: Billed | null = null;

  constructor(tariff: Tariff) {
    this.tariff = tariff;
    this.#time = new LocalTime(tariff.timeZone);
  }

  /** @param meters  what they show stands from `fromMs` on for `lastsMs`, over the ends of intervals, too */
  count(fromMs: number, lastsMs: number, meters: Meters): void {
    const untilMs = fromMs + lastsMs;
    for (let tMs = fromMs; tMs < untilMs; ) {
      const interval = this.#intervalAt(tMs);
      const partMs = Math.min(untilMs, interval.endMs) - tMs;
      this.#countPart(interval, tMs + partMs / 2, partMs, meters);
      tMs += partMs;
    }
  }

  #countPart(interval: Billed, middleMs: number, lastsMs: number, meters: Meters): void {
    const importPrice = priceAt(this.tariff, 'importPerKwh', this.#time, middleMs);
    const exportPrice = priceAt(this.tariff, 'exportPerKwh', this.#time, middleMs);
    for (const [name, { importKw, loadKw }] of meters) {
      const book = this.#books.get(name) ?? new MeterBook();
      this.#books.set(name, book);
      book.count(interval, { importKw, loadKw, importPrice, exportPrice, lastsMs });
    }
  }

  /** Of one meter; empty where nothing was counted. */
  intervals(meter: string): readonly Interval[] {
    return this.#books.get(meter)?.intervals ?? [];
  }

  /** Of one meter, beside the same of a run without control. */
  against(idle: Ledger, meter: string): Comparison {
    return compare(this.intervals(meter), idle.intervals(meter), this.tariff.demand);
  }

  /**
   * Intervals count from the local midnight to the next: the hour that a clock change repeats has its own, and a day of
   * twenty-four hours and a half ends with half of one.
   */
  #intervalAt(tMs: number): Billed {
    const last = this.#interval;
    if (last !== null && tMs >= last.startMs && tMs < last.endMs) return last;
    const { demand } = this.tariff;
    const lengthMs = demand?.intervalMs ?? QUARTER_HOUR_MS;
    assert(HOUR_MS % lengthMs === 0, 'an interval is a whole part of an hour');
    const { startMs: midnightMs, endMs: nextMidnightMs, date } = this.#time.day(tMs);
    const startMs = midnightMs + Math.floor((tMs - midnightMs) / lengthMs) * lengthMs;
    const period = date.slice(0, { day: 10, month: 7, year: 4 }[demand?.period ?? 'day']);
    this.#interval = { startMs, endMs: Math.min(startMs + lengthMs, nextMidnightMs), period };
    return this.#interval;
  }
}
