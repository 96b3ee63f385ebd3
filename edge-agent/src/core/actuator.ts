import type { AssetId } from '@tieline/kernel';
import type { SitePolicy } from '@tieline/protocol';
import type { AssetRatings, Devices, WriteOutcome } from '../ports/devices.ts';
import type { Decision } from './law/decide.ts';
import { isMeasured, type ProcessImage } from './law/process-image.ts';
import { holds } from './law/read-back.ts';

/** What is asked stands on the device for this long without a new word: then it falls back by itself. */
const REVERSION_S = 60;
/** The device hears from its agent this often, so that its timer never runs out while the agent lives. */
const REFRESH_MS = 20_000;
const WRITE_DEADLINE_MS = 300;
/** A setpoint is expected to be read back within this time of its write. */
const READ_BACK_MS = 3_000;

interface Written {
  readonly powerKw: number | null;
  readonly atMs: number;
}

export interface ActuationTrouble {
  readonly asset: AssetId;
  /**
   * `foreign_setpoint`: the device holds a setpoint that this agent did not write. `reversion_not_armed`: its
   * own timer does not run, so that it would hold its setpoint for ever without this agent.
   */
  readonly kind: 'write_failed' | 'foreign_setpoint' | 'reversion_not_armed';
  readonly detail: string;
}

/** Brings decisions to the devices, and keeps each device's own reversion timer armed behind them. */
export class Actuator {
  readonly #devices: Devices;
  readonly #ratings: ReadonlyMap<AssetId, AssetRatings>;
  readonly #written = new Map<AssetId, Written>();
  /** Assets that read back something else, until they read back what was written: one trouble, however often. */
  readonly #disputed = new Set<AssetId>();
  readonly #unarmedBefore = new Set<AssetId>();

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
    for (const [asset, powerKw] of Object.entries(decision.setpoints)) {
      const foreign = this.#foreign(asset, image);
      if (foreign !== null) troubles.push(foreign);
      if (this.#unarmed(asset, image)) troubles.push(notArmed(asset));
      if (!this.#due(asset, powerKw, image)) continue;
      const safeKw = policy.assets.find((one) => one.asset === asset)?.safePowerKw ?? 0;
      const kind = this.#ratings.get(asset)?.kind;
      const setpoint = {
        activePowerKw: powerKw,
        reversionS: REVERSION_S,
        revertKw: kind === 'battery' ? safeKw : null,
      };
      const write = this.#devices.write(asset, setpoint, WRITE_DEADLINE_MS).then((outcome) => {
        const trouble = this.#settle(asset, powerKw, image.sessionMs, outcome);
        if (trouble !== null) troubles.push(trouble);
      });
      writes.push(write);
    }
    await Promise.all(writes);
    return troubles;
  }

  #due(asset: AssetId, powerKw: number | null, image: ProcessImage): boolean {
    const reading = image.readings[asset];
    // In local control the cabinet has the device; what it was told before counts no more.
    if (isMeasured(reading) && reading.local) {
      this.#written.delete(asset);
      return false;
    }
    const written = this.#written.get(asset);
    // An asset that was never held back is left as it is.
    if (written === undefined) return powerKw !== null || this.#holds(reading);
    if (written.powerKw !== powerKw) return true;
    return powerKw !== null && image.sessionMs - written.atMs >= REFRESH_MS;
  }

  #holds(reading: ProcessImage['readings'][string] | undefined): boolean {
    return isMeasured(reading) && reading.setpointKw !== null;
  }

  #settle(
    asset: AssetId,
    powerKw: number | null,
    nowMs: number,
    outcome: WriteOutcome,
  ): ActuationTrouble | null {
    if (outcome.ok) {
      this.#written.set(asset, { powerKw, atMs: nowMs });
      return null;
    }
    this.#written.delete(asset);
    return { asset, kind: 'write_failed', detail: `${outcome.fault}: ${outcome.detail}` };
  }

  /** Devices accept a reversion time and never run it: it counts as armed once its timer is seen to run. */
  #unarmed(asset: AssetId, image: ProcessImage): boolean {
    const reading = image.readings[asset];
    const written = this.#written.get(asset);
    if (!isMeasured(reading) || reading.local || written === undefined) return false;
    if (written.powerKw === null || image.sessionMs - written.atMs < READ_BACK_MS) {
      return written.powerKw !== null && this.#unarmedBefore.has(asset);
    }
    const unarmed = reading.reversionRemainingS === null;
    if (unarmed) this.#unarmedBefore.add(asset);
    else this.#unarmedBefore.delete(asset);
    return unarmed;
  }

  /**
   * A setpoint on the device that is not ours: somebody else writes it, or it does not take ours. It is
   * written over, and stays a trouble until ours is read back.
   */
  #foreign(asset: AssetId, image: ProcessImage): ActuationTrouble | null {
    const reading = image.readings[asset];
    const written = this.#written.get(asset);
    const rating = this.#ratings.get(asset);
    if (!isMeasured(reading) || reading.local) this.#disputed.delete(asset);
    if (!isMeasured(reading) || reading.local || rating === undefined) return null;
    const disputed = this.#disputed.has(asset);
    if (written === undefined) return disputed ? foreign(asset, null, reading.setpointKw) : null;
    const same = holds(rating, reading.setpointKw, written.powerKw);
    if (same) this.#disputed.delete(asset);
    const waits = image.sessionMs - written.atMs < READ_BACK_MS;
    if (same || (waits && !disputed)) return null;
    this.#disputed.add(asset);
    if (!waits) this.#written.delete(asset);
    return foreign(asset, written.powerKw, reading.setpointKw);
  }
}

function notArmed(asset: AssetId): ActuationTrouble {
  return { asset, kind: 'reversion_not_armed', detail: 'the reversion timer does not run' };
}

function foreign(asset: AssetId, wroteKw: number | null, readsKw: number | null): ActuationTrouble {
  const detail = `wrote ${wroteKw ?? 'none'}, reads ${readsKw ?? 'none'}`;
  return { asset, kind: 'foreign_setpoint', detail };
}
