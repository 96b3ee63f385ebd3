import type { ObservedRun } from '../controlled-run.ts';
import { PROMISE } from '../expectation-words.ts';
import type { Scenario } from '../scenario.ts';
import { type Controlled, devicesOf, nameOf } from './controlled.ts';
import { Promised } from './promised.ts';

/** A timer that runs for a minute is started anew long before. */
const LEAST_S = 20;
/** After a fault a device hears of its agent again within this time. */
const HEARD_WITHIN_MS = 62_000;

/** A device is told again in good time: its own timer is for an agent that is no more. */
export class Armed extends Promised {
  readonly #scenario: Scenario;
  #devices: readonly { readonly device: Controlled; soundMs: number | null }[] | null = null;

  constructor(scenario: Scenario) {
    super(PROMISE.armed);
    this.#scenario = scenario;
  }

  look(run: ObservedRun, nowMs: number): void {
    this.#devices ??= devicesOf(this.#scenario, run).map((device) => ({ device, soundMs: null }));
    for (const one of this.#devices) {
      const { model, site } = one.device;
      const isSound = run.hasAgent(site.plant.site) && model.fault === null && !model.local;
      one.soundMs = isSound ? (one.soundMs ?? nowMs) : null;
      const restS = model.reversionRemainingS();
      if (one.soundMs === null || nowMs - one.soundMs < HEARD_WITHIN_MS || restS === null) continue;
      if (restS < LEAST_S) this.broken(`${nameOf(one.device)} lets go in ${restS} s`, nowMs);
    }
  }
}
