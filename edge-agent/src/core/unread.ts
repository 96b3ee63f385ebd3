import type { AssetId } from '@tieline/kernel';
import type { AssetMeasurement, AssetRatings } from '../ports/devices.ts';
import { isMeasured, type ProcessImage } from './law/process-image.ts';

/** A device that says nothing of use for so long is told of, ms: a lost packet is no news. */
const UNREAD_AFTER_MS = 30_000;
/** An inverter that gave nothing may sleep until the sun is back: no night with a day behind it is longer, ms. */
const NIGHT_MS = 20 * 3_600_000;
/** Less than this part of its nameplate is nothing. */
const AT_REST = 0.01;

/** Devices that are not read, or say what cannot be true. */
export class Unread {
  /** Since when, session ms, and why at first. */
  readonly #since = new Map<AssetId, { readonly atMs: number; readonly fault: string }>();

  readonly #pvKw: ReadonlyMap<AssetId, number>;
  /** PV that gave nothing when it was last read. */
  readonly #atRest = new Set<AssetId>();

  constructor(ratings: readonly AssetRatings[]) {
    const pv = ratings.filter(({ kind }) => kind === 'pv');
    this.#pvKw = new Map(pv.map(({ asset, dischargeMaxKw }) => [asset, dischargeMaxKw]));
  }

  /** Those that are so for a while now, in words that do not change while they are. */
  look({ readings, sessionMs }: Pick<ProcessImage, 'readings' | 'sessionMs'>): readonly string[] {
    for (const [asset, reading] of Object.entries(readings)) {
      if (isMeasured(reading)) {
        this.#since.delete(asset);
        if (this.#isAtRest(asset, reading)) this.#atRest.add(asset);
        else this.#atRest.delete(asset);
      } else if (!this.#since.has(asset))
        this.#since.set(asset, { atMs: sessionMs, fault: reading });
    }
    return [...this.#since]
      .filter(([asset, { atMs }]) => {
        const afterMs = this.#atRest.has(asset) ? NIGHT_MS : UNREAD_AFTER_MS;
        return sessionMs - atMs >= afterMs;
      })
      .map(([asset, { fault }]) => `${asset}: ${fault}`)
      .toSorted();
  }

  /** Not where something holds it back: then nobody knows what the sun does. */
  #isAtRest(asset: AssetId, { activePowerKw, setpointKw }: AssetMeasurement): boolean {
    const nameplateKw = this.#pvKw.get(asset);
    return (
      nameplateKw !== undefined && setpointKw === null && activePowerKw < AT_REST * nameplateKw
    );
  }
}
