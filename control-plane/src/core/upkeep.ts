import { messageOf } from '@tieline/kernel';
import type { Now } from './agent-state.ts';
import { FAULT_ALARM_AGAIN_MS } from './bounds.ts';
import { alarm, type ControlEvent } from './events.ts';

/**
 * Runs what the control plane does by itself, and lets no failure of it end the process that all sites
 * need: a full disk least of all. Whoever calls comes again, so what failed is tried again; it says so when
 * it begins to fail, and then once a minute. Rejected: to end and be started anew, which meets the same disk
 * and the same command again.
 */
export class Upkeep {
  readonly #now: () => Now;
  readonly #emit: (event: ControlEvent) => void;
  /** When each failing work is next worth an alarm, monotonic ms; as many as there are works and sites. */
  readonly #failing = new Map<string, number>();

  constructor(ports: { readonly now: () => Now; readonly emit: (event: ControlEvent) => void }) {
    this.#now = ports.now;
    this.#emit = ports.emit;
  }

  /** @param site  null where the work is for all of them */
  attempt(work: string, site: string | null, step: () => void): void {
    const key = `${work}/${site ?? ''}`;
    try {
      step();
      this.#failing.delete(key);
    } catch (thrown) {
      const { monotonicMs } = this.#now();
      if (monotonicMs < (this.#failing.get(key) ?? -Infinity)) return;
      this.#failing.set(key, monotonicMs + FAULT_ALARM_AGAIN_MS);
      this.#emit(alarm('work_failed', site, `${work}: ${messageOf(thrown)}`));
    }
  }
}
