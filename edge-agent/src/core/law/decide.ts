import type { AssetId } from '@tieline/kernel';
import type { SitePolicy } from '@tieline/protocol';
import type { AssetRatings } from '../../ports/devices.ts';
import { advanceActions, type CommandEvent } from './active-actions.ts';
import { believe } from './believe.ts';
import { loadCap, pvCap } from './caps.ts';
import { type AssetControl, type ControlState, isFresh } from './control-state.ts';
import { ask, type Cycle, localReading } from './cycle.ts';
import { confirmActions, endAction, noteClipping, noteReached, wasClippedThere } from './ladder.ts';
import { type Clipped, storeBounds, toWatt } from './limits.ts';
import { aboveReserveKw } from './local-rule.ts';
import { flexiblePowerKw, goesOwnWay, observe } from './observe.ts';
import { stands } from './pacing.ts';
import type { ProcessImage } from './process-image.ts';
import { nameplateKw } from './read-back.ts';
import type { Wish } from './wish.ts';
import { loadWish, pvWish, storeWish } from './wishes.ts';

/** What one cycle asks of the plant. Positive into the grid; null lets the asset run free. */
export interface Decision {
  readonly setpoints: Readonly<Record<AssetId, number | null>>;
  /** In words that an operator reads: `shave`, `order 3f2a…`, `idle`. */
  readonly reasons: Readonly<Record<AssetId, string>>;
  /** Bounds that could not all be kept, by asset. */
  readonly conflicts: readonly string[];
  /** Readings that are not believed, by asset. */
  readonly doubts: readonly string[];
  readonly events: readonly CommandEvent[];
}

export interface Decided {
  readonly state: ControlState;
  readonly decision: Decision;
  /** What it was decided on: the image without what is not believed. */
  readonly believed: ProcessImage;
}

/**
 * One cycle of the control law: pure, total, and the same on a gateway, in the simulator and in a replay.
 * `forecastKw`: what the model said with this cycle, kW of import without stores; null when it said nothing.
 */
export function decide(
  before: ControlState,
  seen: ProcessImage,
  forecastKw: number | null,
): Decided {
  const { state, image, doubts } = believe(before, seen);
  const observed = withForecast(observe(state, image), image, forecastKw);
  const advanced = advanceActions(observed, image);
  const cycle: Cycle = {
    state: advanced.state,
    image,
    events: [...advanced.events],
    conflicts: [],
    setpoints: {},
    reasons: {},
    steeredKw: flexiblePowerKw(advanced.state, image.sessionMs),
    assuredKw: 0,
    sustainedKw: 0,
  };
  if (cycle.state.policy !== null) {
    confirmActions(cycle);
    const { policy } = cycle.state;
    const stores = storesInOrder(cycle);
    for (const rating of stores) {
      // What the site cannot keep shows with its last store: those before it left the rest to it.
      decideStore(cycle, policy, rating, rating === stores.at(-1));
    }
    for (const kind of ['flexible-load', 'pv'] as const) {
      for (const rating of ofKind(cycle.state, kind)) decideCurtailable(cycle, policy, rating);
    }
  }
  const { setpoints, reasons, conflicts, events } = cycle;
  const decision = { setpoints, reasons, conflicts, doubts, events };
  return { state: cycle.state, decision, believed: image };
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
    countStore(cycle, local.activePowerKw);
    ask(cycle, rating.asset, { powerKw: null, reason: 'local control', by: null });
    return;
  }
  const wish = storeWish({ ...cycle, policy }, rating, control);
  noteReached(cycle, wish);
  endAction(cycle, wish, rating.asset);
  const bounds = storeBounds(cycle.state, policy, cycle.image, rating, cycle.steeredKw);
  const spareKw = spareOf(policy, wish, rating, control);
  const clip = (wantedKw: number): Clipped => {
    const { powerKw, by } = bounds.clip(Math.min(wantedKw, spareKw));
    return { powerKw, by: by ?? (wantedKw > spareKw ? 'reserve' : null) };
  };
  const { powerKw: allowedKw, by } = clip(wish.powerKw);
  const { askedKw } = control;
  const stays =
    askedKw !== null &&
    clip(askedKw).by === null &&
    askStands(cycle, rating, wish, { allowedKw, clipped: by !== null });
  const powerKw = stays ? askedKw : allowedKw;
  for (const { name, ofSite } of bounds.conflicts) {
    if (last || !ofSite) cycle.conflicts.push(`${rating.asset}: ${name}`);
  }
  noteClipping(cycle, wish, by, powerKw);
  const ownKw = ownPowerKw(cycle, rating.asset);
  if (ownKw !== null) countStore(cycle, ownKw);
  else {
    const sustainedKw =
      wish.sustainableKw === null ? powerKw : bounds.clip(wish.sustainableKw).powerKw;
    // It ramps there: what it gives by now is what can be built upon.
    const assuredKw = Math.min(powerKw, control.seen?.activePowerKw ?? 0);
    countStore(cycle, powerKw, { assuredKw, sustainedKw });
  }
  const reason = by === null ? wish.reason : `${wish.reason}, ${by}`;
  ask(cycle, rating.asset, { powerKw, reason, by: wish.by });
}

