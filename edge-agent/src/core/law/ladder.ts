import type { AssetId } from '@tieline/kernel';
import type { AssetRatings } from '../../ports/devices.ts';
import { winnersOf } from './active-actions.ts';
import { confirm, OBEY_WITHIN_MS } from './confirm.ts';
import type { ActiveAction } from './control-state.ts';
import { type Cycle, changeAction } from './cycle.ts';
import { toWatt } from './limits.ts';
import { isMeasured } from './process-image.ts';
import { holds } from './read-back.ts';
import type { Wish } from './wish.ts';

/** A command that was free of its bound for this long, and meets one again, is clipped anew. */
const CLIPPED_ANEW_MS = 60_000;

/** What the readings of this cycle say of what was asked in the one before. */
export function confirmActions(cycle: Cycle): void {
  const winners = winnersOf(cycle.state);
  const actions = cycle.state.actions.flatMap((one) => {
    if (one.action.type !== 'setpoint') return [one];
    const { asset } = one.action;
    const rating = cycle.state.ratings.find((candidate) => candidate.asset === asset);
    if (rating === undefined) return [one];
    const winner = winners.get(asset) ?? null;
    if (one.phase === 'reverting') return confirmReversion(cycle, one, rating, winner);
    if (winner !== one) return [one];
    const seen = confirm(cycle.state, cycle.image, { ...one, action: one.action }, rating);
    if (seen.event !== null) cycle.events.push(seen.event);
    return [seen.action];
  });
  cycle.state = { ...cycle.state, actions };
}

/**
 * Over is not reverted: the device must hold what was asked behind it, which where `next` has taken its asset over is
 * what that one's ramp leads to. What is not read in time is unknown.
 */
function confirmReversion(
  cycle: Cycle,
  one: ActiveAction,
  rating: AssetRatings,
  next: ActiveAction | null,
): ActiveAction[] {
  const { sessionMs, readings } = cycle.image;
  if (next?.action.type === 'setpoint' && next.reachedMs === null) return [one];
  const reading = readings[rating.asset];
  const askedKw = cycle.state.assets[rating.asset]?.askedKw ?? null;
  const overMs = sessionMs - Math.max(one.rampStartMs, next?.reachedMs ?? 0);
  // What was asked before is still its own.
  if (overMs === 0) return [one];
  const reverted = isMeasured(reading) && holds(rating, reading.setpointKw, askedKw);
  if (!reverted && overMs < OBEY_WITHIN_MS) return [one];
  const { command, index } = one;
  for (const state of reverted ? (['completed', 'reverted'] as const) : (['unknown'] as const)) {
    cycle.events.push({ command, index, status: { state } });
  }
  return [];
}

/** From here on the device can be held to the setpoint: its ramp in is over. */
export function noteReached(cycle: Cycle, { by, settled }: Wish): void {
  if (by === null || !settled || by.reachedMs !== null) return;
  changeAction(cycle, by, { reachedMs: cycle.image.sessionMs });
}

/** Says once that a command is clipped, and by what; and again after it was free for a while. */
export function noteClipping(cycle: Cycle, wish: Wish, bound: string | null, toKw: number): void {
  const { by: one, ends } = wish;
  if (one === null || ends !== null || bound === null) return;
  if (!wasClipped(cycle, one)) {
    const status = { state: 'clipped', by: bound, toKw: toWatt(toKw) } as const;
    cycle.events.push({ command: one.command, index: one.index, status });
  }
  changeAction(cycle, one, { clippedMs: cycle.image.sessionMs });
}

/** Whether a bound has held an action back a moment ago, since its ramp was over. */
export function wasClippedThere(cycle: Cycle, one: ActiveAction): boolean {
  const { clippedMs, reachedMs } = one;
  return reachedMs !== null && (clippedMs ?? -1) >= reachedMs && wasClipped(cycle, one);
}

/** Whether a bound has held an action back a moment ago. */
function wasClipped({ image }: Cycle, { clippedMs }: ActiveAction): boolean {
  return clippedMs !== null && image.sessionMs - clippedMs < CLIPPED_ANEW_MS;
}

/** A command that has come to its end is over, and what it reverts to is asked for: its last word waits for that. */
export function endAction(cycle: Cycle, { by, ends }: Wish, asset: AssetId): void {
  const control = cycle.state.assets[asset];
  if (by === null || ends === null || control === undefined) return;
  changeAction(cycle, by, { phase: 'reverting', rampStartMs: cycle.image.sessionMs });
  const assets = { ...cycle.state.assets, [asset]: { ...control, heldKw: ends.heldKw } };
  cycle.state = { ...cycle.state, assets };
}
