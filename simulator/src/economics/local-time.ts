import { DAY_MS, HOUR_MS, QUARTER_HOUR_MS } from '@tieline/kernel';

/** A day as people there count it: 92 or 100 quarter hours where clocks change. */
export interface LocalDay {
  readonly startMs: number;
  readonly endMs: number;
  /** `2026-03-29`. */
  readonly date: string;
}

/** Whether there is a time zone of that name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** No day is longer, and none that begins within it is missed. */
const DAY_MAX_MS = 30 * HOUR_MS;

/** Unix time as a clock on the wall of a time zone shows it. */
export class LocalTime {
  readonly #format: Intl.DateTimeFormat;
  #quarter = Number.NaN;
  #offsetMs = 0;
  #day: LocalDay | null = null;

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat('en', {
      ...{ timeZone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric' },
      ...{ hour: 'numeric', minute: 'numeric', second: 'numeric' },
    });
  }

  /** How far the clock is ahead of UTC. Since 1972 zones change at whole quarter hours of UTC. */
  offsetMs(tMs: number): number {
    const quarter = Math.floor(tMs / QUARTER_HOUR_MS);
    if (quarter === this.#quarter) return this.#offsetMs;
    const shownMs = quarter * QUARTER_HOUR_MS;
    const parts = new Map(
      this.#format.formatToParts(shownMs).map(({ type, value }) => [type, Number(value)]),
    );
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0;
    const asUtcMs = Date.UTC(
      ...([part('year'), part('month') - 1, part('day')] as const),
      ...([part('hour'), part('minute'), part('second')] as const),
    );
    this.#quarter = quarter;
    this.#offsetMs = asUtcMs - shownMs;
    return this.#offsetMs;
  }

  /** 0 to 23; where a clock change repeats an hour, twice the same. */
  hour(tMs: number): number {
    return new Date(tMs + this.offsetMs(tMs)).getUTCHours();
  }

  day(tMs: number): LocalDay {
    if (this.#day === null || tMs < this.#day.startMs || tMs >= this.#day.endMs) {
      const number = this.#dayNumber(tMs);
      const date = new Date(number * DAY_MS).toISOString().slice(0, 10);
      const around = { fromMs: tMs - DAY_MAX_MS, toMs: tMs + DAY_MAX_MS };
      const startMs = this.#firstOf(number, around);
      this.#day = { startMs, endMs: this.#firstOf(number + 1, around), date };
    }
    return this.#day;
  }

  #dayNumber(tMs: number): number {
    return Math.floor((tMs + this.offsetMs(tMs)) / DAY_MS);
  }

  /** When a day begins, found by halving: clocks may jump over its midnight, and back to before it. */
  #firstOf(day: number, { fromMs, toMs }: { fromMs: number; toMs: number }): number {
    let before = Math.floor(fromMs / QUARTER_HOUR_MS);
    let within = Math.ceil(toMs / QUARTER_HOUR_MS);
    while (within - before > 1) {
      const middle = Math.floor((before + within) / 2);
      if (this.#dayNumber(middle * QUARTER_HOUR_MS) < day) before = middle;
      else within = middle;
    }
    return within * QUARTER_HOUR_MS;
  }
}