/** Whether a bound that gives a little more than was asked leaves the ask where it is. */
function askStands(
  cycle: Cycle,
  rating: AssetRatings,
  { by, settled }: Wish,
  { allowedKw, clipped }: { readonly allowedKw: number; readonly clipped: boolean },
): boolean {
  const control = cycle.state.assets[rating.asset]!;
  // A ramp goes its way, and where it ends nothing was asked for yet that could stand; what nobody commanded may be
  // held back wherever a bound has a part in it.
  const mayStand = by === null ? clipped || settled : settled && wasClippedThere(cycle, by);
  return mayStand && stands(control, nameplateKw(rating), allowedKw, cycle.image.sessionMs);
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

/** What a store puts out, and what it could; one that goes its own way can nothing else. */
function countStore(
  cycle: Cycle,
  powerKw: number,
  can: Pick<Cycle, 'assuredKw' | 'sustainedKw'> = { assuredKw: powerKw, sustainedKw: powerKw },
): void {
  cycle.steeredKw += powerKw;
  cycle.assuredKw += can.assuredKw;
  cycle.sustainedKw += can.sustainedKw;
}

/**
 * PV and flexible loads run free unless a command or the local rule holds them back, or something else caps them below
 * their nameplate. In kW of what they give or draw, whichever they do.
 */
function decideCurtailable(cycle: Cycle, policy: SitePolicy, rating: AssetRatings): void {
  const control = cycle.state.assets[rating.asset];
  if (control === undefined) return;
  if (localReading(cycle, rating.asset) !== null) {
    ask(cycle, rating.asset, { powerKw: null, reason: 'local control', by: null });
    return;
  }
  const isPv = rating.kind === 'pv';
  const at = { ...cycle, policy };
  const wish = isPv ? pvWish(at, rating, control) : loadWish(at, rating, control);
  noteReached(cycle, wish);
  endAction(cycle, wish, rating.asset);
  const way = isPv ? 1 : -1;
  const wishedKw = Math.max(0, toWatt(way * wish.powerKw));
  const cap = isPv ? pvCap(at, rating) : loadCap(at, rating);
  if (!isPv && cap.isOverruled) cycle.conflicts.push(`${rating.asset}: ${cap.name}`);
  const clipped = cap.maxKw < wishedKw;
  const allowedKw = clipped ? cap.maxKw : wishedKw;
  const { askedKw } = control;
  const stays =
    askedKw !== null &&
    way * askedKw <= allowedKw &&
    askStands(cycle, rating, wish, { allowedKw: toWatt(way * allowedKw), clipped });
  const left = wish.ends ?? control;
  const isWhole = wishedKw >= nameplateKw(rating);
  const free = (wish.by === null || wish.ends !== null) && left.heldKw === null && isWhole;
  const powerKw = stays ? askedKw : free && !clipped ? null : toWatt(way * allowedKw);
  noteClipping(cycle, wish, clipped ? cap.name : null, powerKw ?? toWatt(way * wishedKw));
  ask(cycle, rating.asset, { powerKw, reason: clipped ? cap.name : wish.reason, by: wish.by });
}

function ofKind(state: ControlState, kind: AssetRatings['kind']): AssetRatings[] {
  return state.ratings.filter((rating) => rating.kind === kind);
}
