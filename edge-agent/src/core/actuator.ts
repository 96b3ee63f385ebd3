import type { AssetId } from '@tieline/kernel';
import type { SitePolicy } from '@tieline/protocol';
import type { AssetMeasurement, AssetRatings, Devices, WriteOutcome } from '../ports/devices.ts';
import { OBEY_WITHIN_MS } from './law/confirm.ts';
import type { Decision } from './law/decide.ts';
import { isMeasured, type ProcessImage } from './law/process-image.ts';
import { follows, holds } from './law/read-back.ts';
import { ReversionTimers } from './reversion-timers.ts';

/** What is asked stands on the device for this long without a new word: then it falls back by itself. */
const REVERSION_S = 60;
/** The device hears from its agent this often, so that its timer never runs out while the agent lives. */
const REFRESH_MS = 20_000;
const WRITE_DEADLINE_MS = 300;
/** A setpoint is expected to be read back within this time of its write. */
const READ_BACK_MS = 3_000;

/** A write that is lost is no news; a device that is read, and answers none for so long, takes none, ms. */
const UNANSWERED_MAX_MS = 30_000;

interface Written {
  readonly powerKw: number | null;
  readonly atMs: number;
}

export interface ActuationTrouble {
  readonly asset: AssetId;
  /**
   * `foreign_setpoint`: the device holds a setpoint that this agent did not write. `reversion_not_armed`: its
   * own timer does not run, so that it would hold its setpoint for ever without this agent. `setpoint_not_followed`:
   * it holds what it was told, and does something else. `write_unanswered`: whether the write arrived nobody knows.
   * `write_failed`: it was refused, or none was answered for a while by a device that is read.
   */
  readonly kind:
    | 'write_failed'
    | 'write_unanswered'
    | 'foreign_setpoint'
    | 'reversion_not_armed'
    | 'setpoint_not_followed';
  readonly detail: string;
}

/** Brings decisions to the devices, and keeps each device's own reversion timer armed behind them. */
export class Actuator {
  readonly #devices: Devices;
  readonly #ratings: ReadonlyMap<AssetId, AssetRatings>;
  /** What each asset may read back, oldest first: what stood a read-back ago, and what was written since. */
  readonly #written = new Map<AssetId, readonly Written[]>();
  /** Assets that read back something else, until they read back what was written: one trouble, however often. */
  readonly #disputed = new Set<AssetId>();
  readonly #timers = new ReversionTimers(REVERSION_S);
  /** Since when, session ms, an asset that holds what it was told does something else. */
  readonly #strayingSinceMs = new Map<AssetId, number>();
  /** Since when, session ms, an asset answers no write. */
  readonly #unansweredSinceMs = new Map<AssetId, number>();

  constructor(devices: Devices) {
    this.#devices = devices;
    this.#ratings = new Map(devices.ratings.map((rating) => [rating.asset, rating]));
  }

  /** Writes what changed and what is due for refreshing, all assets side by side; each within its deadline. */
  async apply(
    decision: Decision,
    image: ProcessImage,
    policy: SitePolicy,
  ): Promise<readonly ActuationTrouble[]> {
    const troubles: ActuationTrouble[] = [];
    const writes: Promise<void>[] = [];
    for (const [asset, askedKw] of Object.entries(decision.setpoints)) {
      const reading = image.readings[asset];
      if (isMeasured(reading) && reading.local) {
        this.#forget(asset);
        continue;
      }
      if (isMeasured(reading)) troubles.push(...this.#look(asset, reading, image.sessionMs));
      const governed = policy.assets.find((one) => one.asset === asset);
      const { kind, chargeMaxKw = 0 } = this.#ratings.get(asset) ?? {};
      // Let go, a flexible load is told all that it may draw: it has to fall back without its agent then as well.
      const isWatched = kind === 'flexible-load' && governed !== undefined;
      const toldKw = askedKw ?? (isWatched ? 0 - chargeMaxKw : null);
      if (!this.#due(asset, toldKw, image)) continue;
      const safeKw = governed?.safePowerKw ?? 0;
      const setpoint = {
        activePowerKw: toldKw,
        reversionS: REVERSION_S,
        // Without its agent the sun is nobody's risk; what a store gives or cars draw is.
        revertKw: kind === 'pv' ? null : safeKw,
      };
      const write = this.#devices.write(asset, setpoint, WRITE_DEADLINE_MS).then((outcome) => {
        const trouble = this.#settle(asset, toldKw, image, outcome);
        if (trouble !== null) troubles.push(trouble);
      });
      writes.push(write);
    }
    await Promise.all(writes);
    return troubles;
  }

