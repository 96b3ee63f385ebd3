import type { AssetId } from '@tieline/kernel';
import type { AssetRatings } from '../ports/devices.ts';
import type { AgentStore } from '../ports/store.ts';
import { answeredOf, type Receipts } from './desks/receipts.ts';
import { assetOf, type CommandEvent } from './law/active-actions.ts';
import { type ActiveAction, isControllable } from './law/control-state.ts';

/** What is open beyond this is not looked at again before the next start. */
const OPEN_MAX = 256;

/** An effect that nobody saw. `index` null speaks of the whole command. */
interface Open {
  readonly command: string;
  readonly index: number | null;
  /** Assets that have not read back since what holds now. */
  readonly assets: readonly AssetId[];
}

/**
 * Commands whose effect is unknown: those of an earlier boot that had begun, and those that ended on a device
 * which did not read back. They are resolved by reading the plant, never by acting again: an asset that reads
 * back what this boot has told it holds nothing of theirs any more. One that cannot be read leaves them unknown.
 */
export class Unresolved {
  readonly #store: AgentStore;
  readonly #receipts: Receipts;
  readonly #assets: readonly AssetId[];
  #open: readonly Open[] = [];

  constructor(store: AgentStore, receipts: Receipts, ratings: readonly AssetRatings[]) {
    this.#store = store;
    this.#receipts = receipts;
    this.#assets = ratings.filter(isControllable).map(({ asset }) => asset);
  }

  /** Looks at what the last boot left; call inside the first transaction of this one. */
  begin(): void {
    const left: Open[] = [];
    for (const stored of this.#store.unfinishedCommands()) {
      const last = this.#store.lastReceiptOf(stored.command)?.status.state ?? 'accepted';
      if (last === 'accepted' || last === 'scheduled') {
        this.#receipts.put(answeredOf(stored), { state: 'expired' }, null);
        this.#store.putCommand({ ...stored, finished: true });
        continue;
      }
      // Not over before the plant was read: this boot may end before it comes to that. Its record, which told
      // what it moved, may have left the gateway: it waits for every asset.
      left.push({ command: stored.command, index: null, assets: this.#assets });
      if (last !== 'unknown') this.#receipts.put(answeredOf(stored), { state: 'unknown' }, null);
    }
    this.#open = left;
  }

  /** Takes over what the control law gives up waiting for. `actions`: those before it did. */
  take(events: readonly CommandEvent[], actions: readonly ActiveAction[]): void {
    for (const { command, index, status } of events) {
      if (status.state !== 'unknown') continue;
      const one = actions.find((other) => other.command === command && other.index === index);
      const asset = one === undefined ? null : assetOf(one.action);
      if (asset === null) continue;
      this.#open = [...this.#open, { command, index, assets: [asset] }].slice(-OPEN_MAX);
    }
  }

  has(command: string): boolean {
    return this.#open.some((one) => one.command === command);
  }

  /** Takes in which assets read back; gives what that resolves, until it is `done`. */
  see(readBack: ReadonlySet<AssetId>): readonly Open[] {
    if (this.#open.length === 0) return [];
    this.#open = this.#open.map((one) => ({
      ...one,
      assets: one.assets.filter((asset) => !readBack.has(asset)),
    }));
    return this.#open.filter(({ assets }) => assets.length === 0);
  }

  /** Puts reversions on record; call inside a transaction, and `done` after it. */
  resolve(resolved: readonly Open[], isActive: (command: string) => boolean): void {
    const still = new Set(this.#open.filter((one) => !resolved.includes(one)).map(commandOf));
    for (const { command, index } of resolved) {
      const stored = this.#store.command(command);
      if (stored === undefined) continue;
      this.#receipts.put(answeredOf(stored), { state: 'reverted' }, index);
      const finished = !isActive(command) && !still.has(command);
      this.#store.putCommand({ ...stored, finished });
    }
  }

  done(resolved: readonly Open[]): void {
    this.#open = this.#open.filter((one) => !resolved.includes(one));
  }
}

function commandOf({ command }: Open): string {
  return command;
}
