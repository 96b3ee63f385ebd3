import type { Devices } from '../ports/devices.ts';
import type { AgentStore } from '../ports/store.ts';
import { answeredOf, type Receipts } from './desks/receipts.ts';
import { isControllable } from './law/control-state.ts';
import { isMeasured, type ProcessImage } from './law/process-image.ts';

/**
 * Commands of an earlier boot. What had not begun has expired; of the others nobody saw the effect, and
 * they are resolved by reading the plant, never by acting again.
 */
export class Unresolved {
  readonly #store: AgentStore;
  readonly #receipts: Receipts;
  #commands: readonly string[] = [];

  constructor(store: AgentStore, receipts: Receipts) {
    this.#store = store;
    this.#receipts = receipts;
  }

  /** Looks at what the last boot left; call inside the first transaction of this one. */
  begin(): void {
    const left: string[] = [];
    for (const stored of this.#store.unfinishedCommands()) {
      const last = this.#store.lastReceiptOf(stored.command)?.status.state ?? 'accepted';
      if (last === 'accepted' || last === 'scheduled') {
        this.#receipts.put(answeredOf(stored), { state: 'expired' }, null);
        this.#store.putCommand({ ...stored, finished: true });
        continue;
      }
      // Not over before the plant was read: this boot may end before it comes to that.
      left.push(stored.command);
      if (last !== 'unknown') this.#receipts.put(answeredOf(stored), { state: 'unknown' }, null);
    }
    this.#commands = left;
  }

  /** Commands whose effect this cycle has settled: each device was read, and told without trouble what holds now. */
  settledBy(
    { ratings }: Pick<Devices, 'ratings'>,
    image: ProcessImage,
    troubles: number,
  ): readonly string[] {
    if (this.#commands.length === 0 || troubles > 0) return [];
    const allRead = ratings
      .filter(isControllable)
      .every(({ asset }) => isMeasured(image.readings[asset]));
    return allRead ? this.#commands : [];
  }

  /** Puts their reversion on record; call inside a transaction, and `done` after it. */
  resolve(commands: readonly string[]): void {
    for (const command of commands) {
      const stored = this.#store.command(command);
      if (stored === undefined) continue;
      this.#receipts.put(answeredOf(stored), { state: 'reverted' }, null);
      this.#store.putCommand({ ...stored, finished: true });
    }
  }

  done(commands: readonly string[]): void {
    this.#commands = this.#commands.filter((command) => !commands.includes(command));
  }
}
