import type { AgentStore, Devices } from '@tieline/edge-agent';

/** What a process meets that has no power any more: whatever it would still do comes to nothing. */
export class PowerCut extends Error {}

/** At which transaction from now on the power of a gateway fails, and whether that one is durable. */
export interface CutPlan {
  /** 1 is the next one. */
  readonly atWrite: number;
  /** True: it fails behind the commit; false: before it, and what was written in it is gone. */
  readonly kept: boolean;
}

/**
 * The power of one process. It fails at once, or at a transaction of its own: from then on nothing that the process
 * does reaches its disk or its devices, and its link is broken.
 */
export class Power {
  readonly #whenCut: () => void;
  #plan: CutPlan | null = null;
  #isOff = false;

  constructor(whenCut: () => void) {
    this.#whenCut = whenCut;
  }

  planCut(plan: CutPlan): void {
    this.#plan = plan;
  }

  cut(): void {
    if (this.#isOff) return;
    this.#isOff = true;
    this.#whenCut();
  }

  /** @throws {PowerCut} where there is none any more */
  demand(): void {
    if (this.#isOff) throw new PowerCut('the power is off');
  }

  /** The plan, where it is the transaction that begins now that it speaks of. */
  nextWrite(): CutPlan | null {
    const plan = this.#plan;
    if (plan === null) return null;
    this.#plan = { ...plan, atWrite: plan.atWrite - 1 };
    return plan.atWrite === 1 ? plan : null;
  }
}

/** A store whose process may lose its power within a transaction. */
export function poweredStore(store: AgentStore, power: Power): AgentStore {
  return {
    ...store,
    transaction<T>(work: () => T): T {
      power.demand();
      const plan = power.nextWrite();
      if (plan === null) return store.transaction(work);
      try {
        store.transaction(() => {
          work();
          // What is thrown within a transaction undoes it, as a journal that was never finished does.
          if (!plan.kept) throw new PowerCut('before the commit');
        });
      } finally {
        power.cut();
      }
      throw new PowerCut('behind the commit');
    },
  };
}

/** Devices that a process without power reaches no more. */
export function poweredDevices(devices: Devices, power: Power): Devices {
  return {
    ...devices,
    async readAll(deadlineMs) {
      power.demand();
      return devices.readAll(deadlineMs);
    },
    async write(asset, setpoint, deadlineMs) {
      power.demand();
      return devices.write(asset, setpoint, deadlineMs);
    },
  };
}
