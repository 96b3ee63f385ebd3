import type { AssetId } from '@tieline/kernel';
import {
  type Action,
  RANKS,
  type Rank,
  type ReceiptStatus,
  type SitePolicy,
} from '@tieline/protocol';
import type { ActiveAction, AssetControl, ControlState } from './control-state.ts';
import { isMeasured, type ProcessImage } from './process-image.ts';

/** One step of a command's life, on its way to a receipt. `index` null speaks of the whole command. */
export interface CommandEvent {
  readonly command: string;
  readonly index: number | null;
  readonly status: ReceiptStatus;
}

/** What the agent has decided to carry out: the outcome of `verifyCommand`, and its own draws. */
export type AcceptedCommand = {
  /** Hex of the command's id. */
  readonly command: string;
  readonly rank: Rank;
  readonly actions: readonly Action[];
  readonly acceptedMs: number;
  /** Random part, 0 to 1, of each action's start window, drawn by this agent. */
  readonly startDraws: readonly number[];
  /** Random part, 0 to 1, of the policy's release window, drawn by this agent. */
  readonly releaseDraws: readonly number[];
};

/** At most this part of an action's time is given up for spreading its end. */
const RELEASE_SHARE_MAX = 0.1;

export interface Advanced {
  readonly state: ControlState;
  readonly events: readonly CommandEvent[];
}

/** Takes an accepted command in: schedules its actions, and ends what it supersedes or cedes. */
export function acceptCommand(state: ControlState, accepted: AcceptedCommand): Advanced {
  const { command, acceptedMs } = accepted;
  const events: CommandEvent[] = [];
  let { actions } = state;
  for (const target of supersededBy(accepted)) {
    const by = Buffer.from(command, 'hex');
    const left = supersede(actions, target, accepted);
    events.push(...left.said.map((one) => eventOf(one, { state: 'superseded', by })));
    ({ actions } = left);
  }
  for (const [index, action] of accepted.actions.entries()) {
    if (action.type === 'cede') {
      const target = Buffer.from(action.command).toString('hex');
      const ceded = actions.filter((one) => one.command === target && !isEnding(one));
      events.push(...ceded.map((one) => eventOf(one, { state: 'cancelled' })));
      actions = actions.flatMap((one) => (ceded.includes(one) ? endFrom(one, acceptedMs) : [one]));
      events.push({ command, index, status: { state: 'completed' } });
      continue;
    }
    const startsMs = startsMsOf(accepted, index);
    const draw = accepted.releaseDraws[index];
    const endsMs =
      startsMs + action.validForMs - releaseOffsetMs(state.policy, action.validForMs, draw);
    const { rank } = accepted;
    const one = { command, index, rank, order: state.nextOrder, action, startsMs, endsMs };
    actions = [...actions, { ...one, ...NOT_BEGUN, rampStartMs: startsMs }];
    if (startsMs > acceptedMs) {
      events.push({ command, index, status: { state: 'scheduled', startsSessionMs: startsMs } });
    }
  }
  return { state: { ...state, actions, nextOrder: state.nextOrder + 1 }, events };
}

const NOT_BEGUN = {
  phase: 'scheduled',
  rampFromKw: 0,
  reachedMs: null,
  confirmed: 'nothing',
  clippedMs: null,
  failed: false,
} as const;

function startsMsOf({ acceptedMs, actions, startDraws }: AcceptedCommand, index: number): number {
  const action = actions[index];
  if (action === undefined || action.type === 'cede') return acceptedMs;
  return acceptedMs + Math.round(action.startWithinMs * (startDraws[index] ?? 0));
}

function releaseOffsetMs(policy: SitePolicy | null, validForMs: number, draw = 0): number {
  const windowMs = Math.min(policy?.releaseWithinMs ?? 0, validForMs * RELEASE_SHARE_MAX);
  return Math.round(windowMs * draw);
}

/** The commands, as hex, that a command supersedes. */
function supersededBy({ actions }: AcceptedCommand): ReadonlySet<string> {
  const superseded = actions.flatMap((action) =>
    action.type === 'setpoint' && action.supersedes !== undefined ? [action.supersedes] : [],
  );
  return new Set(superseded.map((command) => Buffer.from(command).toString('hex')));
}

/**
 * What a successor takes over at once is gone, because it ramps on from there. What it takes over later
 * goes on until then, and what it does not steer at all ramps out now.
 */
