import { TielineError } from '@tieline/kernel';

/** What the control plane itself refuses, with the facts; times are Unix seconds or milliseconds as named. */
export type ControlFailure =
  | { readonly code: 'site_unknown'; readonly site: string }
  | { readonly code: 'agent_not_quarantined'; readonly site: string }
  /** Its log is neither the one held here nor a new one: `receipted` records of it have a receipt; null = not heard yet. */
  | { readonly code: 'log_not_new'; readonly site: string; readonly receipted: number | null }
  | { readonly code: 'policy_missing' }
  | { readonly code: 'policy_not_newer'; readonly version: number; readonly held: number }
  | { readonly code: 'policy_conflict'; readonly version: number }
  | {
      readonly code: 'policy_version_step_too_large';
      readonly version: number;
      readonly held: number;
      readonly stepMax: number;
    }
  | { readonly code: 'policy_of_other_deployment'; readonly deployment: string }
  | { readonly code: 'order_policy_newer'; readonly versionMin: number; readonly held: number }
  | { readonly code: 'site_without_policy'; readonly site: string }
  | { readonly code: 'order_conflict'; readonly order: string }
  | { readonly code: 'order_too_long'; readonly validForS: number; readonly validForMaxS: number }
  | { readonly code: 'order_site_twice'; readonly site: string }
  | {
      readonly code: 'order_quorum_missed';
      readonly people: readonly string[];
      readonly needed: number;
    }
  | {
      readonly code: 'order_action_out_of_scope';
      readonly principal: string;
      readonly site: string;
      readonly action: string;
    }
  | { readonly code: 'order_class_too_low'; readonly site: string; readonly action: string }
  | { readonly code: 'order_session_missing'; readonly site: string }
  | { readonly code: 'order_session_other'; readonly site: string }
  | { readonly code: 'preview_unknown'; readonly preview: string }
  | { readonly code: 'preview_differs'; readonly preview: string }
  | {
      readonly code: 'preview_too_old';
      readonly preview: string;
      readonly ageMs: number;
      readonly ageMaxMs: number;
    }
  | {
      readonly code: 'preview_policy_other';
      readonly preview: string;
      readonly policyVersion: number;
      readonly held: number;
    }
  | {
      readonly code: 'beyond_policy_limit' | 'beyond_margin';
      readonly site: string;
      readonly asset: string;
      readonly askedKw: number;
      readonly minKw: number;
      readonly maxKw: number;
    }
  | {
      readonly code: 'beyond_ramp';
      readonly site: string;
      readonly asset: string;
      readonly askedKwPerS: number;
      readonly maxKwPerS: number;
    }
  | { readonly code: 'asset_without_policy'; readonly site: string; readonly asset: string }
  | { readonly code: 'action_not_for_plan'; readonly site: string; readonly action: string }
  | {
      readonly code: 'below_reserve';
      readonly site: string;
      readonly asset: string;
      readonly wanted: number;
      readonly reserve: number;
    }
  | {
      readonly code: 'command_too_large';
      readonly site: string;
      readonly bytesMax: number;
    }
  | { readonly code: 'too_many_waiting'; readonly site: string; readonly waitingMax: number }
  | { readonly code: 'command_unknown'; readonly command: string }
  /** Nothing was uploaded; or, with a number, no log of that number was closed. */
  | { readonly code: 'log_unknown'; readonly site: string; readonly closed: number | null }
  | { readonly code: 'model_unknown'; readonly digest: string }
  | { readonly code: 'model_package_differs'; readonly place: string; readonly detail: string }
  | { readonly code: 'feeder_bus_unknown'; readonly site: string; readonly bus: string }
  | { readonly code: 'flow_unsolvable'; readonly detail: string }
  | {
      readonly code: 'query_too_wide';
      readonly chunks: number;
      readonly chunksMax: number;
      readonly values: number;
      readonly valuesMax: number;
    }
  | { readonly code: 'range_empty'; readonly fromMs: number; readonly toMs: number };
export class ControlError extends TielineError<ControlFailure> {}
