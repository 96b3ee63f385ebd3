import { STEP_MS } from '../plant/plant.ts';
import type { Ledger, Meters } from './ledger.ts';

/**
 * What meters show when somebody looks, made into what they count: each look stands from half-way since the one before it
 * to half-way to the next, however late that comes. A plant on a clock that runs by itself does not move to the millisecond,
 * and a quarter hour of 899 looks is a whole one all the same.
 */
export class MeterLooks {
  readonly #ledger: Ledger;
  readonly #endMs: number;
  /** Until then all is counted, Unix ms. */
  #countedMs: number;
  #last: { readonly atMs: number; readonly meters: Meters } | null = null;

  /** @param within  what is counted, Unix ms */
  constructor(ledger: Ledger, within: { readonly startMs: number; readonly endMs: number }) {
    this.#ledger = ledger;
    this.#countedMs = within.startMs;
    this.#endMs = within.endMs;
  }

  look(atMs: number, meters: Meters): void {
    if (this.#last !== null) this.#countUntil((this.#last.atMs + atMs) / 2);
    this.#last = { atMs, meters };
  }

  /** There is no look any more: what was seen last stood for a step at most. */
  close(): void {
    if (this.#last !== null) this.#countUntil(this.#last.atMs + STEP_MS);
    this.#last = null;
  }

  #countUntil(untilMs: number): void {
    const lastsMs = Math.min(untilMs, this.#endMs) - this.#countedMs;
    if (lastsMs <= 0) return;
    this.#ledger.count(this.#countedMs, lastsMs, this.#last?.meters ?? []);
    this.#countedMs += lastsMs;
  }
}
