import type { AssetRatings } from '../../ports/devices.ts';
import { isMeasured, type ProcessImage } from './process-image.ts';

/** Meters are not read in one instant: what disagrees for less than this is no doubt, only not used, ms. */
const DISAGREES_AFTER_MS = 10_000;
/** Once doubted, the meter is believed again after it has agreed for so long, ms. */
const AGREES_AFTER_MS = 120_000;
/** What the errors of all meters may add up to, of all that flows. */
const ERROR_SHARE = 0.05;
const ERROR_LEAST_KW = 2;

/** Whether the site's meter agrees with the meters behind it. */
export type Balance = {
  /** Since when it does not, or, once doubted, since when it does again: session ms; null where neither is so. */
  readonly turningMs: number | null;
  readonly doubted: boolean;
};

/** Whether the meter of this cycle may be used. */
export function isUsable({ doubted, turningMs }: Balance): boolean {
  return !doubted && turningMs === null;
}

export const balanced: Balance = { turningMs: null, doubted: false };

/**
 * The site's meter against all that stands behind it. They cannot both be right where they differ: a current
 * transformer mounted backwards, kW for W, a register that stands still. Which of them lies nobody can tell from a
 * sum, so nothing is built upon the meter then: control goes on as without it.
 */
export function countBalance(
  balance: Balance,
  ratings: readonly AssetRatings[],
  image: ProcessImage,
): Balance {
  const agrees = agreement(ratings, image);
  if (agrees === null) return balance;
  if (agrees !== balance.doubted) return { ...balance, turningMs: null };
  const turningMs = balance.turningMs ?? image.sessionMs;
  const turnsAfterMs = balance.doubted ? AGREES_AFTER_MS : DISAGREES_AFTER_MS;
  if (image.sessionMs - turningMs < turnsAfterMs) return { ...balance, turningMs };
  return { turningMs: null, doubted: !balance.doubted };
}

/** Null where something behind the meter is not measured: then nothing can be said. */
function agreement(ratings: readonly AssetRatings[], image: ProcessImage): boolean | null {
  let [sumKw, flowsKw, meters, loads] = [0, 0, 0, 0];
  for (const { asset, kind } of ratings) {
    const reading = image.readings[asset];
    if (!isMeasured(reading)) return null;
    if (kind === 'meter') meters += 1;
    if (kind === 'load') loads += 1;
    sumKw += kind === 'meter' ? -reading.activePowerKw : reading.activePowerKw;
    flowsKw += Math.abs(reading.activePowerKw);
  }
  if (meters === 0 || loads === 0) return null;
  return Math.abs(sumKw) <= Math.max(ERROR_LEAST_KW, ERROR_SHARE * flowsKw);
}
