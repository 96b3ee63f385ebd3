import type { SitePolicy } from '@tieline/protocol';
import type { AssetRatings } from '../../ports/devices.ts';
import { type ControlState, isFresh } from './control-state.ts';
import { commandedLimits, freshImportKw, meterOf, wattsWithin } from './limits.ts';
import { goesOwnWay } from './observe.ts';
import { isMeasured, type ProcessImage } from './process-image.ts';
import { nameplateKw } from './read-back.ts';

/** The most, kW, that one PV system may give or one flexible load draw, and who says so. */
export interface Cap {
  readonly maxKw: number;
  readonly name: string;
  /** The policy leaves it more than the site's connection does. */
  readonly isOverruled: boolean;
}

/** What a cap is made of. */
export interface CapContext {
  readonly state: ControlState;
  readonly image: ProcessImage;
  readonly policy: SitePolicy;
  /** kW that the stores and the flexible loads put out. */
  readonly steeredKw: number;
  /** kW that the stores put out now, and go on to. */
  readonly assuredKw: number;
}

/**
 * What caps one PV system: its nameplate, the policy, limits commanded at its terminal, and its part of
 * what the site may export. Unmeasured, the site is taken to draw nothing.
 */
export function pvCap(at: CapContext, rating: AssetRatings): Cap {
  const { state, image, policy, steeredKw } = at;
  const importKw = freshImportKw(state, image);
  // Load, which takes what PV gives before it flows out.
  const loadKw = importKw === null ? 0 : importKw + drivenKw(at, rating);
  const ofSite = (exportMaxKw: number): number =>
    partOf(at, rating, exportMaxKw - steeredKw + loadKw);
  const most = policy.assets.find(({ asset }) => asset === rating.asset)?.limit.maxKw;
  const limits = commandedLimits(state, rating.asset).map(({ limit, name }) => ({
    name,
    maxKw: limit.exportMaxKw,
  }));
  const site = [
    { name: 'site connection', maxKw: ofSite(policy.exportMaxKw) },
    ...commandedLimits(state, meterOf(state)).map(({ limit, name }) => ({
      name,
      maxKw: ofSite(limit.exportMaxKw),
    })),
  ];
  return least([...ofItsOwn(rating, most), ...limits, ...site], 0);
}

/**
 * What caps one flexible load: its nameplate, the policy, limits commanded at its terminal, and its part of what
 * the site may import beside all else. A fuse is not built upon what a store might give: it waits for what it does.
 * What the policy leaves it in any case, it keeps.
 */
export function loadCap(at: CapContext, rating: AssetRatings): Cap {
  const { state, image, policy, assuredKw } = at;
  const importKw = freshImportKw(state, image);
  // Unmeasured, the site is taken to draw nothing else, and no store to help.
  const helpedKw = importKw === null ? Math.min(0, assuredKw) : assuredKw - importKw;
  const ofSite = (importMaxKw: number): number => partOf(at, rating, importMaxKw + helpedKw);
  const bounds = policy.assets.find(({ asset }) => asset === rating.asset)?.limit;
  const limits = commandedLimits(state, rating.asset).map(({ limit, name }) => ({
    name,
    maxKw: limit.importMaxKw,
  }));
  const site = [
    { name: 'site connection', maxKw: ofSite(policy.importMaxKw) },
    ...commandedLimits(state, meterOf(state)).map(({ limit, name }) => ({
      name,
      maxKw: ofSite(limit.importMaxKw),
    })),
  ];
  const most = bounds === undefined ? undefined : -bounds.minKw;
  const leastKw = bounds === undefined ? 0 : Math.max(0, -bounds.maxKw);
  return least([...ofItsOwn(rating, most), ...limits, ...site], leastKw);
}

type Said = Pick<Cap, 'name' | 'maxKw'>;

function ofItsOwn(rating: AssetRatings, policyMaxKw: number | undefined): readonly Said[] {
  return [
    { name: 'nameplate', maxKw: nameplateKw(rating) },
    ...(policyMaxKw === undefined ? [] : [{ name: 'policy limit', maxKw: policyMaxKw }]),
  ];
}

function least(said: readonly Said[], leastKw: number): Cap {
  const { name, maxKw } = said.reduce((low, one) => (one.maxKw < low.maxKw ? one : low));
  const kw = Math.max(leastKw, maxKw);
  return { name, maxKw: wattsWithin(kw, { minKw: 0, maxKw: kw }), isOverruled: maxKw < leastKw };
}

/**
 * One asset's part, kW, of what all of its kind may give or draw together: a fair one by nameplate, whoever came first,
 * and what others leave of theirs. What one gives or draws that cannot be held is taken off before.
 */
export function partOf(
  at: Pick<CapContext, 'state' | 'image'>,
  rating: AssetRatings,
  totalKw: number,
): number {
  const others = at.state.ratings.filter(
    (one) => one.kind === rating.kind && one.asset !== rating.asset,
  );
  const unheld = others.filter((one) => isUnheld(at, one));
  const held = others.filter((one) => !unheld.includes(one));
  const leftKw = unheld.reduce((left, one) => left - (magnitudeKw(at, one) ?? 0), totalKw);
  const ratedKw = held.reduce((sum, one) => sum + nameplateKw(one), nameplateKw(rating));
  const fairKw = (one: AssetRatings): number => (leftKw * nameplateKw(one)) / ratedKw;
  // What nobody reads may be in use.
  const spareKw = (one: AssetRatings): number =>
    Math.max(0, fairKw(one) - (magnitudeKw(at, one) ?? Number.POSITIVE_INFINITY));
  return held.reduce(
    (sum, one) => sum + (spareKw(one) * nameplateKw(rating)) / (ratedKw - nameplateKw(one)),
    fairKw(rating),
  );
}

/** Whether one is in local control, or does not do as it is told. */
function isUnheld({ state, image }: Pick<CapContext, 'state' | 'image'>, { asset }: AssetRatings) {
  const reading = image.readings[asset];
  const control = state.assets[asset];
  if (isMeasured(reading) && reading.local) return true;
  return control !== undefined && goesOwnWay(control, image.sessionMs);
}

/** What all of its kind give or draw now, kW. */
function drivenKw(at: Pick<CapContext, 'state' | 'image'>, { kind }: AssetRatings): number {
  return at.state.ratings
    .filter((one) => one.kind === kind)
    .reduce((sum, one) => sum + (magnitudeKw(at, one) ?? 0), 0);
}

/** What one gives or draws, kW; null where nobody reads it. */
function magnitudeKw(
  { state, image }: Pick<CapContext, 'state' | 'image'>,
  { asset, kind }: AssetRatings,
): number | null {
  const seen = state.assets[asset]?.seen ?? null;
  if (!isFresh(seen, image.sessionMs)) return null;
  return Math.max(0, kind === 'pv' ? seen.activePowerKw : -seen.activePowerKw);
}
