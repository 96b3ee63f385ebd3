import type { ActuationTrouble } from './actuator.ts';
import { OVER_AFTER_MS } from './standing.ts';

/** Troubles at devices that are on record: what comes and goes is one trouble, not a new one every few seconds. */
export class Troubles {
  /** When, session ms, each was last seen. */
  #seen: ReadonlyMap<string, number> = new Map();

  /** Those that are not on record yet. */
  fresh(troubles: readonly ActuationTrouble[]): readonly ActuationTrouble[] {
    return troubles.filter((one) => !this.#seen.has(keyOf(one)));
  }

  /** They are on record now. */
  tell(troubles: readonly ActuationTrouble[], nowMs: number): void {
    const standing = [...this.#seen].filter(([, atMs]) => nowMs - atMs < OVER_AFTER_MS);
    this.#seen = new Map([...standing, ...troubles.map((one) => [keyOf(one), nowMs] as const)]);
  }
}

function keyOf({ asset, kind }: ActuationTrouble): string {
  return `${asset} ${kind}`;
}
