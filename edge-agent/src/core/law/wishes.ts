import type { Interval } from '@tieline/grid';
import { clamp, HOUR_MS } from '@tieline/kernel';
import type { AssetPolicy, ChargeTarget, Setpoint, SitePolicy } from '@tieline/protocol';
import type { AssetRatings } from '../../ports/devices.ts';
import { modeOf, winnerFor } from './active-actions.ts';
import {
  type ActiveAction,
  type AssetControl,
  type ControlState,
  isFresh,
} from './control-state.ts';
import { demandBudget } from './demand-window.ts';
import { expectedImport } from './forecast.ts';
import { DEADBAND, pace } from './pacing.ts';
import { shavePeak, steeredLimitKw } from './peak-shaving.ts';
import type { ProcessImage } from './process-image.ts';
import { nameplateKw } from './read-back.ts';

/** What an asset would do if nothing bounded it. */
export interface Wish {
  /** Positive into the grid; for PV the upper limit of generation. */
  readonly powerKw: number;
  readonly reason: string;
  /** The command that wishes it; null for the local rule. */
  readonly by: ActiveAction | null;
  /** It stays what it is: no ramp and no rule moves it. */
  readonly settled: boolean;
  /** Set where the command is over with this cycle: the value that it leaves to hold, or none. */
  readonly ends: { readonly heldKw: number | null } | null;
}

/** What a wish is made of. */
export interface WishContext {
  readonly state: ControlState;
  readonly image: ProcessImage;
  readonly policy: SitePolicy;
  /** kW that the stores decided before this one put out. */
  readonly storesKw: number;
}

/** What a store is to do: as the command that wins says, or else as the local rule does. */
export function storeWish(at: WishContext, rating: AssetRatings, control: AssetControl): Wish {
  const winner = winnerFor(at.state, rating.asset);
  const action = winner?.action;
  if (winner !== null && action?.type === 'setpoint') {
    const ruleKw = (): number => ruleWish(at, rating, control).powerKw;
    return setpointWish(winner, action, ruleKw, at.image.sessionMs);
  }
  if (winner !== null && action?.type === 'charge-target') {
    const powerKw = chargeKw(action, winner.endsMs - at.image.sessionMs, rating, control);
    const reason = `charge target ${winner.command.slice(0, 8)}`;
    return { powerKw, reason, by: winner, settled: false, ends: null };
  }
  if (winner !== null)
    return { powerKw: 0, reason: 'idle', by: winner, settled: false, ends: null };
  if (control.heldKw !== null) return held(control.heldKw);
  return pacedRule(at, rating, control);
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
    return { powerKw, reason, by: winner, settled, ends: null };
  }
  const { revert } = action;
  const goalKw = revert.to === 'value' ? revert.activePowerKw : ruleKw();
  const powerKw = approach(winner.rampFromKw, goalKw, action.rampOutKwPerS * seconds);
  const ends = { heldKw: revert.to === 'value' ? goalKw : null };
  return {
    powerKw,
    reason: `${reason} ending`,
    by: winner,
    settled: false,
    ends: powerKw === goalKw ? ends : null,
  };
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

interface RuleWish extends Wish {
  /** What automation may use alone now; null where it does not act by itself. */
  readonly within: Interval | null;
}

function pacedRule(at: WishContext, rating: AssetRatings, control: AssetControl): Wish {
  const wish = ruleWish(at, rating, control);
  if (wish.within === null) return wish;
  const nowMs = at.image.sessionMs;
  const paced = pace(control, at.policy, nameplateKw(rating), wish.powerKw, nowMs);
  // What stands from before may lie beyond what automation may use now: pacing never keeps it there.
  return { ...wish, powerKw: clamp(paced, wish.within.minKw, wish.within.maxKw) };
}

/** What the local rule wishes when nothing else has a say. */
function ruleWish(at: WishContext, rating: AssetRatings, control: AssetControl): RuleWish {
  const { state, image, policy, storesKw } = at;
  const plain = (powerKw: number, reason: string) => ({ ...local(powerKw, reason), within: null });
  if (modeOf(state) === 'idle') return plain(0, 'idle');
  const asset = policy.assets.find((one) => one.asset === rating.asset);
  const known = state.uncontrolled;
  const expected = expectedImport(state.forecast, image.sessionMs);
  if (asset === undefined) return plain(0, 'not in policy');
  if (!isFresh(known, image.sessionMs) || expected === null) {
    return plain(asset.safePowerKw, 'safe: site not measured');
  }
  const shaving = shavePeak({
    policy,
    asset,
    uncontrolledKw: known.importKw - storesKw,
    expectedKw: expected.importKw - storesKw,
    budget: demandBudget(state.demand, image.wallMs, steeredLimitKw(policy)),
    stateOfCharge: control.seen?.stateOfCharge ?? 0,
    energyKwh: rating.energyKwh,
  });
  const within = automationInterval(asset, rating, control);
  const powerKw = clamp(shaving.powerKw, within.minKw, within.maxKw);
  return { ...local(powerKw, `${shaving.reason} by ${expected.from}`), within };
}

/** What automation takes from a store above its reserve, at most, lasts this long. */
const RESERVE_HORIZON_HOURS = 1 / 60;

/** What automation may discharge now without touching the reserve, kW. Plans are automation too: nobody signed them. */
export function aboveReserveKw(
  { reserveStateOfCharge }: AssetPolicy,
  { energyKwh }: AssetRatings,
  { seen }: AssetControl,
): number {
  const spare = Math.max(0, (seen?.stateOfCharge ?? 0) - reserveStateOfCharge);
  return (spare * energyKwh) / RESERVE_HORIZON_HOURS;
}

/** The margin, and nothing out of the reserve. Rest is always among it. */
function automationInterval(
  asset: AssetPolicy,
  rating: AssetRatings,
  control: AssetControl,
): Interval {
  const { minKw, maxKw } = asset.margin;
  return {
    minKw: Math.min(0, minKw),
    maxKw: Math.min(Math.max(0, maxKw), aboveReserveKw(asset, rating, control)),
  };
}

function local(powerKw: number, reason: string): Wish {
  return { powerKw, reason, by: null, settled: false, ends: null };
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
