import type { Policy } from '../messages/policy.ts';
import type { AssetClass } from '../trust/document.ts';
import type { VerificationBudget } from './budget.ts';

/** Who wins, from below: a plan of the control plane, a routine order, a critical one. */
export const RANKS = ['plan', 'routine', 'critical'] as const;
export type Rank = (typeof RANKS)[number];

/** An epoch may rise by this much at once: enough for years of restarts, far too little to burn the range. */
export const EPOCH_STEP_MAX = 65_536;

/** Highest epoch and sequence number accepted so far; part of every command's transaction. */
export interface ReplayState {
  readonly epoch: number;
  /** The dispatch key of that epoch; null before the first command. */
  readonly kid: Uint8Array | null;
  readonly seq: number;
}

export const REPLAY_START: ReplayState = { epoch: 0, kid: null, seq: 0 };

/** What is remembered of an accepted command until it can no longer be valid. */
export interface StoredCommand {
  /** SHA-256 over the deterministic CBOR of its actions. */
  readonly actionsDigest: Uint8Array;
  readonly rank: Rank;
}

/** One asset now. Powers kW, positive into the grid; null where nothing plausible was measured. */
export interface AssetView {
  readonly asset: string;
  readonly kind: AssetClass;
  /** Nameplate: largest power into the grid, kW. */
  readonly dischargeMaxKw: number;
  /** Nameplate: largest power from the grid, kW, positive. */
  readonly chargeMaxKw: number;
  readonly activePowerKw: number | null;
  /** 0 to 1. */
  readonly stateOfCharge: number | null;
  /** In local control: it must not be written. */
  readonly local: boolean;
}

/** A limit of an accepted command that is in force. kW, positive as named. */
export interface LimitInForce {
  /** The asset whose terminal is bounded; the site's meter bounds the site. */
  readonly point: string;
  readonly importMaxKw: number;
  readonly exportMaxKw: number;
}

/** An accepted action that commands an asset, or will. */
export interface ActiveAction {
  readonly asset: string;
  readonly rank: Rank;
  /** 0 to 9. */
  readonly priority: number;
}

/** Everything that the agent knows and a command is judged by. Read only: what changes is in the outcome. */
export interface CommandState {
  readonly site: string;
  /** This boot. */
  readonly sess: Uint8Array;
  readonly budget: VerificationBudget;
  /** A command accepted earlier, or null. */
  storedCommand(id: Uint8Array): StoredCommand | null;
  readonly replay: ReplayState;
  readonly policy: Policy | null;
  readonly assets: readonly AssetView[];
  /** Import at the site meter, kW; negative while exporting; null when not measured. */
  readonly siteImportKw: number | null;
  /** Digest of the feeder's switching state; null where it is not known here. */
  readonly topology: Uint8Array | null;
  readonly limits: readonly LimitInForce[];
  readonly activeActions: readonly ActiveAction[];
  /** Commands accepted in the hour that ends now. */
  readonly acceptedLastHour: number;
}

export interface CommandTime {
  /** The agent's session clock, ms since this boot. */
  readonly sessionMs: number;
  /** Seconds since 1970 under a trusted clock or holdover; null while it is untrusted. */
  readonly wallS: number | null;
}
