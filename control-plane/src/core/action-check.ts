import type { Interval } from '@tieline/grid';
import type { Action, AssetPolicy, ChargeTarget, Setpoint, SitePolicy } from '@tieline/protocol';
import type { ControlFailure } from './failure.ts';

/** What the signed policy says of one site's actions. */
export interface ActionCheck {
  /** Automation may do all of it alone. */
  readonly withinMargin: boolean;
  /** What no one may do, in the order of the actions. */
  readonly violations: readonly ControlFailure[];
  /** Why automation may not do it alone: the first reason; null where it may. */
  readonly beyondMargin: ControlFailure | null;
}

/** An asset's state of charge as last known, 0 to 1; null while it is not. */
export type ChargeOf = (asset: string) => number | null;

/** What a plan may do: move power inside the margins, and take back its own. */
const PLAN_ACTIONS: ReadonlySet<Action['type']> = new Set(['setpoint', 'charge-target', 'cede']);

/**
 * Checks actions against limits (no one may pass them) and margins (automation stays inside them). The
 * agent checks the same again by itself and knows more; here it saves people the round trip.
 */
export function checkActions(
  policy: SitePolicy,
  actions: readonly Action[],
  chargeOf: ChargeOf,
): ActionCheck {
  const found = actions.map((action) => checkAction(policy, action, chargeOf));
  const beyondMargin = found.find((one) => one.beyondMargin !== null)?.beyondMargin ?? null;
  const violations = found.flatMap((one) => one.violations);
  return { withinMargin: beyondMargin === null, violations, beyondMargin };
}

type Found = Omit<ActionCheck, 'withinMargin'>;

function checkAction(policy: SitePolicy, action: Action, chargeOf: ChargeOf): Found {
  const { site } = policy;
  if (action.type === 'setpoint') {
    return onAsset(policy, action.asset, (asset) => checkSetpoint(site, asset, action));
  }
  if (action.type === 'charge-target') {
    const charge = chargeOf(action.asset);
    return onAsset(policy, action.asset, (asset) => checkTarget(site, asset, action, charge));
  }
  const beyondMargin: ControlFailure | null = PLAN_ACTIONS.has(action.type)
    ? null
    : { code: 'action_not_for_plan', site, action: action.type };
  return { violations: [], beyondMargin };
}

function checkTarget(
  site: string,
  asset: AssetPolicy,
  { powerMaxKw, stateOfCharge }: ChargeTarget,
  charge: number | null,
): Found {
  // Which way it will go is not known while the charge is not: both ways must be allowed then.
  const range = {
    minKw: charge === null || stateOfCharge > charge ? -powerMaxKw : 0,
    maxKw: charge === null || stateOfCharge < charge ? powerMaxKw : 0,
  };
  const { reserveStateOfCharge: reserve } = asset;
  const belowReserve: ControlFailure | null =
    stateOfCharge < reserve
      ? { code: 'below_reserve', site, asset: asset.asset, wanted: stateOfCharge, reserve }
      : null;
  return {
    violations: outside('beyond_policy_limit', site, asset, range),
    beyondMargin: outside('beyond_margin', site, asset, range)[0] ?? belowReserve,
  };
}

function checkSetpoint(site: string, asset: AssetPolicy, action: Setpoint): Found {
  const powers = [action.activePowerKw];
  if (action.revert.to === 'value') powers.push(action.revert.activePowerKw);
  const range = { minKw: Math.min(...powers), maxKw: Math.max(...powers) };
  const violations = [...outside('beyond_policy_limit', site, asset, range)];
  const askedKwPerS = Math.max(action.rampKwPerS, action.rampOutKwPerS);
  if (askedKwPerS > asset.rampKwPerS) {
    const maxKwPerS = asset.rampKwPerS;
    violations.push({ code: 'beyond_ramp', site, asset: asset.asset, askedKwPerS, maxKwPerS });
  }
  return { violations, beyondMargin: outside('beyond_margin', site, asset, range)[0] ?? null };
}

function onAsset(policy: SitePolicy, name: string, check: (asset: AssetPolicy) => Found): Found {
  const asset = policy.assets.find((one) => one.asset === name);
  if (asset !== undefined) return check(asset);
  const fault: ControlFailure = { code: 'asset_without_policy', site: policy.site, asset: name };
  return { violations: [fault], beyondMargin: fault };
}

function outside(
  code: 'beyond_policy_limit' | 'beyond_margin',
  site: string,
  { asset, limit, margin }: AssetPolicy,
  range: Interval,
): readonly ControlFailure[] {
  const { minKw, maxKw } = code === 'beyond_margin' ? margin : limit;
  if (range.minKw >= minKw && range.maxKw <= maxKw) return [];
  const askedKw = range.minKw < minKw ? range.minKw : range.maxKw;
  return [{ code, site, asset, askedKw, minKw, maxKw }];
}