function supersede(
  actions: readonly ActiveAction[],
  target: string,
  successor: AcceptedCommand,
): { readonly actions: readonly ActiveAction[]; readonly said: readonly ActiveAction[] } {
  const said: ActiveAction[] = [];
  const left = actions.flatMap((one) => {
    if (one.command !== target || one.phase === 'reverting') return [one];
    const asset = assetOf(one.action);
    const at = successor.actions.findIndex(
      (action) => action.type === 'setpoint' && action.asset === asset,
    );
    const fromMs = at < 0 ? successor.acceptedMs : startsMsOf(successor, at);
    const atOnce = at >= 0 && fromMs <= successor.acceptedMs;
    if (one.phase === 'releasing' && !atOnce) return [one];
    said.push(one);
    return atOnce ? [] : endFrom(one, fromMs);
  });
  return { actions: left, said };
}

/** Ends an action from `fromMs` on, with its own ramp; one that has not begun is gone. */
function endFrom(one: ActiveAction, fromMs: number): ActiveAction[] {
  return one.phase === 'active' ? [{ ...one, endsMs: Math.min(one.endsMs, fromMs) }] : [];
}

function eventOf({ command, index }: ActiveAction, status: ReceiptStatus): CommandEvent {
  return { command, index, status };
}

/** Starts what is due, ends what is over, and drops what an asset in local control overrides. */
export function advanceActions(before: ControlState, image: ProcessImage): Advanced {
  const nowMs = image.sessionMs;
  const events: CommandEvent[] = [];
  const say = (one: ActiveAction, status: ReceiptStatus): void => {
    events.push(eventOf(one, status));
  };
  const actions = before.actions.flatMap((one) => advanceOne(one, before, image, say));
  const winners = { before: winnersOf(before), after: winnersOf({ ...before, actions }) };
  const steering = actions.flatMap((one) => settleSteering(one, winners, before, nowMs));
  const began = (one: ActiveAction): boolean => one.phase === 'active' && one.rampStartMs === nowMs;
  const automatic = steering.some(
    (one) => began(one) && one.action.type === 'mode' && one.action.mode === 'automatic',
  );
  const assets = dropHeld(before.assets, image, automatic);
  return { state: { ...before, assets, actions: steering }, events };
}

function advanceOne(
  one: ActiveAction,
  { assets }: ControlState,
  image: ProcessImage,
  say: (one: ActiveAction, status: ReceiptStatus) => void,
): ActiveAction[] {
  const nowMs = image.sessionMs;
  const asset = assetOf(one.action);
  if (asset !== null && isLocal(image, asset)) {
    say(one, { state: 'overridden', by: 'local' });
    return [];
  }
  if (one.phase === 'scheduled' && nowMs >= one.endsMs) {
    say(one, { state: 'expired' });
    return [];
  }
  let next = one;
  if (next.phase === 'scheduled' && nowMs >= next.startsMs) {
    const rampFromKw = asset === null ? 0 : presentKw(assets[asset]);
    next = { ...next, phase: 'active', rampFromKw, rampStartMs: nowMs };
    say(next, { state: 'active' });
  }
  if (next.phase !== 'active' || nowMs < next.endsMs) return [next];
  if (next.action.type === 'setpoint') {
    const rampFromKw = presentKw(assets[next.action.asset]);
    return [{ ...next, phase: 'releasing', rampFromKw, rampStartMs: nowMs }];
  }
  say(next, { state: 'completed' });
  return [];
}

/** Where a ramp begins: at what was asked; of an asset that runs free, at what it does. */
function presentKw(control: AssetControl | undefined): number {
  return control?.askedKw ?? control?.seen?.activePowerKw ?? 0;
}

function isLocal(image: ProcessImage, asset: AssetId): boolean {
  const reading = image.readings[asset];
  return isMeasured(reading) && reading.local;
}

/** What an ended command left to hold gives way to the cabinet, and to an order to act automatically. */
function dropHeld(
  assets: ControlState['assets'],
  image: ProcessImage,
  automatic: boolean,
): ControlState['assets'] {
  const entries = Object.entries(assets);
  const gives = ([asset, control]: (typeof entries)[number]): boolean =>
    control.heldKw !== null && (automatic || isLocal(image, asset));
  if (!entries.some(gives)) return assets;
  return Object.fromEntries(
    entries.map((entry) => [entry[0], gives(entry) ? { ...entry[1], heldKw: null } : entry[1]]),
  );
}

/**
 * One action steers an asset. A ramp out that another has taken over is over: kept, it would come back when
 * that one ends. An action that gets its asset back begins its ramp again, from where the other left it.
 */
