import type { AssetId } from '@tieline/kernel';
import type { AssetMeasurement } from '../../ports/devices.ts';
import { type CommandEvent, sameAction } from './active-actions.ts';
import type { ActiveAction, ControlState } from './control-state.ts';
import { noteChange } from './pacing.ts';
import { isMeasured, type ProcessImage } from './process-image.ts';

/** A decision in the making. */
export interface Cycle {
  state: ControlState;
  readonly image: ProcessImage;
  readonly events: CommandEvent[];
  readonly conflicts: string[];
  readonly setpoints: Record<AssetId, number | null>;
  readonly reasons: Record<AssetId, string>;
  /** kW that the flexible loads, as they were read, and the stores decided so far put out. */
  steeredKw: number;
  /** kW that the stores decided so far put out now, and go on to. */
  assuredKw: number;
  /** kW that the stores decided so far could put out for the rest of the quarter hour, as far as automation may have them. */
  sustainedKw: number;
}

export function ask(
  cycle: Cycle,
  asset: AssetId,
  { powerKw, reason, by }: { powerKw: number | null; reason: string; by: ActiveAction | null },
): void {
  const control = cycle.state.assets[asset]!;
  cycle.setpoints[asset] = powerKw;
  cycle.reasons[asset] = reason;
  const author = by === null ? 'automation' : 'command';
  const noted = noteChange(control, powerKw, cycle.image.sessionMs, author);
  cycle.state = { ...cycle.state, assets: { ...cycle.state.assets, [asset]: noted } };
}

export function changeAction(cycle: Cycle, one: ActiveAction, change: Partial<ActiveAction>): void {
  const actions = cycle.state.actions.map((other) =>
    sameAction(other, one) ? { ...other, ...change } : other,
  );
  cycle.state = { ...cycle.state, actions };
}

/** What a device in local control measures; null for one that may be written. */
export function localReading(cycle: Cycle, asset: AssetId): AssetMeasurement | null {
  const reading = cycle.image.readings[asset];
  return isMeasured(reading) && reading.local ? reading : null;
}
