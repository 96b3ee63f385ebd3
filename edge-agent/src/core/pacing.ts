import { HOUR_MS } from '@tieline/kernel';
import type { SitePolicy } from '@tieline/protocol';
import type { AssetControl } from './control-state.ts';

/** Smaller changes than this part of the nameplate are not worth a write, nor a record. */
const DEADBAND = 0.03;

/**
 * What automation may change now: small moves, quick successions and frequent reversals are held back,
 * because two hundred sites that twitch together are worse than one. People's commands and limits are
 * not paced by it.
 */
export function pace(
  control: AssetControl,
  policy: SitePolicy,
  nameplateKw: number,
  wantedKw: number,
  nowMs: number,
): number {
  const heldKw = control.askedKw ?? 0;
  if (Math.abs(wantedKw - heldKw) < nameplateKw * DEADBAND) return heldKw;
  if (nowMs - control.changedMs < policy.dwellMs) return heldKw;
  const reverses = control.direction !== 0 && Math.sign(wantedKw) === -control.direction;
  if (reverses && recent(control.reversalsMs, nowMs).length >= policy.reversalsPerHourMax) return 0;
  return wantedKw;
}

/** Remembers a change of what is asked. */
export function noteChange(
  control: AssetControl,
  askedKw: number | null,
  nowMs: number,
): AssetControl {
  if (askedKw === control.askedKw) return control;
  const sign = Math.sign(askedKw ?? 0) as -1 | 0 | 1;
  const reversed = sign !== 0 && control.direction !== 0 && sign !== control.direction;
  const kept = recent(control.reversalsMs, nowMs);
  return {
    ...control,
    askedKw,
    changedMs: nowMs,
    direction: sign === 0 ? control.direction : sign,
    reversalsMs: reversed ? [...kept, nowMs] : kept,
  };
}

function recent(timesMs: readonly number[], nowMs: number): readonly number[] {
  return timesMs.filter((timeMs) => nowMs - timeMs < HOUR_MS);
}