function settleSteering(
  one: ActiveAction,
  winners: { readonly before: Winners; readonly after: Winners },
  before: ControlState,
  nowMs: number,
): ActiveAction[] {
  const asset = assetOf(one.action);
  if (asset === null || !isSteering(one)) return [one];
  const steers = winners.after.get(asset) === one;
  if (one.phase === 'releasing') {
    return [steers ? one : { ...one, phase: 'reverting', rampStartMs: nowMs }];
  }
  const last = winners.before.get(asset);
  const isBack = steers && one.rampStartMs < nowMs && last !== undefined && !sameAction(last, one);
  if (!isBack) return [one];
  const rampFromKw = presentKw(before.assets[asset]);
  return [{ ...one, rampFromKw, rampStartMs: nowMs, reachedMs: null }];
}

function isSteering({ phase }: ActiveAction): boolean {
  return phase === 'active' || phase === 'releasing';
}

/** Its time is over, and it lets go of its asset by itself. */
export function isEnding({ phase }: Pick<ActiveAction, 'phase'>): boolean {
  return phase === 'releasing' || phase === 'reverting';
}

export function sameAction(a: ActiveAction, b: ActiveAction): boolean {
  return a.command === b.command && a.index === b.index;
}

/** The asset that an action steers; null for one that concerns the whole site. */
export function assetOf(action: Action): AssetId | null {
  switch (action.type) {
    case 'setpoint':
    case 'charge-target':
    case 'switch':
    case 'tap':
      return action.asset;
    case 'limit':
    case 'mode':
    case 'cede':
      return null;
  }
}

/**
 * Of the actions that steer one asset now, the one that wins; null when the local rule does. An order to
 * idle steers every store, unless a command of a higher rank, or a later one of the same, has it; a ramp
 * out goes on to its end beneath it.
 */
export function winnerFor(state: ControlState, asset: AssetId): ActiveAction | null {
  let winner: ActiveAction | null = null;
  for (const one of state.actions) {
    if (!isSteering(one) || assetOf(one.action) !== asset) continue;
    if (winner === null || outranks(one, winner)) winner = one;
  }
  if (winner?.phase === 'releasing') return winner;
  const mode = modeInForce(state);
  if (mode === null || modeOfAction(mode) !== 'idle' || !isStore(state, asset)) return winner;
  if (winner === null) return mode;
  return (rankOf(mode) - rankOf(winner) || mode.order - winner.order) > 0 ? mode : winner;
}

export type Winners = ReadonlyMap<AssetId, ActiveAction>;

/** Who wins each asset that a command steers. */
export function winnersOf(state: ControlState): Winners {
  const winners = new Map<AssetId, ActiveAction>();
  if (state.actions.length === 0) return winners;
  for (const asset of Object.keys(state.assets)) {
    const winner = winnerFor(state, asset);
    if (winner !== null) winners.set(asset, winner);
  }
  return winners;
}

function isStore({ ratings }: ControlState, asset: AssetId): boolean {
  return ratings.some((rating) => rating.asset === asset && rating.kind === 'battery');
}

/** The mode in force: commanded, or automatic. */
export function modeOf(state: ControlState): 'automatic' | 'idle' {
  const mode = modeInForce(state);
  return mode === null ? 'automatic' : modeOfAction(mode);
}

/** The action that commands the mode in force. */
function modeInForce(state: ControlState): ActiveAction | null {
  let winner: ActiveAction | null = null;
  for (const one of state.actions) {
    if (one.phase !== 'active' || one.action.type !== 'mode') continue;
    if (winner === null || outranks(one, winner)) winner = one;
  }
  return winner;
}

function modeOfAction({ action }: ActiveAction): 'automatic' | 'idle' {
  return action.type === 'mode' ? action.mode : 'automatic';
}

function outranks(a: ActiveAction, b: ActiveAction): boolean {
  const held = (one: ActiveAction): number => (one.phase === 'active' ? 1 : 0);
  const priority = (one: ActiveAction): number =>
    one.action.type === 'setpoint' ? one.action.priority : 0;
  const difference =
    held(a) - held(b) || rankOf(a) - rankOf(b) || priority(a) - priority(b) || a.order - b.order;
  return difference > 0;
}

/** Who wins, as a number: a plan below a routine order below a critical one. */
export function rankOf(one: ActiveAction): number {
  return RANKS.indexOf(one.rank);
}
