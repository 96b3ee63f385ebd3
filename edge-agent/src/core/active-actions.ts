import type { AssetId } from '@tieline/kernel';
import {
  type Action,
  RANKS,
  type Rank,
  type ReceiptStatus,
  type SitePolicy,
} from '@tieline/protocol';
import type { ActiveAction, ControlState } from './control-state.ts';
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
  const events: CommandEvent[] = [];
  let actions = state.actions;
  accepted.actions.forEach((action, index) => {
    const ended = action.type === 'cede' ? action.command : supersededBy(action);
    if (ended !== null) {
      const target = Buffer.from(ended).toString('hex');
      const status: ReceiptStatus =
        action.type === 'cede'
          ? { state: 'cancelled' }
          : { state: 'superseded', by: Buffer.from(accepted.command, 'hex') };
      events.push(...endEvents(actions, target, status));
      actions = endNow(actions, target, accepted.acceptedMs, action.type === 'cede');
    }
    if (action.type === 'cede') {
      events.push({ command: accepted.command, index, status: { state: 'completed' } });
      return;
    }
    const startsMs =
      accepted.acceptedMs + Math.round(action.startWithinMs * (accepted.startDraws[index] ?? 0));
    const earlierMs = releaseOffsetMs(
      state.policy,
      action.validForMs,
      accepted.releaseDraws[index],
    );
    actions = [
      ...actions,
      {
        command: accepted.command,
        index,
        rank: accepted.rank,
        order: state.nextOrder,
        action,
        startsMs,
        endsMs: startsMs + action.validForMs - earlierMs,
        phase: 'scheduled',
        rampFromKw: 0,
        rampStartMs: startsMs,
        confirmed: 'nothing',
        clipped: false,
        failed: false,
      },
    ];
    if (startsMs > accepted.acceptedMs) {
      const status: ReceiptStatus = { state: 'scheduled', startsSessionMs: startsMs };
      events.push({ command: accepted.command, index, status });
    }
  });
  return { state: { ...state, actions, nextOrder: state.nextOrder + 1 }, events };
}

function releaseOffsetMs(policy: SitePolicy | null, validForMs: number, draw = 0): number {
  const windowMs = Math.min(policy?.releaseWithinMs ?? 0, validForMs * RELEASE_SHARE_MAX);
  return Math.round(windowMs * draw);
}

function supersededBy(action: Action): Uint8Array | null {
  return action.type === 'setpoint' && action.supersedes !== undefined ? action.supersedes : null;
}

function endEvents(
  actions: readonly ActiveAction[],
  command: string,
  status: ReceiptStatus,
): CommandEvent[] {
  return actions
    .filter((one) => one.command === command && one.phase !== 'releasing')
    .map((one) => ({ command, index: one.index, status }));
}

/** Ceded actions ramp out; superseded ones leave at once, because their successor ramps from there. */
function endNow(
  actions: readonly ActiveAction[],
  command: string,
  nowMs: number,
  ramped: boolean,
): readonly ActiveAction[] {
  return actions.flatMap((one) => {
    if (one.command !== command) return [one];
    return ramped && one.phase === 'active' ? [{ ...one, endsMs: nowMs }] : [];
  });
}

/** Starts what is due, ends what is over, and drops what an asset in local control overrides. */
export function advanceActions(state: ControlState, image: ProcessImage): Advanced {
  const nowMs = image.sessionMs;
  const events: CommandEvent[] = [];
  const say = (one: ActiveAction, status: ReceiptStatus): void => {
    events.push({ command: one.command, index: one.index, status });
  };
  const actions: ActiveAction[] = [];
  for (const one of state.actions) {
    const asset = assetOf(one.action);
    const reading = asset === null ? undefined : image.readings[asset];
    if (isMeasured(reading) && reading.local) {
      say(one, { state: 'overridden', by: 'local' });
      continue;
    }
    let next = one;
    if (next.phase === 'scheduled' && nowMs >= next.startsMs) {
      const fromKw = asset === null ? 0 : (state.assets[asset]?.askedKw ?? 0);
      next = { ...next, phase: 'active', rampFromKw: fromKw, rampStartMs: nowMs };
      say(next, { state: 'active' });
    }
    if (next.phase === 'active' && nowMs >= next.endsMs) {
      if (next.action.type !== 'setpoint') {
        say(next, { state: 'completed' });
        continue;
      }
      const fromKw = state.assets[next.action.asset]?.askedKw ?? 0;
      next = { ...next, phase: 'releasing', rampFromKw: fromKw, rampStartMs: nowMs };
    }
    actions.push(next);
  }
  const steering = actions.flatMap((one) => settleSteering(one, actions, state, nowMs, say));
  return { state: { ...state, actions: steering }, events };
}

/**
 * One action steers an asset. A ramp out that another has taken over is over: kept, it would come back when
 * that one ends. An action that gets its asset back begins its ramp again, from where the other left it.
 */
function settleSteering(
  one: ActiveAction,
  actions: readonly ActiveAction[],
  before: ControlState,
  nowMs: number,
  say: (one: ActiveAction, status: ReceiptStatus) => void,
): ActiveAction[] {
  const asset = assetOf(one.action);
  if (asset === null || one.phase === 'scheduled') return [one];
  const steers = winnerFor({ ...before, actions }, asset) === one;
  if (one.phase === 'releasing') {
    if (steers) return [one];
    say(one, { state: 'completed' });
    say(one, { state: 'reverted' });
    return [];
  }
  const last = winnerFor(before, asset);
  const isBack = steers && one.rampStartMs < nowMs && last !== null && !sameAction(last, one);
  if (!isBack) return [one];
  return [{ ...one, rampFromKw: before.assets[asset]?.askedKw ?? 0, rampStartMs: nowMs }];
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

/** Of the actions that steer one asset now, the one that wins; null when the local rule does. */
export function winnerFor(state: ControlState, asset: AssetId): ActiveAction | null {
  let winner: ActiveAction | null = null;
  for (const one of state.actions) {
    if (one.phase === 'scheduled' || assetOf(one.action) !== asset) continue;
    if (winner === null || outranks(one, winner)) winner = one;
  }
  return winner;
}

/** The mode in force: commanded, or automatic. */
export function modeOf(state: ControlState): 'automatic' | 'idle' {
  let winner: ActiveAction | null = null;
  for (const one of state.actions) {
    if (one.phase !== 'active' || one.action.type !== 'mode') continue;
    if (winner === null || outranks(one, winner)) winner = one;
  }
  return winner?.action.type === 'mode' ? winner.action.mode : 'automatic';
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
