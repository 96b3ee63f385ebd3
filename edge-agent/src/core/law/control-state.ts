import type { AssetId } from '@tieline/kernel';
import type { Action, Rank, SitePolicy } from '@tieline/protocol';
import type { AssetRatings } from '../../ports/devices.ts';
import { type Balance, balanced } from './balance.ts';
import type { CountedCharge } from './counted-charge.ts';
import { type DemandWindow, emptyDemand } from './demand-window.ts';
import { emptyForecast, type ForecastState } from './forecast.ts';

/** An accepted action, from its acceptance until its end. */
export type ActiveAction = {
  /** Hex of the command's id. */
  readonly command: string;
  /** Which action of the command. */
  readonly index: number;
  readonly rank: Rank;
  /** Rises with every acceptance: of two equals, the later one wins. */
  readonly order: number;
  readonly action: Action;
  readonly startsMs: number;
  /** Session time at which it begins to end; drawn a little earlier than ordered (docs/adr/0009). */
  readonly endsMs: number;
  /** `reverting`: over, and steering nothing; its device has not read back yet what was asked behind it. */
  readonly phase: 'scheduled' | 'active' | 'releasing' | 'reverting';
  /** kW that the asset was asked for when the present ramp began. */
  readonly rampFromKw: number;
  /** Session time at which that was; while it is reverting, at which it was over. */
  readonly rampStartMs: number;
  /** Session time at which its ramp in was over: from then on the device can be held to it. Null before. */
  readonly reachedMs: number | null;
  readonly confirmed: 'nothing' | 'device' | 'meter';
  /** Session time at which a bound last held it back; null before the first. */
  readonly clippedMs: number | null;
  /** A device that does not answer to it has been reported. */
  readonly failed: boolean;
};

/** What is remembered of one controllable asset. */
export type AssetControl = {
  /** kW asked last, positive into the grid; null = the asset runs free. */
  readonly askedKw: number | null;
  /** Session time at which that last changed, ms. */
  readonly movedMs: number;
  /** Session time of the last change made by the local rule, ms. */
  readonly changedMs: number;
  /** Session times of changes between charge and discharge within the last hour, ms. */
  readonly reversalsMs: readonly number[];
  readonly direction: -1 | 0 | 1;
  /** Since when an asset has not done what it was asked for, and what it did then, kW; null while it does. */
  readonly stray: { readonly sinceMs: number; readonly powerKw: number } | null;
  /**
   * A value that an ended command left to hold. It has no end of its own, because people signed it as what is to
   * hold behind the end: another command ends it, local control, or an order to act automatically.
   */
  readonly heldKw: number | null;
  /** The last good reading, and its session time; null before the first. */
  readonly seen: {
    readonly atMs: number;
    readonly activePowerKw: number;
    readonly stateOfCharge: number | null;
  } | null;
  /** Its state of charge against counted energy; null where it has none, or was never read. */
  readonly counted: CountedCharge | null;
};

/** A reading older than this is no basis for control any more. */
const READING_AGE_MAX_MS = 10_000;

export function isFresh<T extends { readonly atMs: number }>(
  seen: T | null,
  nowMs: number,
): seen is T {
  return seen !== null && nowMs - seen.atMs <= READING_AGE_MAX_MS;
}

/**
 * Everything that `step` carries from one cycle to the next: plain values only, so that a snapshot of
 * it in the audit log is a place from which a replay can start.
 */
export type ControlState = {
  readonly ratings: readonly AssetRatings[];
  /** Null until a policy was received: then nothing is actuated. */
  readonly policy: SitePolicy | null;
  readonly actions: readonly ActiveAction[];
  readonly nextOrder: number;
  readonly assets: Readonly<Record<AssetId, AssetControl>>;
  readonly demand: DemandWindow;
  readonly balance: Balance;
  readonly forecast: ForecastState;
  /** Import of the site as it would be without its stores and flexible loads, kW, and when it was measured. */
  readonly uncontrolled: { readonly importKw: number; readonly atMs: number } | null;
};

const idleAsset: AssetControl = {
  askedKw: null,
  movedMs: -3_600_000,
  changedMs: -3_600_000,
  reversalsMs: [],
  direction: 0,
  stray: null,
  heldKw: null,
  seen: null,
  counted: null,
};

export function initialState(
  ratings: readonly AssetRatings[],
  policy: SitePolicy | null,
): ControlState {
  return {
    ratings,
    policy,
    actions: [],
    nextOrder: 0,
    assets: Object.fromEntries(
      ratings.filter(isControllable).map((rating) => [rating.asset, idleAsset]),
    ),
    demand: emptyDemand,
    balance: balanced,
    forecast: emptyForecast,
    uncontrolled: null,
  };
}

export function isControllable(rating: AssetRatings): boolean {
  return rating.kind === 'battery' || isCurtailable(rating);
}

/** Gives or draws what it likes, below what it is held to. */
export function isCurtailable({ kind }: AssetRatings): boolean {
  return kind === 'pv' || kind === 'flexible-load';
}
