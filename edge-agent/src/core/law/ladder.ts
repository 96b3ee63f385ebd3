import type { AssetId } from '@tieline/kernel';
import { sameAction, winnersOf } from './active-actions.ts';
import { confirm } from './confirm.ts';
import type { ActiveAction } from './control-state.ts';
import { type Cycle, changeAction } from './cycle.ts';
import { toWatt } from './limits.ts';
import type { Wish } from './wishes.ts';

/** A command that was free of its bound for this long, and meets one again, is clipped anew. */
const CLIPPED_ANEW_MS = 60_000;

/** What the readings of this cycle say of what was asked in the one before. */
export function confirmActions(cycle: Cycle): void {
  const winners = winnersOf(cycle.state);
  const actions = cycle.state.actions.map((one) => {
    if (one.action.type !== 'setpoint') return one;
    const { asset } = one.action;
    const rating = cycle.state.ratings.find((candidate) => candidate.asset === asset);
    if (rating === undefined || winners.get(asset) !== one) return one;
    const seen = confirm(cycle.state, cycle.image, { ...one, action: one.action }, rating);
    if (seen.event !== null) cycle.events.push(seen.event);
    return seen.action;
  });
  cycle.state = { ...cycle.state, actions };
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

/** Whether a bound has held an action back a moment ago. */
export function wasClipped({ image }: Cycle, { clippedMs }: ActiveAction): boolean {
  return clippedMs !== null && image.sessionMs - clippedMs < CLIPPED_ANEW_MS;
}

/** A command that has come to its end is over, and what it reverts to holds. */
export function endAction(cycle: Cycle, { by, ends }: Wish, asset: AssetId): void {
  const control = cycle.state.assets[asset];
  if (by === null || ends === null || control === undefined) return;
  const { command, index } = by;
  cycle.events.push({ command, index, status: { state: 'completed' } });
  cycle.events.push({ command, index, status: { state: 'reverted' } });
  cycle.state = {
    ...cycle.state,
    actions: cycle.state.actions.filter((other) => !sameAction(other, by)),
    assets: { ...cycle.state.assets, [asset]: { ...control, heldKw: ends.heldKw } },
  };
}
