import { combineRanked, type Interval, project } from '@tieline/grid';
import { type AssetId, HOUR_MS, roundToWatt } from '@tieline/kernel';
import type { Limit, SitePolicy } from '@tieline/protocol';
import type { AssetRatings } from '../../ports/devices.ts';
import { rankOf } from './active-actions.ts';
import {
  type ActiveAction,
  type AssetControl,
  type ControlState,
  isFresh,
} from './control-state.ts';
import type { ProcessImage } from './process-image.ts';

/** One bound on an asset's power, who set it, and how it ranks against others. */
interface Bound extends Interval {
  readonly name: string;
  readonly rank: number;
  /** Bounds the site, which its stores keep together. */
  readonly ofSite?: true;
}

const DEVICE_RANK = 100;
const POLICY_RANK = 90;
const SITE_RANK = 80;
const COMMAND_RANK = 10;

/** A store is taken to empty or fill within this time at most, so that power falls off before it is empty. */
const ENERGY_HORIZON_MS = HOUR_MS / 60;

export interface Clipped {
  readonly powerKw: number;
  /** The bound that moved the power; null where it was not moved. */
  readonly by: string | null;
}

/** The bounds on one store now, combined from the highest rank down. */
export class Bounds {
  readonly #ranked: readonly Bound[];
  readonly #interval: Interval;
  /** Bounds that could not be kept. */
  readonly conflicts: readonly Pick<Bound, 'name' | 'ofSite'>[];

  constructor(bounds: readonly Bound[]) {
    this.#ranked = [...bounds].sort((a, b) => b.rank - a.rank);
    const combined = combineRanked(this.#ranked);
    this.#interval = combined.interval;
    this.conflicts = combined.overruled;
  }

  clip(wantedKw: number): Clipped {
    const powerKw = wattsWithin(project(wantedKw, this.#interval), this.#interval);
    if (powerKw === toWatt(wantedKw)) return { powerKw, by: null };
    const by = this.#ranked.find(({ minKw, maxKw }) => wantedKw < minKw || wantedKw > maxKw);
    return { powerKw, by: by?.name ?? 'limit' };
  }
}

/**
 * Every bound on a store: nameplate, energy, policy, the site's connection, and limits commanded.
 *
 * @param othersKw  what the flexible loads and the stores decided before this one put out, kW
 */
export function storeBounds(
  state: ControlState,
  policy: SitePolicy,
  image: ProcessImage,
  rating: AssetRatings,
  othersKw: number,
): Bounds {
  const bounds: Bound[] = [
    {
      name: 'nameplate',
      rank: DEVICE_RANK,
      minKw: -rating.chargeMaxKw,
      maxKw: rating.dischargeMaxKw,
    },
    {
      name: 'state of charge',
      rank: DEVICE_RANK - 1,
      ...energyInterval(state.assets[rating.asset], image, rating),
    },
  ];
  const asset = policy.assets.find((one) => one.asset === rating.asset);
  // An asset that the policy does not name may not be used.
  bounds.push({
    name: 'policy limit',
    rank: POLICY_RANK,
    ...(asset?.limit ?? { minKw: 0, maxKw: 0 }),
  });
  bounds.push(...connectionBounds(state, policy, connectionOf(state, image, othersKw)));
  for (const { limit, name, rank } of commandedLimits(state, rating.asset)) {
    bounds.push({ name, rank, minKw: -limit.importMaxKw, maxKw: limit.exportMaxKw });
  }
  return new Bounds(bounds);
}

/** Import of the site without what is steered, kW, as it was measured a moment ago; null where it was not. */
export function freshImportKw({ uncontrolled }: ControlState, image: ProcessImage): number | null {
  return isFresh(uncontrolled, image.sessionMs) ? uncontrolled.importKw : null;
}

/** What import and export limits of the site leave to one store. */
type Connection = (importMaxKw: number, exportMaxKw: number) => Interval;

/**
 * Measured, the site's import can exceed its limit by load alone; then a store helps as far as it can, and
 * `Bounds` resolves by rank what its nameplate cannot. Unmeasured, the site is taken to draw nothing: a store
 * gives no more than that leaves room for, and is forced to nothing, which would drain it against a load long gone.
 */
function connectionOf(state: ControlState, image: ProcessImage, othersKw: number): Connection {
  const importKw = freshImportKw(state, image);
  if (importKw !== null) {
    const withoutKw = importKw - othersKw;
    return (importMaxKw, exportMaxKw) => ({
      minKw: withoutKw - importMaxKw,
      maxKw: withoutKw + exportMaxKw,
    });
  }
  const givenKw = othersKw + pvAtMostKw(state, image);
  return (importMaxKw, exportMaxKw) => ({
    minKw: Math.min(0, -importMaxKw - othersKw),
    maxKw: Math.max(0, exportMaxKw - givenKw),
  });
}

/** What the site's PV gives, kW; its nameplate where nobody reads it. */
function pvAtMostKw(state: ControlState, image: ProcessImage): number {
  return state.ratings
    .filter(({ kind }) => kind === 'pv')
    .reduce((sum, { asset, dischargeMaxKw }) => {
      const seen = state.assets[asset]?.seen ?? null;
      return sum + (isFresh(seen, image.sessionMs) ? seen.activePowerKw : dischargeMaxKw);
    }, 0);
}

/** Import and export limits at the site meter, as they bind one store. */
function connectionBounds(state: ControlState, policy: SitePolicy, at: Connection): Bound[] {
  const bounds: Bound[] = [
    {
      name: 'site connection',
      rank: SITE_RANK,
      ofSite: true as const,
      ...at(policy.importMaxKw, policy.exportMaxKw),
    },
  ];
  for (const { limit, name, rank } of commandedLimits(state, meterOf(state))) {
    bounds.push({ name, rank, ofSite: true, ...at(limit.importMaxKw, limit.exportMaxKw) });
  }
  return bounds;
}

export function meterOf({ ratings }: ControlState): AssetId | undefined {
  return ratings.find((rating) => rating.kind === 'meter')?.asset;
}

export function commandedLimits(
  state: ControlState,
  point: AssetId | undefined,
): { limit: Limit; name: string; rank: number }[] {
  return state.actions
    .filter((one): one is ActiveAction & { action: Limit } => one.action.type === 'limit')
    .filter((one) => one.phase === 'active' && one.action.point === point)
    .map((one) => ({
      limit: one.action,
      name: `limit ${one.command.slice(0, 8)}`,
      rank: COMMAND_RANK + rankOf(one),
    }));
}

function energyInterval(
  control: AssetControl | undefined,
  image: ProcessImage,
  rating: AssetRatings,
): Interval {
  const seen = control?.seen ?? null;
  if (!isFresh(seen, image.sessionMs) || seen.stateOfCharge === null) return { minKw: 0, maxKw: 0 };
  const hours = ENERGY_HORIZON_MS / HOUR_MS;
  return {
    minKw: -((1 - seen.stateOfCharge) * rating.energyKwh) / hours,
    maxKw: (seen.stateOfCharge * rating.energyKwh) / hours,
  };
}

/** To the watt; where that would leave the interval, towards zero. */
export function wattsWithin(powerKw: number, { minKw, maxKw }: Interval): number {
  const nearestKw = toWatt(powerKw);
  if (nearestKw >= minKw && nearestKw <= maxKw) return nearestKw;
  return Math.trunc(powerKw * 1_000) / 1_000 + 0;
}

/** To the watt, and never −0. */
export function toWatt(powerKw: number): number {
  return roundToWatt(powerKw) + 0;
}
