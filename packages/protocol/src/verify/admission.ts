import type { Action, ChargeTarget, Limit, Revert, Setpoint } from '../messages/action.ts';
import type { AssetPolicy, Policy, SitePolicy } from '../messages/policy.ts';
import type { AssetClass } from '../trust/document.ts';
import { type AssetView, type CommandState, RANKS, type Rank } from './command-state.ts';
import { refusal, type VerifyCode, type VerifyError } from './failure.ts';

/*
 * Step 15: what the plant and the policy allow at this moment. A setpoint beyond a limit is refused when it
 * arrives, rather than clipped: people asked for something that will not happen, and must hear so. Limits that
 * move afterwards clip (the agent's control cycle sees to that, every second).
 */

type Offered = Exclude<Action['type'], 'mode' | 'cede'>;
/** What each class of asset can be asked for. Switches and tap changers have no driver yet, so no class offers them. */
const OFFERS: Readonly<Record<AssetClass, readonly Offered[]>> = {
  battery: ['setpoint', 'charge-target', 'limit'],
  pv: ['setpoint', 'limit'],
  'flexible-load': ['setpoint', 'limit'],
  load: [],
  meter: ['limit'],
};
/** A plan may move power inside the margins, and take back its own. Limits and modes outrank people's orders. */
const PLAN_OFFERS: readonly Action['type'][] = ['setpoint', 'charge-target', 'cede'];

/** What of the agent's knowledge step 15 looks at: the control plane can ask the same before it sends. */
export type AdmissionState = Pick<
  CommandState,
  | 'site'
  | 'storedCommand'
  | 'assets'
  | 'siteImportKw'
  | 'limits'
  | 'activeActions'
  | 'acceptedLastHour'
>;

interface Admission {
  readonly state: AdmissionState;
  readonly site: SitePolicy;
  readonly rank: Rank;
}

/** @throws {VerifyError} at step 15, for the first action that may not be carried out now */
export function checkAdmission(
  actions: readonly Action[],
  rank: Rank,
  state: AdmissionState,
  policy: Policy,
): void {
  const site = policy.sites.find((one) => one.site === state.site);
  if (site === undefined) throw refusal(15, 'site_without_policy', { site: state.site });
  checkQuota(site, state);
  const admission = { state, site, rank };
  for (const action of actions) checkAction(action, admission);
  checkSiteLimit(actions, admission);
}

function checkQuota(site: SitePolicy, state: AdmissionState): void {
  const { commandsPerHourMax } = site;
  if (state.acceptedLastHour >= commandsPerHourMax) {
    throw refusal(15, 'quota_spent', { commandsPerHourMax });
  }
}

function checkAction(action: Action, admission: Admission): void {
  if (admission.rank === 'plan' && !PLAN_OFFERS.includes(action.type)) {
    throw refusal(15, 'action_not_for_plan', { action: action.type });
  }
  if (action.type === 'cede') checkEnding(action.command, admission, true);
  else if (action.type === 'limit') checkLimit(action, admission);
  else if (action.type === 'setpoint') checkSetpoint(action, admission);
  else if (action.type === 'charge-target') checkChargeTarget(action, admission);
  else if (action.type !== 'mode') checkOffered(action.type, findAsset(action.asset, admission));
}

/** A command may end another only from the same rank or above. */
function checkEnding(command: Uint8Array, { state, rank }: Admission, mustExist: boolean): void {
  const stored = state.storedCommand(command);
  if (stored === null) {
    if (mustExist) throw refusal(15, 'ceded_command_unknown');
    return;
  }
  checkRank(rank, stored.rank);
}

function checkRank(rank: Rank, other: Rank): void {
  if (RANKS.indexOf(rank) < RANKS.indexOf(other)) {
    throw refusal(15, 'rank_too_low', { rank, other });
  }
}

function findAsset(asset: string, { state }: Admission): AssetView {
  const view = state.assets.find((one) => one.asset === asset);
  if (view === undefined) throw refusal(15, 'asset_unknown', { asset });
  return view;
}

function checkOffered(action: Offered, view: AssetView): void {
  if (!OFFERS[view.kind].includes(action)) {
    throw refusal(15, 'action_not_offered', { asset: view.asset, kind: view.kind, action });
  }
}

function checkLimit(limit: Limit, admission: Admission): void {
  checkOffered('limit', findAsset(limit.point, admission));
}

/** The asset is there, may be written, is governed, and nothing of higher rank or priority holds it. */
function checkWritable(
  action: Setpoint | ChargeTarget,
  admission: Admission,
): { readonly view: AssetView; readonly governed: AssetPolicy } {
  const view = findAsset(action.asset, admission);
  checkOffered(action.type, view);
  const governed = admission.site.assets.find((one) => one.asset === action.asset);
  if (governed === undefined) throw refusal(15, 'asset_without_policy', { asset: view.asset });
  if (view.local) throw refusal(15, 'asset_local', { asset: view.asset });
  for (const active of admission.state.activeActions) {
    if (active.asset === view.asset) checkRank(admission.rank, active.rank);
  }
  return { view, governed };
}

function checkSetpoint(setpoint: Setpoint, admission: Admission): void {
  const { view, governed } = checkWritable(setpoint, admission);
  const { asset, activePowerKw, priority } = setpoint;
  // No driver writes reactive power yet; leaving it out silently would be a lie.
  if (setpoint.reactivePowerKvar !== undefined) {
    throw refusal(15, 'action_not_offered', { asset, action: 'reactivePowerKvar' });
  }
  for (const active of admission.state.activeActions) {
    if (active.asset === asset && active.rank === admission.rank && active.priority > priority) {
      throw refusal(15, 'rank_too_low', { asset, priority, other: active.priority });
    }
  }
  if (setpoint.supersedes !== undefined) checkEnding(setpoint.supersedes, admission, false);
  checkPower(activePowerKw, view, governed, admission);
  if (activePowerKw > 0) checkReserve(view, view.stateOfCharge, governed, admission);
  checkRevert(setpoint.revert, view, governed, admission);
  checkRamp(Math.max(setpoint.rampKwPerS, setpoint.rampOutKwPerS), governed);
}

