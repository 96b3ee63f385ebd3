import type { AssetId } from '@tieline/kernel';
import type { SitePolicy } from '@tieline/protocol';
import type { AssetMeasurement, AssetRatings } from '../../ports/devices.ts';
import { advanceActions, type CommandEvent, sameAction, winnersOf } from './active-actions.ts';
import { confirm } from './confirm.ts';
import {
  type ActiveAction,
  type AssetControl,
  type ControlState,
  isFresh,
} from './control-state.ts';
import { pvCap, storeBounds, toWatt } from './limits.ts';
import { goesOwnWay, observe } from './observe.ts';
import { noteChange } from './pacing.ts';
import { isMeasured, type ProcessImage } from './process-image.ts';
import { aboveReserveKw, pvWish, storeWish, type Wish } from './wishes.ts';

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
    const { policy } = cycle.state;
    const stores = storesInOrder(cycle);
    for (const rating of stores) {
      // What the site cannot keep shows with its last store: those before it left the rest to it.
      decideStore(cycle, policy, rating, rating === stores.at(-1));
    }
    for (const rating of ofKind(cycle.state, 'pv')) decidePv(cycle, policy, rating);
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

/** Those that go their own way first, because the others must know of it; then the fullest. */
function storesInOrder(cycle: Cycle): AssetRatings[] {
  const own = ({ asset }: AssetRatings): number => (ownPowerKw(cycle, asset) === null ? 0 : 1);
  const charge = ({ asset }: AssetRatings): number =>
    cycle.state.assets[asset]?.seen?.stateOfCharge ?? 0;
  return ofKind(cycle.state, 'battery').sort((a, b) => own(b) - own(a) || charge(b) - charge(a));
}

/** What a store gives whatever it is asked for, kW: in local control, or one that does not follow. */
function ownPowerKw(cycle: Cycle, asset: AssetId): number | null {
  const local = localReading(cycle, asset);
  if (local !== null) return local.activePowerKw;
  const { sessionMs } = cycle.image;
  const control = cycle.state.assets[asset];
  if (control === undefined || !goesOwnWay(control, sessionMs)) return null;
  return isFresh(control.seen, sessionMs) ? control.seen.activePowerKw : null;
}

function decideStore(cycle: Cycle, policy: SitePolicy, rating: AssetRatings, last: boolean): void {
  const control = cycle.state.assets[rating.asset];
  if (control === undefined) return;
  const local = localReading(cycle, rating.asset);
  if (local !== null) {
    cycle.storesKw += local.activePowerKw;
    ask(cycle, rating.asset, { powerKw: null, reason: 'local control', by: null });
    return;
  }
  const wish = storeWish({ ...cycle, policy }, rating, control);
  noteReached(cycle, wish);
  endAction(cycle, wish, rating.asset);
  const bounds = storeBounds(cycle.state, policy, cycle.image, rating, cycle.storesKw);
  const spareKw = spareOf(policy, wish, rating, control);
  const { powerKw, by: bound } = bounds.clip(Math.min(wish.powerKw, spareKw));
  const by = bound ?? (wish.powerKw > spareKw ? 'reserve' : null);
  for (const { name, ofSite } of bounds.conflicts) {
    if (last || !ofSite) cycle.conflicts.push(`${rating.asset}: ${name}`);
  }
  if (wish.by !== null && wish.ends === null) noteClipping(cycle, wish.by, by, powerKw);
  cycle.storesKw += ownPowerKw(cycle, rating.asset) ?? powerKw;
  const reason = by === null ? wish.reason : `${wish.reason}, ${by}`;
  ask(cycle, rating.asset, { powerKw, reason, by: wish.by });
}

/** The most that a store may discharge for who wishes it, kW: people may spend the reserve, a plan may not. */
function spareOf(
  policy: SitePolicy,
  wish: Wish,
  rating: AssetRatings,
  control: AssetControl,
): number {
  const asset = policy.assets.find((one) => one.asset === rating.asset);
  if (wish.by?.rank !== 'plan' || asset === undefined) return Number.POSITIVE_INFINITY;
  return aboveReserveKw(asset, rating, control);
}

function localReading(cycle: Cycle, asset: AssetId): AssetMeasurement | null {
  const reading = cycle.image.readings[asset];
  return isMeasured(reading) && reading.local ? reading : null;
}

/** PV runs free unless a command limits it, or something else caps it below its nameplate. */
function decidePv(cycle: Cycle, policy: SitePolicy, rating: AssetRatings): void {
  const control = cycle.state.assets[rating.asset];
  if (control === undefined) return;
  if (localReading(cycle, rating.asset) !== null) {
    ask(cycle, rating.asset, { powerKw: null, reason: 'local control', by: null });
    return;
  }
  const wish = pvWish({ ...cycle, policy }, rating, control);
  if (wish !== null) {
    noteReached(cycle, wish);
    endAction(cycle, wish, rating.asset);
  }
  const by = wish?.by ?? null;
  const wishedKw = Math.max(0, toWatt(wish?.powerKw ?? rating.dischargeMaxKw));
  const cap = pvCap(cycle.state, policy, cycle.image, rating, cycle.storesKw);
  if (cap.maxKw < wishedKw) {
    ask(cycle, rating.asset, { powerKw: cap.maxKw, reason: cap.name, by });
    return;
  }
  const free = wish === null || (wish.ends !== null && wish.ends.heldKw === null);
  const powerKw = free ? null : wishedKw;
  ask(cycle, rating.asset, { powerKw, reason: wish?.reason ?? 'free', by });
}

/** A command that has come to its end is over, and what it reverts to holds. */
function endAction(cycle: Cycle, { by, ends }: Wish, asset: AssetId): void {
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

function ask(
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

function confirmActions(cycle: Cycle): void {
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
function noteReached(cycle: Cycle, { by, powerKw }: Wish): void {
  if (by?.action.type !== 'setpoint' || by.phase !== 'active' || by.reachedMs !== null) return;
  if (powerKw !== by.action.activePowerKw) return;
  changeAction(cycle, by, { reachedMs: cycle.image.sessionMs });
}

function changeAction(cycle: Cycle, one: ActiveAction, change: Partial<ActiveAction>): void {
  const actions = cycle.state.actions.map((other) =>
    sameAction(other, one) ? { ...other, ...change } : other,
  );
  cycle.state = { ...cycle.state, actions };
}

/** Says once that a command is clipped, and by what; and again after it was free in between. */
function noteClipping(cycle: Cycle, one: ActiveAction, by: string | null, powerKw: number): void {
  if (one.clipped === (by !== null)) return;
  if (by !== null) {
    const status = { state: 'clipped', by, toKw: toWatt(powerKw) } as const;
    cycle.events.push({ command: one.command, index: one.index, status });
  }
  changeAction(cycle, one, { clipped: by !== null });
}

function ofKind(state: ControlState, kind: AssetRatings['kind']): AssetRatings[] {
  return state.ratings.filter((rating) => rating.kind === kind);
}
