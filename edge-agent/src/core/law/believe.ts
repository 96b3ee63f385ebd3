import type { AssetId } from '@tieline/kernel';
import { countBalance, isUsable } from './balance.ts';
import type { ControlState } from './control-state.ts';
import { countCharge, isDoubted } from './counted-charge.ts';
import { type ImageReading, isMeasured, type ProcessImage } from './process-image.ts';

/** What is left of an image of readings that are plausible one by one, when they are held against each other. */
export interface Believed {
  readonly state: ControlState;
  readonly image: ProcessImage;
  /** What is not believed, in words that do not change while it is so. */
  readonly doubts: readonly string[];
}

export function believe(before: ControlState, image: ProcessImage): Believed {
  const state = {
    ...before,
    ...countCharges(before, image),
    balance: countBalance(before.balance, before.ratings, image),
  };
  const readings: Record<AssetId, ImageReading> = { ...image.readings };
  const doubts: string[] = [];
  for (const { asset, kind } of state.ratings) {
    const reading = readings[asset];
    if (!isMeasured(reading)) continue;
    if (kind === 'meter' && !isUsable(state.balance)) {
      readings[asset] = 'implausible';
      if (state.balance.doubted) doubts.push(`${asset}: does not agree with what is behind it`);
    } else if (isDoubted(state.assets[asset]?.counted ?? null)) {
      readings[asset] = { ...reading, stateOfCharge: null };
      doubts.push(`${asset}: its state of charge does not follow from counted energy`);
    }
  }
  return { state, doubts, image: { ...image, readings } };
}

function countCharges(state: ControlState, { sessionMs, readings }: ProcessImage) {
  const assets = { ...state.assets };
  for (const rating of state.ratings) {
    const control = assets[rating.asset];
    const reading = readings[rating.asset];
    if (control === undefined || !isMeasured(reading)) continue;
    const at = { nowMs: sessionMs, lastMs: control.seen?.atMs ?? null };
    const counted = countCharge(control.counted, reading, rating, at);
    assets[rating.asset] = { ...control, counted };
  }
  return { assets };
}
