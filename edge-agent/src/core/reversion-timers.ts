import type { AssetId } from '@tieline/kernel';

/** A timer is expected to be seen running within this time of its start. */
const SEEN_WITHIN_MS = 3_000;
/** A device shows its timer this late at most, s. */
const SHOWN_LATE_S = 5;

/** The last write to an asset: when, session ms, and whether it set anything that has to end. */
interface LastWrite {
  readonly powerKw: number | null;
  readonly atMs: number;
}

/**
 * Whether the devices' own timers run. Devices accept a reversion time and never run it, or show one that stands
 * still: it counts as armed only while it is seen to fall. Of a setpoint that is written anew before it could fall, only
 * that it was started anew is seen.
 */
export class ReversionTimers {
  readonly #reversionS: number;
  /** What an asset shows, and since when. */
  readonly #shown = new Map<AssetId, { readonly remainingS: number | null; sinceMs: number }>();
  /** Since when, session ms, a timer that was started does not run. */
  readonly #unarmedSinceMs = new Map<AssetId, number>();

  /** @param reversionS  what every write starts the timer from */
  constructor(reversionS: number) {
    this.#reversionS = reversionS;
  }

  /** Takes in what an asset shows, s; null where its timer does not run. Gives whether that is a trouble. */
  isUnarmed(
    asset: AssetId,
    remainingS: number | null,
    last: LastWrite | undefined,
    nowMs: number,
  ): boolean {
    if (this.#shown.get(asset)?.remainingS !== remainingS) {
      this.#shown.set(asset, { remainingS, sinceMs: nowMs });
    }
    const brokenMs = last?.powerKw === null ? null : this.#brokenMs(asset, remainingS, last, nowMs);
    if (brokenMs === null) {
      this.#unarmedSinceMs.delete(asset);
      return false;
    }
    // Not from each write anew: a setpoint that moves every second would never be looked at.
    const sinceMs = this.#unarmedSinceMs.get(asset) ?? brokenMs;
    this.#unarmedSinceMs.set(asset, sinceMs);
    return nowMs - sinceMs >= SEEN_WITHIN_MS;
  }

  forget(asset: AssetId): void {
    this.#shown.delete(asset);
    this.#unarmedSinceMs.delete(asset);
  }

  /** Since when the timer cannot be running, session ms; null where it may be. */
  #brokenMs(
    asset: AssetId,
    remainingS: number | null,
    last: LastWrite | undefined,
    nowMs: number,
  ): number | null {
    if (remainingS === null) return last?.atMs ?? null;
    const stillMs = Math.max(this.#shown.get(asset)?.sinceMs ?? nowMs, last?.atMs ?? 0);
    if (nowMs - stillMs >= SEEN_WITHIN_MS) return stillMs;
    if (last === undefined) return null;
    const dueS = this.#reversionS - (nowMs - last.atMs) / 1_000;
    return remainingS < dueS - SHOWN_LATE_S ? nowMs : null;
  }
}
