import { HOUR_MS } from '@tieline/kernel';
import type { SitePolicy } from '@tieline/protocol';
import type { AssetControl } from './control-state.ts';

/** Smaller changes than this part of the nameplate are not worth a write, nor a record. */
export const DEADBAND = 0.03;
/** Automation never reverses more often within an hour, whatever a policy allows: so many are remembered. */
const REVERSALS_KEPT = 60;

/**
 * What automation may change now: small moves, quick successions and frequent reversals are held back,
 * because two hundred sites that twitch together are worse than one. People's commands and limits are
 * not paced by it.
 *
 * @param restKw  what an asset is at that nobody asks for anything
 */
export function pace(
  control: AssetControl,
  policy: SitePolicy,
  { nameplateKw, restKw }: { readonly nameplateKw: number; readonly restKw: number },
  wantedKw: number,
  nowMs: number,
): number {
  const heldKw = control.askedKw ?? restKw;
  // Rest is no small move: held back, it would drain or fill a store for nothing.
  if (wantedKw !== restKw && Math.abs(wantedKw - heldKw) < nameplateKw * DEADBAND) return heldKw;
  if (nowMs - control.changedMs < policy.dwellMs) return heldKw;
  const reverses = control.direction !== 0 && Math.sign(wantedKw) === -control.direction;
  const reversalsMax = Math.min(policy.reversalsPerHourMax, REVERSALS_KEPT);
  if (reverses && recent(control.reversalsMs, nowMs).length >= reversalsMax) return 0;
  return wantedKw;
}

/** What a bound took away, it gives back no sooner than this after the last move; */
const RELAX_MS = 10_000;
/** and what is less than the deadband, not before this. */
const RELAX_SMALL_MS = 60_000;

/**
 * Whether what was asked still stands where bounds allow a little more: they move with the load of the site, and
 * each move is a record and a write. What they do not allow any more is none of this: they tighten at once.
 */
export function stands(
  { askedKw, movedMs }: AssetControl,
  nameplateKw: number,
  allowedKw: number,
  nowMs: number,
): boolean {
  if (askedKw === null) return false;
  const small = Math.abs(allowedKw - askedKw) < nameplateKw * DEADBAND;
  return nowMs - movedMs < (small ? RELAX_SMALL_MS : RELAX_MS);
}

/** Remembers a change of what is asked. What a command asked for does not stand for automation to wait on. */
export function noteChange(
  control: AssetControl,
  askedKw: number | null,
  nowMs: number,
  author: 'automation' | 'command',
): AssetControl {
  const changedMs = author === 'command' ? nowMs - HOUR_MS : control.changedMs;
  if (askedKw === control.askedKw) {
    return changedMs === control.changedMs ? control : { ...control, changedMs };
  }
  const sign = Math.sign(askedKw ?? 0) as -1 | 0 | 1;
  const reversed = sign !== 0 && control.direction !== 0 && sign !== control.direction;
  const kept = recent(control.reversalsMs, nowMs);
  return {
    ...control,
    askedKw,
    movedMs: nowMs,
    changedMs: author === 'command' ? changedMs : nowMs,
    direction: sign === 0 ? control.direction : sign,
    reversalsMs: reversed ? [...kept, nowMs].slice(-REVERSALS_KEPT) : kept,
  };
}

function recent(timesMs: readonly number[], nowMs: number): readonly number[] {
  return timesMs.filter((timeMs) => nowMs - timeMs < HOUR_MS);
}
