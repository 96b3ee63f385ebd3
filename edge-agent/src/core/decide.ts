import { type AssetId, clamp, HOUR_MS } from '@tieline/kernel';
import type { Setpoint, SitePolicy } from '@tieline/protocol';
import type { AssetRatings } from '../ports/devices.ts';
import {
  advanceActions,
  type CommandEvent,
  modeOf,
  sameAction,
  winnerFor,
} from './active-actions.ts';
import { confirm, nameplateKw } from './confirm.ts';
import {
  type ActiveAction,
  type AssetControl,
  type ControlState,
  READING_AGE_MAX_MS,
} from './control-state.ts';
import { demandBudget } from './demand-window.ts';
import { expectedImport } from './forecast.ts';
import { storeBounds } from './limits.ts';
import { observe } from './observe.ts';
import { noteChange, pace } from './pacing.ts';
import { shavePeak, steeredLimitKw } from './peak-shaving.ts';
import type { ProcessImage } from './process-image.ts';

/** What one cycle asks of the plant. Positive into the grid; null lets the asset run free. */
export interface Decision {
  readonly setpoints: Readonly<Record<AssetId, number | null>>;
  /** In words that an operator reads: `shave`, `order 3f2a…`, `idle`. */
  readonly reasons: Readonly<Record<AssetId, string>>;
  /** Bounds that could not all be kept, by asset. */
  readonly conflicts: readonly string[];
  readonly events: readonly CommandEvent[];
}

export interface Decided {
  readonly state: ControlState;
  readonly decision: Decision;
}

/**
 * One cycle of the control law: pure, total, and the same on a gateway, in the simulator and in a replay.
 * `forecastKw`: what the model said with this cycle, kW of import without stores; null when it said nothing.
 */
export function decide(
  before: ControlState,
  image: ProcessImage,
  forecastKw: number | null,
): Decided {
  const observed = withForecast(observe(before, image), image, forecastKw);
  const advanced = advanceActions(observed, image);
  const cycle: Cycle = {
    state: advanced.state,
    image,
    events: [...advanced.events],
    conflicts: [],
    setpoints: {},
    reasons: {},
    storesKw: 0,
  };
  if (cycle.state.policy !== null) {
    confirmActions(cycle);
    const stores = ofKind(cycle.state, 'battery').sort(
      (a, b) => charge(cycle, b) - charge(cycle, a),
    );
    for (const rating of stores) decideStore(cycle, cycle.state.policy, rating);
    for (const rating of ofKind(cycle.state, 'pv')) decidePv(cycle, cycle.state.policy, rating);
  }
  const { setpoints, reasons, conflicts, events } = cycle;
  return { state: cycle.state, decision: { setpoints, reasons, conflicts, events } };
}

function withForecast(
  state: ControlState,
  image: ProcessImage,
  forecastKw: number | null,
): ControlState {
  if (forecastKw === null) return state;
  const model = { importKw: forecastKw, atMs: image.sessionMs };
  return { ...state, forecast: { ...state.forecast, model } };
}

/** A decision in the making. */
interface Cycle {
  state: ControlState;
  readonly image: ProcessImage;
  readonly events: CommandEvent[];
  readonly conflicts: string[];
  readonly setpoints: Record<AssetId, number | null>;
  readonly reasons: Record<AssetId, string>;
  /** kW that the stores decided so far put out. */
  storesKw: number;
}

interface Wish {
  readonly powerKw: number;
  readonly reason: string;
  /** The command that wishes it; null for the local rule. */
  readonly by: ActiveAction | null;
}

function decideStore(cycle: Cycle, policy: SitePolicy, rating: AssetRatings): void {
  const control = cycle.state.assets[rating.asset];
  if (control === undefined) return;
  const wish = storeWish(cycle, policy, rating, control);
  const bounds = storeBounds(cycle.state, policy, cycle.image, rating, cycle.storesKw);
  const nowMs = cycle.image.sessionMs;
  const paced =
    wish.by === null && control.heldKw === null
      ? pace(control, policy, nameplateKw(rating), wish.powerKw, nowMs)
      : wish.powerKw;
  const { powerKw, by } = bounds.clip(paced);
  cycle.conflicts.push(...bounds.conflicts.map((name) => `${rating.asset}: ${name}`));
  if (wish.by !== null) noteClipping(cycle, wish.by, by, powerKw);
  cycle.storesKw += powerKw;
  ask(cycle, rating.asset, toWatt(powerKw), by === null ? wish.reason : `${wish.reason}, ${by}`);
}

