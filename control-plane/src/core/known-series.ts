import type { TelemetryStore } from '../ports/telemetry-store.ts';
import { OTHER_SERIES_MAX } from './bounds.ts';

/**
 * Which series of a site are taken. An agent names its assets as it likes: those that the policy knows, the
 * meter and the site itself are taken always, and of others (the loads behind the meter) a bounded number, so
 * that no agent's key can fill the store and the memory with names.
 */
export class KnownSeries {
  readonly #store: TelemetryStore;
  readonly #isNamed: (site: string, asset: string) => boolean;
  readonly #taken = new Map<string, { readonly keys: Set<string>; others: number }>();

  /** @param isNamed  whether policy or configuration know the asset */
  constructor(store: TelemetryStore, isNamed: (site: string, asset: string) => boolean) {
    this.#store = store;
    this.#isNamed = isNamed;
  }

  takes(site: string, asset: string, quantity: string): boolean {
    const taken = this.#takenAt(site);
    const key = `${asset}/${quantity}`;
    if (taken.keys.has(key)) return true;
    if (!this.#isNamed(site, asset)) {
      if (taken.others >= OTHER_SERIES_MAX) return false;
      taken.others += 1;
    }
    taken.keys.add(key);
    return true;
  }

  #takenAt(site: string): { readonly keys: Set<string>; others: number } {
    let taken = this.#taken.get(site);
    if (taken === undefined) {
      const stored = this.#store.series(site);
      const keys = new Set(stored.map(({ asset, quantity }) => `${asset}/${quantity}`));
      const others = stored.filter(({ asset }) => !this.#isNamed(site, asset)).length;
      taken = { keys, others };
      this.#taken.set(site, taken);
    }
    return taken;
  }
}
