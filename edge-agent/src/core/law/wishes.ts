import { clamp, HOUR_MS } from '@tieline/kernel';
import type { ChargeTarget, Setpoint } from '@tieline/protocol';
import type { AssetRatings } from '../../ports/devices.ts';
import { winnerFor } from './active-actions.ts';
import type { ActiveAction, AssetControl } from './control-state.ts';
import { loadRule, paced, type RuleWish, storeRule } from './local-rule.ts';
import { DEADBAND } from './pacing.ts';
import { nameplateKw } from './read-back.ts';
import { local, type Wish, type WishContext } from './wish.ts';

/** What a store is to do: as the command that wins says, or else as the local rule does. */
export function storeWish(at: WishContext, rating: AssetRatings, control: AssetControl): Wish {
  const winner = winnerFor(at.state, rating.asset);
  const action = winner?.action;
  if (winner !== null && action?.type === 'setpoint') {
    const ruleKw = (): number => storeRule(at, rating, control).powerKw;
    return setpointWish(winner, action, ruleKw, at.image.sessionMs);
  }
  if (winner !== null && action?.type === 'charge-target') {
    const powerKw = chargeKw(action, winner.endsMs - at.image.sessionMs, rating, control);
    return { ...local(powerKw, `charge target ${winner.command.slice(0, 8)}`), by: winner };
  }
  if (winner !== null) return { ...local(0, 'idle'), by: winner };
  if (control.heldKw !== null) return held(control.heldKw);
  return paced(at, rating, control, storeRule(at, rating, control));
}

/** The most that a flexible load may draw: as the command that wins says, or else as the local rule does. */
export function loadWish(at: WishContext, rating: AssetRatings, control: AssetControl): Wish {
  const winner = winnerFor(at.state, rating.asset);
  const rule = (): RuleWish => loadRule(at, rating);
  if (winner?.action.type === 'setpoint') {
    return setpointWish(winner, winner.action, () => rule().powerKw, at.image.sessionMs);
  }
  if (control.heldKw !== null) return held(control.heldKw);
  return paced(at, rating, control, rule());
}

/** The limit that a command sets to a PV system; its nameplate, which is none, where no command does. */
export function pvWish(at: WishContext, rating: AssetRatings, control: AssetControl): Wish {
  const winner = winnerFor(at.state, rating.asset);
  if (winner?.action.type !== 'setpoint') {
    if (control.heldKw !== null) return held(control.heldKw);
    return { ...local(rating.dischargeMaxKw, 'free'), settled: true };
  }
  return setpointWish(winner, winner.action, () => rating.dischargeMaxKw, at.image.sessionMs);
}

/** A commanded setpoint: ramped in, held, ramped out to what it reverts to. */
function setpointWish(
  winner: ActiveAction,
  action: Setpoint,
  ruleKw: () => number,
  nowMs: number,
): Wish {
  const seconds = (nowMs - winner.rampStartMs) / 1_000;
  const reason = `command ${winner.command.slice(0, 8)}`;
  if (winner.phase === 'active') {
    const powerKw = approach(winner.rampFromKw, action.activePowerKw, action.rampKwPerS * seconds);
    const settled = powerKw === action.activePowerKw;
    return { ...local(powerKw, reason), by: winner, settled };
  }
  const { revert } = action;
  const goalKw = revert.to === 'value' ? revert.activePowerKw : ruleKw();
  const powerKw = approach(winner.rampFromKw, goalKw, action.rampOutKwPerS * seconds);
  const ends = { heldKw: revert.to === 'value' ? goalKw : null };
  const ending = { by: winner, ends: powerKw === goalKw ? ends : null };
  return { ...local(powerKw, `${reason} ending`), ...ending };
}

/** The power, kW, that brings a store to its target just in time; small corrections wait until they add up. */
function chargeKw(
  target: ChargeTarget,
  restMs: number,
  rating: AssetRatings,
  control: AssetControl,
): number {
  const { stateOfCharge, powerMaxKw } = target;
  const hours = Math.max(restMs, 60_000) / HOUR_MS;
  const seen = control.seen?.stateOfCharge ?? stateOfCharge;
  const missingKwh = (stateOfCharge - seen) * rating.energyKwh;
  const powerKw = clamp(-missingKwh / hours, -powerMaxKw, powerMaxKw);
  const askedKw = control.askedKw ?? 0;
  const sameWay = Math.sign(askedKw) === Math.sign(powerKw) && Math.abs(askedKw) <= powerMaxKw;
  const small = Math.abs(powerKw - askedKw) < nameplateKw(rating) * DEADBAND;
  return sameWay && small ? askedKw : powerKw;
}

function held(powerKw: number): Wish {
  return { ...local(powerKw, 'held'), settled: true };
}

/** From `fromKw` towards `goalKw`, at most `stepKw` far. */
function approach(fromKw: number, goalKw: number, stepKw: number): number {
  return Math.abs(goalKw - fromKw) <= stepKw
    ? goalKw
    : fromKw + Math.sign(goalKw - fromKw) * stepKw;
}