function storeWish(
  cycle: Cycle,
  policy: SitePolicy,
  rating: AssetRatings,
  control: AssetControl,
): Wish {
  const winner = winnerFor(cycle.state, rating.asset);
  if (winner?.action.type === 'setpoint') {
    return setpointWish(cycle, policy, rating, { ...winner, action: winner.action });
  }
  if (winner?.action.type === 'charge-target') {
    const { stateOfCharge, powerMaxKw } = winner.action;
    const hours = Math.max(winner.endsMs - cycle.image.sessionMs, 60_000) / HOUR_MS;
    const missingKwh =
      (stateOfCharge - (control.seen?.stateOfCharge ?? stateOfCharge)) * rating.energyKwh;
    const powerKw = clamp(-missingKwh / hours, -powerMaxKw, powerMaxKw);
    return { powerKw, reason: `charge target ${winner.command.slice(0, 8)}`, by: winner };
  }
  return localWish(cycle, policy, rating, control);
}

/** What the asset does when no command steers it. */
function localWish(
  cycle: Cycle,
  policy: SitePolicy,
  rating: AssetRatings,
  control: AssetControl,
): Wish {
  const { state, image } = cycle;
  if (modeOf(state) === 'idle') return { powerKw: 0, reason: 'idle', by: null };
  if (control.heldKw !== null) return { powerKw: control.heldKw, reason: 'held', by: null };
  const asset = policy.assets.find((one) => one.asset === rating.asset);
  const known = state.uncontrolled;
  const expected = expectedImport(state.forecast, image.sessionMs);
  if (asset === undefined) return { powerKw: 0, reason: 'not in policy', by: null };
  if (known === null || expected === null || image.sessionMs - known.atMs > READING_AGE_MAX_MS) {
    return { powerKw: asset.safePowerKw, reason: 'safe: site not measured', by: null };
  }
  const shaving = shavePeak({
    policy,
    asset,
    uncontrolledKw: known.importKw - cycle.storesKw,
    expectedKw: expected.importKw - cycle.storesKw,
    budget: demandBudget(state.demand, image.wallMs, steeredLimitKw(policy)),
    stateOfCharge: control.seen?.stateOfCharge ?? 0,
    energyKwh: rating.energyKwh,
  });
  return { powerKw: shaving.powerKw, reason: `${shaving.reason} by ${expected.from}`, by: null };
}

/** A commanded setpoint: ramped in, held, ramped out to what it reverts to. */
function setpointWish(
  cycle: Cycle,
  policy: SitePolicy,
  rating: AssetRatings,
  winner: ActiveAction & { readonly action: Setpoint },
): Wish {
  const { action } = winner;
  const seconds = (cycle.image.sessionMs - winner.rampStartMs) / 1_000;
  const reason = `command ${winner.command.slice(0, 8)}`;
  if (winner.phase === 'active') {
    const powerKw = approach(winner.rampFromKw, action.activePowerKw, action.rampKwPerS * seconds);
    return { powerKw, reason, by: winner };
  }
  const control = cycle.state.assets[rating.asset]!;
  const goalKw =
    action.revert.to === 'value'
      ? action.revert.activePowerKw
      : rating.kind === 'pv'
        ? rating.dischargeMaxKw
        : localWish(cycle, policy, rating, control).powerKw;
  const powerKw = approach(winner.rampFromKw, goalKw, action.rampOutKwPerS * seconds);
  if (powerKw === goalKw) {
    const heldKw = action.revert.to === 'value' ? goalKw : null;
    endAction(cycle, winner, rating.asset, heldKw);
  }
  return { powerKw, reason: `${reason} ending`, by: winner };
}

