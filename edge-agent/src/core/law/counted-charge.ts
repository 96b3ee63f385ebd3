import { HOUR_MS } from '@tieline/kernel';
import type { AssetMeasurement, AssetRatings } from '../../ports/devices.ts';

/** A gap between readings longer than this is not counted: nobody knows what flowed, ms. */
const GAP_MAX_MS = 10_000;
/** The count begins anew after so long: what is lost unseen (idle losses, rounding) does not add up for ever, ms. */
const COUNTED_MS = HOUR_MS;
/** What a state of charge may say beside the count, and, once it is doubted, may still say. */
const BESIDE = 0.02;
const BESIDE_DOUBTED = 0.01;
/** Once doubted, it is believed again after it has followed the count for so long, ms. */
const FOLLOWS_AFTER_MS = 300_000;
/** Of what is charged, a store keeps this much at least; of what it gives, it loses no more than the rest again. */
const KEPT_LEAST = 0.7;
/** A worn store fills and empties faster than its nameplate says. */
const WORN = 1.25;

/**
 * What a state of charge may say by what was counted since it was read: from when, session ms, the bounds, 0 to 1 and
 * a little beside, and whether it is doubted. Without names, because a snapshot holds one for each store.
 */
export type CountedCharge = readonly [
  fromMs: number,
  least: number,
  most: number,
  doubted: boolean,
];

/**
 * A state of charge against counted energy. What a device says of its charge is an estimate of its own, and firmware
 * loses it: one that does not follow from what flowed is not believed. A jump that is a correction is believed in the
 * end, when it has followed for a while.
 *
 * @param at  session ms of this reading, and of the one before it; null where this is the first
 */
export function countCharge(
  counted: CountedCharge | null,
  { activePowerKw, stateOfCharge }: AssetMeasurement,
  { energyKwh }: AssetRatings,
  at: { readonly nowMs: number; readonly lastMs: number | null },
): CountedCharge | null {
  if (stateOfCharge === null || energyKwh === 0) return counted;
  const { nowMs, lastMs } = at;
  const begun = (doubted: boolean): CountedCharge => {
    const beside = doubted ? BESIDE_DOUBTED : BESIDE;
    return [nowMs, stateOfCharge - beside, stateOfCharge + beside, doubted];
  };
  const elapsedMs = nowMs - (lastMs ?? nowMs);
  // Nobody knows what flowed meanwhile.
  if (counted === null || elapsedMs > GAP_MAX_MS) return begun(isDoubted(counted));
  const [fromMs, leastThen, mostThen, doubted] = counted;
  const given = (activePowerKw * elapsedMs) / HOUR_MS / energyKwh;
  const least = leastThen - (given > 0 ? (WORN * given) / KEPT_LEAST : KEPT_LEAST * given);
  const most = mostThen - (given > 0 ? given : WORN * given);
  if (stateOfCharge < least || stateOfCharge > most) return begun(true);
  const isOver = nowMs - fromMs >= (doubted ? FOLLOWS_AFTER_MS : COUNTED_MS);
  return isOver ? begun(false) : [fromMs, least, most, doubted];
}

export function isDoubted(counted: CountedCharge | null): boolean {
  return counted?.[3] ?? false;
}
