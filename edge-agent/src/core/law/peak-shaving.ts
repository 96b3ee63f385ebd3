import { clamp } from '@tieline/kernel';
import type { AssetPolicy, SitePolicy } from '@tieline/protocol';
import type { DemandBudget } from './demand-window.ts';

/** The quarter hour is held this far below its limit: meters differ, and the last minute cannot be undone. */
const HEADROOM = 0.98;
/** A store recharges only while the coming quarter hour is expected this far below its limit. */
const CALM = 0.9;

export interface ShavingInput {
  readonly policy: SitePolicy;
  readonly asset: AssetPolicy;
  /** Import of the site as it would be with this store and those behind it at rest, kW, now. */
  readonly uncontrolledKw: number;
  /** Its expected mean over the next quarter hour, kW: the model's, or the rule's. */
  readonly expectedKw: number;
  readonly budget: DemandBudget;
  readonly stateOfCharge: number;
  readonly energyKwh: number;
}

export type ShavingReason = 'shave' | 'recharge' | 'rest' | 'reserve';

export interface Shaving {
  /** kW of the store, positive into the grid. */
  readonly powerKw: number;
  readonly reason: ShavingReason;
}

/**
 * What of the import that is expected for the rest of the quarter hour exceeds the import that its budget still
 * allows, kW; negative where there is room. The rest is expected to drift from the present import towards the forecast mean.
 */
export function excessKw({
  uncontrolledKw,
  expectedKw,
  budget,
}: Pick<ShavingInput, 'uncontrolledKw' | 'expectedKw' | 'budget'>): number {
  const share = clamp(budget.aheadMs / 900_000, 0, 1);
  return uncontrolledKw + (expectedKw - uncontrolledKw) * share - budget.allowedKw;
}

/**
 * The local rule: hold the quarter hour's mean import under its limit with as little energy as that
 * takes, keep the reserve, and recharge when the site is calm. Moves only inside the margin that the
 * policy gives to automation. What exceeds the budget is discharged evenly over the rest of the quarter hour.
 */
export function shavePeak(input: ShavingInput): Shaving {
  const { policy, asset, uncontrolledKw, expectedKw } = input;
  const neededKw = excessKw(input);
  if (neededKw > 0) return discharge(input, neededKw);
  const calmKw = Math.min(policy.rechargeImportMaxKw, policy.quarterHourImportMaxKw * CALM);
  const roomKw = Math.min(calmKw - Math.max(uncontrolledKw, expectedKw), -neededKw);
  if (roomKw > 0 && input.stateOfCharge < 1) {
    return { powerKw: Math.max(-roomKw, asset.margin.minKw), reason: 'recharge' };
  }
  return { powerKw: 0, reason: 'rest' };
}

function discharge(input: ShavingInput, neededKw: number): Shaving {
  const mostKw = sustainableKw(input);
  if (mostKw === 0) return { powerKw: 0, reason: 'reserve' };
  return { powerKw: Math.min(neededKw, mostKw), reason: 'shave' };
}

/** What a store can give for the rest of the quarter hour, within its margin and above its reserve, kW. */
export function sustainableKw({
  asset,
  stateOfCharge,
  energyKwh,
  budget,
}: Pick<ShavingInput, 'asset' | 'stateOfCharge' | 'energyKwh' | 'budget'>): number {
  const spareKwh = Math.max(0, stateOfCharge - asset.reserveStateOfCharge) * energyKwh;
  const evenlyKw = spareKwh / (Math.max(budget.aheadMs, 60_000) / 3_600_000);
  return clamp(evenlyKw, 0, Math.max(0, asset.margin.maxKw));
}

/** The limit that the rule steers for: a little below the one that is billed. */
export function steeredLimitKw(policy: SitePolicy): number {
  return policy.quarterHourImportMaxKw * HEADROOM;
}