function endAction(cycle: Cycle, one: ActiveAction, asset: AssetId, heldKw: number | null): void {
  const { command, index } = one;
  cycle.events.push({ command, index, status: { state: 'completed' } });
  cycle.events.push({ command, index, status: { state: 'reverted' } });
  const control = cycle.state.assets[asset]!;
  cycle.state = {
    ...cycle.state,
    actions: cycle.state.actions.filter((other) => !sameAction(other, one)),
    assets: { ...cycle.state.assets, [asset]: { ...control, heldKw } },
  };
}

/** PV runs free unless a command limits it, or the site would export more than it may. */
function decidePv(cycle: Cycle, policy: SitePolicy, rating: AssetRatings): void {
  const control = cycle.state.assets[rating.asset];
  const generatingKw = control?.seen?.activePowerKw ?? 0;
  const known = cycle.state.uncontrolled;
  const winner = winnerFor(cycle.state, rating.asset);
  let limitKw = control?.heldKw ?? null;
  let reason = limitKw === null ? 'free' : 'held';
  if (winner?.action.type === 'setpoint') {
    const wish = setpointWish(cycle, policy, rating, { ...winner, action: winner.action });
    const over = winner.phase === 'releasing' && wish.powerKw >= rating.dischargeMaxKw;
    limitKw = over ? null : wish.powerKw;
    reason = wish.reason;
  }
  if (known !== null) {
    const exportKw = cycle.storesKw - known.importKw;
    const roomKw = generatingKw - (exportKw - policy.exportMaxKw);
    if (roomKw < Math.min(limitKw ?? Infinity, rating.dischargeMaxKw)) {
      limitKw = toWatt(Math.max(0, roomKw));
      reason = 'site connection';
    }
  }
  ask(cycle, rating.asset, limitKw === null ? null : toWatt(limitKw), reason);
}

function ask(cycle: Cycle, asset: AssetId, powerKw: number | null, reason: string): void {
  const control = cycle.state.assets[asset]!;
  cycle.setpoints[asset] = powerKw;
  cycle.reasons[asset] = reason;
  cycle.state = {
    ...cycle.state,
    assets: {
      ...cycle.state.assets,
      [asset]: noteChange(control, powerKw, cycle.image.sessionMs),
    },
  };
}

function confirmActions(cycle: Cycle): void {
  const actions = cycle.state.actions.map((one) => {
    if (one.action.type !== 'setpoint') return one;
    const { asset } = one.action;
    const rating = cycle.state.ratings.find((candidate) => candidate.asset === asset);
    const winner = winnerFor(cycle.state, asset);
    if (rating === undefined || winner === null || !sameAction(winner, one)) return one;
    const seen = confirm(cycle.state, cycle.image, { ...one, action: one.action }, rating);
    if (seen.event !== null) cycle.events.push(seen.event);
    return seen.action;
  });
  cycle.state = { ...cycle.state, actions };
}

/** Says once that a command is clipped, and by what; and again after it was free in between. */
function noteClipping(cycle: Cycle, one: ActiveAction, by: string | null, powerKw: number): void {
  if (one.clipped === (by !== null)) return;
  if (by !== null) {
    const status = { state: 'clipped', by, toKw: toWatt(powerKw) } as const;
    cycle.events.push({ command: one.command, index: one.index, status });
  }
  cycle.state = {
    ...cycle.state,
    actions: cycle.state.actions.map((other) =>
      sameAction(other, one) ? { ...other, clipped: by !== null } : other,
    ),
  };
}

/** From `fromKw` towards `goalKw`, at most `stepKw` far. */
function approach(fromKw: number, goalKw: number, stepKw: number): number {
  return Math.abs(goalKw - fromKw) <= stepKw
    ? goalKw
    : fromKw + Math.sign(goalKw - fromKw) * stepKw;
}

function toWatt(powerKw: number): number {
  return Math.round(powerKw * 1_000) / 1_000 + 0;
}

function ofKind(state: ControlState, kind: AssetRatings['kind']): AssetRatings[] {
  return state.ratings.filter((rating) => rating.kind === kind);
}

function charge(cycle: Cycle, rating: AssetRatings): number {
  return cycle.state.assets[rating.asset]?.seen?.stateOfCharge ?? 0;
}
