import { setImmediate as turn } from 'node:timers/promises';
import type { Clock } from '@tieline/kernel';

interface Sleeper {
  readonly dueMs: number;
  readonly wake: () => void;
}

/** A clock that a test moves by hand; both times go together. */
export class ManualClock implements Clock {
  #nowMs = 0;
  #sleepers: Sleeper[] = [];
  readonly #wallOriginMs: number;

  constructor(wallOriginMs = 1_700_000_000_000) {
    this.#wallOriginMs = wallOriginMs;
  }

  wallMs(): number {
    return this.#wallOriginMs + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  sleepUntil(dueMs: number, signal?: AbortSignal): Promise<void> {
    if (dueMs <= this.#nowMs || signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper = { dueMs, wake: resolve };
      this.#sleepers.push(sleeper);
      signal?.addEventListener('abort', () => {
        this.#sleepers = this.#sleepers.filter((one) => one !== sleeper);
        resolve();
      });
    });
  }

  /** Wakes every sleeper in the order of its time; whatever follows from one happens before the next. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#nowMs + ms;
    await turn();
    for (;;) {
      const dueMs = Math.min(...this.#sleepers.map((one) => one.dueMs));
      if (dueMs > endMs) break;
      this.#nowMs = Math.max(this.#nowMs, dueMs);
      const woken = this.#sleepers.filter((one) => one.dueMs <= this.#nowMs);
      this.#sleepers = this.#sleepers.filter((one) => one.dueMs > this.#nowMs);
      for (const { wake } of woken) wake();
      await turn();
    }
    this.#nowMs = endMs;
    await turn();
  }
}
