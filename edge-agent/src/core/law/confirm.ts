import type { AssetId } from '@tieline/kernel';
import type { Setpoint } from '@tieline/protocol';
import type { AssetRatings } from '../../ports/devices.ts';
import type { CommandEvent } from './active-actions.ts';
import type { ActiveAction, ControlState } from './control-state.ts';
import { siteImportKw } from './observe.ts';
import { isMeasured, type ProcessImage } from './process-image.ts';
import { follows, holds, meterToleranceKw } from './read-back.ts';

/** A device that has not taken a setpoint over for this long has not obeyed. */
export const OBEY_WITHIN_MS = 15_000;

/**
 * Compares what was asked in the cycle before with what is seen in this one. *Device*: the setpoint was
 * written and read back. *Meter*: the power flows, and the site's own meters, which the device has no part
 * in, agree with it. Without a meter on every other asset, nothing is claimed by meter.
 */
export function confirm(
  state: ControlState,
  image: ProcessImage,
  one: ActiveAction & { readonly action: Setpoint },
  rating: AssetRatings,
): { readonly action: ActiveAction; readonly event: CommandEvent | null } {
  const askedKw = state.assets[rating.asset]?.askedKw ?? null;
  const reading = image.readings[rating.asset];
  const none = { action: one, event: null };
  if (one.phase !== 'active' || askedKw === null) return none;
  // Before, it was not written: a device that discards every word still reads where the ramp began.
  if (one.reachedMs === null) return none;
  const event = (status: CommandEvent['status']): CommandEvent => ({
    command: one.command,
    index: one.index,
    status,
  });
  if (!isMeasured(reading) || !holds(rating, reading.setpointKw, askedKw)) {
    const overdue = image.sessionMs - one.reachedMs >= OBEY_WITHIN_MS;
    return overdue && one.confirmed === 'nothing' ? disobeyed(one, image, rating, event) : none;
  }
  const measuredKw = reading.activePowerKw;
  if (one.confirmed === 'nothing') {
    const status = { state: 'confirmed', by: 'device', measuredKw } as const;
    return { action: { ...one, confirmed: 'device' }, event: event(status) };
  }
  if (one.confirmed === 'device' && flows(state, image, rating, askedKw)) {
    const status = { state: 'confirmed', by: 'meter', measuredKw } as const;
    return { action: { ...one, confirmed: 'meter' }, event: event(status) };
  }
  return none;
}

function disobeyed(
  one: ActiveAction & { readonly action: Setpoint },
  image: ProcessImage,
  rating: AssetRatings,
  event: (status: CommandEvent['status']) => CommandEvent,
): { readonly action: ActiveAction; readonly event: CommandEvent | null } {
  if (one.failed) return { action: one, event: null };
  const reading = image.readings[rating.asset];
  const detail = isMeasured(reading)
    ? `reads back ${reading.setpointKw === null ? 'no setpoint' : `${reading.setpointKw} kW`}`
    : `device ${reading ?? 'silent'}`;
  return { action: { ...one, failed: true }, event: event({ state: 'failed', detail }) };
}

function flows(
  state: ControlState,
  image: ProcessImage,
  rating: AssetRatings,
  askedKw: number,
): boolean {
  const reading = image.readings[rating.asset];
  if (!isMeasured(reading)) return false;
  const toleranceKw = meterToleranceKw(rating);
  const reached = follows(rating, reading.activePowerKw, askedKw);
  const importKw = siteImportKw(state, image);
  const othersKw = otherAssetsKw(state, image, rating.asset);
  if (!reached || importKw === null || othersKw === null) return false;
  // At the site meter: import = −(everything behind it), give or take the site's own losses.
  return Math.abs(importKw + othersKw + reading.activePowerKw) <= toleranceKw * 2;
}

/** Sum over every asset behind the site meter but one, kW into the grid; null where one is not measured. */
function otherAssetsKw(state: ControlState, image: ProcessImage, asset: AssetId): number | null {
  let sumKw = 0;
  let loads = 0;
  for (const other of state.ratings) {
    if (other.kind === 'meter' || other.asset === asset) continue;
    const reading = image.readings[other.asset];
    if (!isMeasured(reading)) return null;
    if (other.kind === 'load') loads += 1;
    sumKw += reading.activePowerKw;
  }
  return loads === 0 ? null : sumKw;
}
