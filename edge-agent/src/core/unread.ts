import type { AssetId } from '@tieline/kernel';
import { isMeasured, type ProcessImage } from './law/process-image.ts';

/** A device that says nothing of use for so long is told of, ms: a lost packet is no news. */
const UNREAD_AFTER_MS = 30_000;

/** Devices that are not read, or say what cannot be true. */
export class Unread {
  /** Since when, session ms, and why at first. */
  readonly #since = new Map<AssetId, { readonly atMs: number; readonly fault: string }>();

  /** Those that are so for a while now, in words that do not change while they are. */
  look({ readings, sessionMs }: Pick<ProcessImage, 'readings' | 'sessionMs'>): readonly string[] {
    for (const [asset, reading] of Object.entries(readings)) {
      if (isMeasured(reading)) this.#since.delete(asset);
      else if (!this.#since.has(asset)) this.#since.set(asset, { atMs: sessionMs, fault: reading });
    }
    return [...this.#since]
      .filter(([, { atMs }]) => sessionMs - atMs >= UNREAD_AFTER_MS)
      .map(([asset, { fault }]) => `${asset}: ${fault}`)
      .toSorted();
  }
}
