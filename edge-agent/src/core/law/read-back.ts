import type { AssetRatings } from '../../ports/devices.ts';

/** Registers may hold no more than whole percents of the nameplate: a device rounds what it is told to them. */
const REGISTER_STEP = 0.01;
/** What rounding may add on a small device, kW. */
const ROUNDING_KW = 0.05;

export function nameplateKw(rating: AssetRatings): number {
  return Math.max(rating.dischargeMaxKw, rating.chargeMaxKw);
}

/**
 * Whether a device that reads back `setpointKw` holds what it was told; null stands for no setpoint. A flexible load
 * that is told none may hold its nameplate, behind which its timer runs.
 */
export function holds(
  rating: AssetRatings,
  setpointKw: number | null,
  toldKw: number | null,
): boolean {
  if (setpointKw === null) return toldKw === null;
  if (toldKw === null)
    return rating.kind === 'flexible-load' && holds(rating, setpointKw, -rating.chargeMaxKw);
  return Math.abs(setpointKw - toldKw) <= REGISTER_STEP * nameplateKw(rating) + ROUNDING_KW;
}

/** Whether the power of a store is what it was asked for, as well as meters agree. */
export function gives(rating: AssetRatings, powerKw: number, askedKw: number): boolean {
  return Math.abs(powerKw - askedKw) <= meterToleranceKw(rating);
}

/** Whether an asset does what it was told: a store that very power, PV and a flexible load no more than that. */
export function follows(rating: AssetRatings, powerKw: number, toldKw: number): boolean {
  if (rating.kind === 'pv') return powerKw <= toldKw + meterToleranceKw(rating);
  if (rating.kind === 'flexible-load') return powerKw >= toldKw - meterToleranceKw(rating);
  return gives(rating, powerKw, toldKw);
}

export function meterToleranceKw(rating: AssetRatings): number {
  return Math.max(1, 0.05 * nameplateKw(rating));
}
