import type { Interval } from '@tieline/grid';
import { clamp } from '@tieline/kernel';
import type { AssetPolicy } from '@tieline/protocol';
import type { AssetRatings } from '../../ports/devices.ts';
import { modeOf } from './active-actions.ts';
import { partOf } from './caps.ts';
import { type AssetControl, isFresh } from './control-state.ts';
import { demandBudget } from './demand-window.ts';
import { expectedImport } from './forecast.ts';
import { pace } from './pacing.ts';
import {
  excessKw,
  type ShavingInput,
  shavePeak,
  steeredLimitKw,
  sustainableKw,
} from './peak-shaving.ts';
import { nameplateKw } from './read-back.ts';
import { local, type Wish, type WishContext } from './wish.ts';

export interface RuleWish extends Wish {
  /** What automation may use alone now; null where it does not act by itself. */
  readonly within: Interval | null;
}

export function paced(
  at: WishContext,
  rating: AssetRatings,
  control: AssetControl,
  wish: RuleWish,
): Wish {
  if (wish.within === null) return wish;
  const of = { nameplateKw: nameplateKw(rating), restKw: restKw(rating) };
  const powerKw = pace(control, at.policy, of, wish.powerKw, at.image.sessionMs);
  if (powerKw === of.restKw) return { ...wish, powerKw };
  // What stands from before may lie beyond what automation may use now: pacing never keeps it there.
  return { ...wish, powerKw: clamp(powerKw, wish.within.minKw, wish.within.maxKw) };
}

/** What an asset is at that nobody asks for anything: a store gives nothing, a flexible load draws all that it likes. */
function restKw({ kind, chargeMaxKw }: AssetRatings): number {
  return kind === 'flexible-load' ? -chargeMaxKw : 0;
}

/** What the local rule wishes of a store when nothing else has a say. */
export function storeRule(at: WishContext, rating: AssetRatings, control: AssetControl): RuleWish {
  const asset = at.policy.assets.find((one) => one.asset === rating.asset);
  if (modeOf(at.state) === 'idle') return plain(0, 'idle');
  if (asset === undefined) return plain(0, 'not in policy');
  const quarter = quarterHour(at);
  if (quarter === null) return plain(asset.safePowerKw, 'safe: site not measured');
  const store = {
    asset,
    stateOfCharge: control.seen?.stateOfCharge ?? 0,
    energyKwh: rating.energyKwh,
  };
  const { steeredKw } = at;
  const shaving = shavePeak({
    ...quarter,
    ...store,
    policy: at.policy,
    uncontrolledKw: quarter.uncontrolledKw - steeredKw,
    expectedKw: quarter.expectedKw - steeredKw,
  });
  const within = automationInterval(asset, rating, control);
  // A store that charged beside loads that wait would take their room.
  const yields = shaving.reason === 'recharge' && doesAnyWait(at);
  const powerKw = yields ? 0 : clamp(shaving.powerKw, within.minKw, within.maxKw);
  const mostKw = Math.min(sustainableKw({ ...store, ...quarter }), within.maxKw);
  return {
    ...local(powerKw, `${yields ? 'rest' : shaving.reason} by ${quarter.from}`),
    ...{ within, sustainableKw: mostKw },
  };
}

/**
 * What the local rule leaves a flexible load: what the quarter hour allows beside everything else and with all that the
 * stores can give, but never less than the margin does. Room that a calm beginning saved is not spent at the end.
 */
export function loadRule(at: WishContext, rating: AssetRatings): RuleWish {
  const freeKw = restKw(rating);
  const asset = at.policy.assets.find((one) => one.asset === rating.asset);
  const free = (reason: string): RuleWish => ({ ...plain(freeKw, reason), settled: true });
  if (modeOf(at.state) === 'idle') return free('idle');
  if (asset === undefined) return free('not in policy');
  const quarter = quarterHour(at);
  if (quarter === null) return plain(asset.safePowerKw, 'safe: site not measured');
  const { allowedKw } = quarter.budget;
  const budget = { ...quarter.budget, allowedKw: Math.min(allowedKw, steeredLimitKw(at.policy)) };
  const roomKw = at.sustainedKw - excessKw({ ...quarter, budget });
  const mostKw = -partOf(at, rating, roomKw);
  const within = { minKw: asset.margin.minKw, maxKw: Math.min(0, asset.margin.maxKw) };
  const isFree = mostKw <= Math.max(freeKw, within.minKw);
  const powerKw = isFree ? freeKw : clamp(mostKw, within.minKw, within.maxKw);
  const reason = isFree ? 'free' : `shave by ${quarter.from}`;
  return { ...local(powerKw, reason), settled: isFree, within };
}

/** Whether a load is held below what its nameplate and the policy let it draw at the most. */
function doesAnyWait({ state, policy }: WishContext): boolean {
  return state.ratings.some((rating) => {
    const askedKw = state.assets[rating.asset]?.askedKw ?? null;
    if (rating.kind !== 'flexible-load' || askedKw === null) return false;
    const asset = policy.assets.find((one) => one.asset === rating.asset);
    return askedKw > Math.max(restKw(rating), asset?.limit.minKw ?? restKw(rating)) + WATT_KW;
  });
}

/** What is known of the quarter hour: import without what is steered, now and expected, and what may still flow. */
function quarterHour({
  state,
  image,
  policy,
}: WishContext):
  | (Pick<ShavingInput, 'uncontrolledKw' | 'expectedKw' | 'budget'> & { from: 'model' | 'rule' })
  | null {
  const known = state.uncontrolled;
  const expected = expectedImport(state.forecast, image.sessionMs);
  if (!isFresh(known, image.sessionMs) || expected === null) return null;
  return {
    uncontrolledKw: known.importKw,
    expectedKw: expected.importKw,
    from: expected.from,
    budget: demandBudget(state.demand, image.wallMs, steeredLimitKw(policy)),
  };
}

/** What is asked is whole watts. */
const WATT_KW = 0.001;

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

/** What no pacing holds back. */
function plain(powerKw: number, reason: string): RuleWish {
  return { ...local(powerKw, reason), within: null };
}
