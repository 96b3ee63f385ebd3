import { combineRanked, type Interval, project } from '@tieline/grid';
import { type AssetId, HOUR_MS } from '@tieline/kernel';
import type { Limit, SitePolicy } from '@tieline/protocol';
import type { AssetRatings } from '../ports/devices.ts';
import { rankOf } from './active-actions.ts';
import {
  type ActiveAction,
  type AssetControl,
  type ControlState,
  READING_AGE_MAX_MS,
} from './control-state.ts';
import type { ProcessImage } from './process-image.ts';

/** One bound on an asset's power, who set it, and how it ranks against others. */
interface Bound extends Interval {
  readonly name: string;
  readonly rank: number;
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
  /** Names of the bounds that could not be kept. */
  readonly conflicts: readonly string[];

  constructor(bounds: readonly Bound[]) {
    this.#ranked = [...bounds].sort((a, b) => b.rank - a.rank);
    const combined = combineRanked(this.#ranked);
    this.#interval = combined.interval;
    this.conflicts = combined.overruled.map((bound) => bound.name);
  }

  clip(wantedKw: number): Clipped {
    const powerKw = project(wantedKw, this.#interval);
    if (powerKw === wantedKw) return { powerKw, by: null };
    const by = this.#ranked.find(({ minKw, maxKw }) => wantedKw < minKw || wantedKw > maxKw);
    return { powerKw, by: by?.name ?? 'limit' };
  }
}

/** Every bound on a store: nameplate, energy, policy, the site's connection, and limits commanded. */
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
  if (state.uncontrolled !== null) {
    const withoutKw = state.uncontrolled.importKw - othersKw;
    bounds.push(...connectionBounds(state, policy, withoutKw));
  }
  for (const { limit, name, rank } of commandedLimits(state, rating.asset)) {
    bounds.push({ name, rank, minKw: -limit.importMaxKw, maxKw: limit.exportMaxKw });
  }
  return new Bounds(bounds);
}

/** Import and export limits at the site meter, as they bind one store. */
function connectionBounds(state: ControlState, policy: SitePolicy, withoutKw: number): Bound[] {
  const at = (importMaxKw: number, exportMaxKw: number): Interval => ({
    minKw: withoutKw - importMaxKw,
    maxKw: withoutKw + exportMaxKw,
  });
  // The site's import can exceed its limit by load alone; then a store helps as far as it can, and the
  // bound must not reach beyond its nameplate: `Bounds` resolves that by rank.
  const meter = state.ratings.find((rating) => rating.kind === 'meter');
  const bounds = [
    {
      name: 'site connection',
      rank: SITE_RANK,
      ...at(policy.importMaxKw, policy.exportMaxKw),
    },
  ];
  for (const { limit, name, rank } of commandedLimits(state, meter?.asset)) {
    bounds.push({ name, rank, ...at(limit.importMaxKw, limit.exportMaxKw) });
  }
  return bounds;
}

function commandedLimits(
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
  if (seen === null || seen.stateOfCharge === null) return { minKw: 0, maxKw: 0 };
  if (image.sessionMs - seen.atMs > READING_AGE_MAX_MS) return { minKw: 0, maxKw: 0 };
  const hours = ENERGY_HORIZON_MS / HOUR_MS;
  return {
    minKw: -((1 - seen.stateOfCharge) * rating.energyKwh) / hours,
    maxKw: (seen.stateOfCharge * rating.energyKwh) / hours,
  };
}