  /** Assets that hold what this agent has told them in an earlier cycle, or nothing where it told them nothing yet. */
  readBack(image: ProcessImage): ReadonlySet<AssetId> {
    const ratings = [...this.#ratings.values()].filter((rating) => {
      const reading = image.readings[rating.asset];
      if (!isMeasured(reading)) return false;
      const written = this.#written.get(rating.asset);
      if (written === undefined) return reading.setpointKw === null;
      return written.some(({ powerKw }) => holds(rating, reading.setpointKw, powerKw));
    });
    return new Set(ratings.map(({ asset }) => asset));
  }

  /** What is wrong with what an asset reads back. */
  #look(asset: AssetId, reading: AssetMeasurement, nowMs: number): readonly ActuationTrouble[] {
    const foreign = this.#foreign(asset, reading, nowMs);
    const { reversionRemainingS, activePowerKw } = reading;
    const last = this.#written.get(asset)?.at(-1);
    const unarmed = this.#timers.isUnarmed(asset, reversionRemainingS, last, nowMs);
    const strays = foreign === null && this.#strays(asset, activePowerKw, nowMs);
    return [
      ...(foreign === null ? [] : [foreign]),
      ...(unarmed ? [notArmed(asset)] : []),
      ...(strays ? [notFollowed(asset, last?.powerKw ?? null, activePowerKw)] : []),
    ];
  }

  #due(asset: AssetId, powerKw: number | null, image: ProcessImage): boolean {
    const last = this.#written.get(asset)?.at(-1);
    // An asset that was never held back is left as it is.
    if (last === undefined) return powerKw !== null || this.#holds(image.readings[asset]);
    if (last.powerKw !== powerKw) return true;
    const ageMs = image.sessionMs - last.atMs;
    if (this.#disputed.has(asset) && ageMs >= READ_BACK_MS) return true;
    return powerKw !== null && ageMs >= REFRESH_MS;
  }

  #holds(reading: ProcessImage['readings'][string] | undefined): boolean {
    return isMeasured(reading) && reading.setpointKw !== null;
  }

  #settle(
    asset: AssetId,
    powerKw: number | null,
    { sessionMs: nowMs, readings }: ProcessImage,
    outcome: WriteOutcome,
  ): ActuationTrouble | null {
    if (outcome.ok) {
      const before = standing(this.#written.get(asset) ?? [], nowMs);
      this.#written.set(asset, [...before, { powerKw, atMs: nowMs }]);
      this.#unansweredSinceMs.delete(asset);
      return null;
    }
    // It may have arrived all the same: what the device holds is anybody's guess until the next write.
    this.#written.delete(asset);
    const isUnheard = outcome.fault === 'silent' || outcome.fault === 'unreachable';
    const isLost = isUnheard && !this.#isDeaf(asset, isMeasured(readings[asset]), nowMs);
    const kind = isLost ? 'write_unanswered' : 'write_failed';
    return { asset, kind, detail: `${outcome.fault}: ${outcome.detail}` };
  }

  /** Of a write that was not answered: a device that is not read either is told of as such. */
  #isDeaf(asset: AssetId, isRead: boolean, nowMs: number): boolean {
    const sinceMs = this.#unansweredSinceMs.get(asset) ?? nowMs;
    this.#unansweredSinceMs.set(asset, sinceMs);
    return isRead && nowMs - sinceMs >= UNANSWERED_MAX_MS;
  }

  /** In local control the cabinet has the device: what it was told before counts no more. */
  #forget(asset: AssetId): void {
    this.#written.delete(asset);
    this.#disputed.delete(asset);
    this.#timers.forget(asset);
    this.#strayingSinceMs.delete(asset);
    this.#unansweredSinceMs.delete(asset);
  }

  /** Firmware discards limits, or clips to what it does not show. */
  #strays(asset: AssetId, powerKw: number, nowMs: number): boolean {
    const rating = this.#ratings.get(asset);
    const written = standing(this.#written.get(asset) ?? [], nowMs);
    const isKept = (toldKw: number | null): boolean =>
      toldKw === null || rating === undefined || follows(rating, powerKw, toldKw);
    if (written.length === 0 || written.some((one) => isKept(one.powerKw))) {
      this.#strayingSinceMs.delete(asset);
      return false;
    }
    const sinceMs = this.#strayingSinceMs.get(asset) ?? nowMs;
    this.#strayingSinceMs.set(asset, sinceMs);
    return nowMs - sinceMs >= OBEY_WITHIN_MS;
  }

  /**
   * A setpoint on the device that is not ours: somebody else writes it, or it does not take ours. It is
   * written over, and stays a trouble until ours is read back.
   */
  #foreign(asset: AssetId, reading: AssetMeasurement, nowMs: number): ActuationTrouble | null {
    const rating = this.#ratings.get(asset);
    if (rating === undefined) return null;
    const written = standing(this.#written.get(asset) ?? [], nowMs);
    const [oldest] = written;
    if (written.some(({ powerKw }) => holds(rating, reading.setpointKw, powerKw))) {
      this.#disputed.delete(asset);
    } else if (oldest !== undefined && nowMs - oldest.atMs >= READ_BACK_MS) {
      this.#disputed.add(asset);
    }
    if (!this.#disputed.has(asset)) return null;
    return foreign(asset, written.at(-1)?.powerKw ?? null, reading.setpointKw);
  }
}

/** Of the writes to one asset, oldest first, those that it may still read back: none that was replaced long ago. */
function standing(written: readonly Written[], nowMs: number): readonly Written[] {
  return written.filter((_, at) => nowMs - (written[at + 1]?.atMs ?? nowMs) < READ_BACK_MS);
}

function notArmed(asset: AssetId): ActuationTrouble {
  return { asset, kind: 'reversion_not_armed', detail: 'the reversion timer does not run' };
}

function notFollowed(asset: AssetId, toldKw: number | null, givesKw: number): ActuationTrouble {
  const detail = `holds ${toldKw ?? 'none'}, gives ${givesKw}`;
  return { asset, kind: 'setpoint_not_followed', detail };
}

function foreign(asset: AssetId, wroteKw: number | null, readsKw: number | null): ActuationTrouble {
  const detail = `wrote ${wroteKw ?? 'none'}, reads ${readsKw ?? 'none'}`;
  return { asset, kind: 'foreign_setpoint', detail };
}
