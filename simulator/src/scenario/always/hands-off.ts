import type { ObservedRun } from '../controlled-run.ts';
import { PROMISE } from '../expectation-words.ts';
import type { Scenario } from '../scenario.ts';
import { type Controlled, devicesOf, nameOf } from './controlled.ts';
import { Promised } from './promised.ts';

/** The key may turn between an agent's look and its word, which is less than a cycle. */
const HEARS_WITHIN_MS = 500;

interface Held {
  readonly device: Controlled;
  /** Since when its key is turned, ms after the scenario began; null while it is not. */
  localMs: number | null;
  writes: number;
}

/** Who has turned the key at a device works on it. */
export class HandsOff extends Promised {
  readonly #scenario: Scenario;
  #devices: readonly Held[] | null = null;

  constructor(scenario: Scenario) {
    super(PROMISE.handsOff);
    this.#scenario = scenario;
  }

  look(run: ObservedRun, nowMs: number): void {
    this.#devices ??= devicesOf(this.#scenario, run).map((device) => ({
      ...{ device, localMs: null, writes: 0 },
    }));
    for (const held of this.#devices) {
      const { local, foreignWrites } = held.device.model;
      held.localMs = local ? (held.localMs ?? nowMs) : null;
      const isWritten = foreignWrites > held.writes;
      held.writes = foreignWrites;
      if (!isWritten || held.localMs === null || nowMs - held.localMs <= HEARS_WITHIN_MS) continue;
      this.broken(`${nameOf(held.device)} is written`, nowMs);
    }
  }
}