function checkRevert(
  revert: Revert,
  view: AssetView,
  governed: AssetPolicy,
  admission: Admission,
): void {
  if (revert.to === 'local') return;
  // It would hold without an end: that takes a person.
  if (admission.rank === 'plan') {
    throw refusal(15, 'action_not_for_plan', { asset: view.asset, action: 'revert to a value' });
  }
  checkPower(revert.activePowerKw, view, governed, admission);
}

function checkRamp(askedKwPerS: number, { asset, rampKwPerS }: AssetPolicy): void {
  if (askedKwPerS > rampKwPerS) {
    throw refusal(15, 'beyond_ramp', { asset, askedKwPerS, maxKwPerS: rampKwPerS });
  }
}

/** A power that one asset would be asked for, against each bound in turn. */
function checkPower(
  askedKw: number,
  view: AssetView,
  governed: AssetPolicy,
  { state, rank }: Admission,
): void {
  const { asset } = view;
  const within = (code: VerifyCode, minKw: number, maxKw: number): void => {
    if (askedKw >= minKw && askedKw <= maxKw) return;
    throw refusal(15, code, { asset, askedKw, minKw, maxKw });
  };
  within('beyond_rating', -view.chargeMaxKw, view.dischargeMaxKw);
  within('beyond_policy_limit', governed.limit.minKw, governed.limit.maxKw);
  if (rank === 'plan') within('beyond_margin', governed.margin.minKw, governed.margin.maxKw);
  for (const limit of state.limits) {
    if (limit.point === asset) {
      within('beyond_limit_in_force', -limit.importMaxKw, limit.exportMaxKw);
    }
  }
}

function checkChargeTarget(target: ChargeTarget, admission: Admission): void {
  const { view, governed } = checkWritable(target, admission);
  for (const powerKw of powersOfTarget(target, view)) {
    checkPower(powerKw, view, governed, admission);
  }
  checkReserve(view, target.stateOfCharge, governed, admission);
}

/** Automation takes no store below its reserve. */
function checkReserve(
  { asset }: AssetView,
  stateOfCharge: number | null,
  { reserveStateOfCharge }: AssetPolicy,
  { rank }: Admission,
): void {
  if (rank !== 'plan' || stateOfCharge === null || stateOfCharge >= reserveStateOfCharge) return;
  throw refusal(15, 'below_reserve', { asset, stateOfCharge, reserveStateOfCharge });
}

/**
 * The site meter's bounds, of the policy and of limits in force, against what the command could make of the import
 * measured now. What makes it better is never refused, nor is anything while the meter or the asset cannot be
 * read: the control cycle holds the bound then.
 */
function checkSiteLimit(actions: readonly Action[], { state, site }: Admission): void {
  if (state.siteImportKw === null) return;
  // Change of what flows into the grid, kW, at the least and at the most: of several actions on one asset one wins.
  let [leastKw, mostKw] = [0, 0];
  for (const view of state.assets) {
    const powersKw = actions.flatMap((action) => powersAsked(action, view));
    if (powersKw.length === 0) continue;
    if (view.activePowerKw === null) return;
    leastKw += Math.min(...powersKw) - view.activePowerKw;
    mostKw += Math.max(...powersKw) - view.activePowerKw;
  }
  const meters = new Set(
    state.assets.filter(({ kind }) => kind === 'meter').map(({ asset }) => asset),
  );
  const bounds = [site, ...state.limits.filter(({ point }) => meters.has(point))];
  const importMaxKw = Math.min(...bounds.map((bound) => bound.importMaxKw));
  const exportMaxKw = Math.min(...bounds.map((bound) => bound.exportMaxKw));
  const beyond = (importKw: number): VerifyError =>
    refusal(15, 'beyond_limit_in_force', { point: 'site', importKw, importMaxKw, exportMaxKw });
  const mostImportKw = state.siteImportKw - leastKw;
  if (leastKw < 0 && mostImportKw > importMaxKw) throw beyond(mostImportKw);
  const leastImportKw = state.siteImportKw - mostKw;
  if (mostKw > 0 && -leastImportKw > exportMaxKw) throw beyond(leastImportKw);
}

/** What an action would have a measured asset do, kW into the grid; nothing where it does not steer it. */
function powersAsked(action: Action, view: AssetView): readonly number[] {
  if (action.type !== 'setpoint' && action.type !== 'charge-target') return [];
  if (action.asset !== view.asset) return [];
  if (action.type === 'charge-target') return powersOfTarget(action, view);
  const nowKw = view.activePowerKw ?? 0;
  // An upper bound, of what PV gives or a flexible load draws, can only lower what flows.
  if (view.kind === 'pv') return [Math.min(nowKw, action.activePowerKw)];
  if (view.kind === 'flexible-load') return [Math.max(nowKw, action.activePowerKw)];
  return [action.activePowerKw];
}

/** A charge target goes the way to its charge; both ways are possible while the charge is not known. */
function powersOfTarget({ powerMaxKw, stateOfCharge }: ChargeTarget, view: AssetView): number[] {
  const now = view.stateOfCharge;
  return [
    ...(now === null || stateOfCharge > now ? [-powerMaxKw] : []),
    ...(now === null || stateOfCharge < now ? [powerMaxKw] : []),
  ];
}
