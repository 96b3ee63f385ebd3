import type { BusMessage } from '@tieline/bus';
import {
  type AssetId,
  clipText,
  HOUR_MS,
  type Logger,
  type RandomStream,
  toHex,
} from '@tieline/kernel';
import {
  type Action,
  type CommandOutcome,
  type CommandState,
  type Offer,
  type Policy,
  type Trust,
  VerificationBudget,
  VerifyError,
  verifyCommand,
} from '@tieline/protocol';
import type { AgentStore } from '../../ports/store.ts';
import {
  type AcceptedCommand,
  type Advanced,
  acceptCommand,
  assetOf,
  isEnding,
} from '../law/active-actions.ts';
import type { ControlState } from '../law/control-state.ts';
import { siteImportKw } from '../law/observe.ts';
import { isMeasured, type ProcessImage } from '../law/process-image.ts';
import type { Recorder } from '../log/recorder.ts';
import type { Session } from '../session.ts';
import { Answered } from './answered.ts';
import { type Receipts, remembered } from './receipts.ts';
import type { Refusals } from './refusals.ts';

/** Actions that may be under way at a time: all of them fit one audit record, beside the snapshot's own. */
export const ACTIONS_MAX = 64;

/** What the desk needs to see of the agent, and the one thing that it changes. */
export interface DeskView {
  readonly site: string;
  readonly trust: Trust;
  readonly policy: Policy | null;
  readonly state: ControlState;
  readonly image: ProcessImage | null;
}

/**
 * Where commands arrive. Verifying and committing share one synchronous turn: replay state, journal, audit
 * record and first receipts are on disk, in one transaction, before the control law hears of a command.
 */
export class CommandDesk {
  readonly #store: AgentStore;
  readonly #recorder: Recorder;
  readonly #receipts: Receipts;
  readonly #refusals: Refusals;
  readonly #session: Session;
  readonly #draws: RandomStream;
  readonly #logger: Logger;
  readonly #budget = new VerificationBudget();
  readonly #answered = new Answered();

  constructor(parts: {
    readonly store: AgentStore;
    readonly recorder: Recorder;
    readonly receipts: Receipts;
    readonly refusals: Refusals;
    readonly session: Session;
    readonly draws: RandomStream;
    readonly logger: Logger;
  }) {
    this.#store = parts.store;
    this.#recorder = parts.recorder;
    this.#receipts = parts.receipts;
    this.#refusals = parts.refusals;
    this.#session = parts.session;
    this.#draws = parts.draws;
    this.#logger = parts.logger;
  }

  /** Takes one message; gives the control state that follows, which is the same one where nothing was accepted. */
  receive(message: BusMessage, view: DeskView): ControlState {
    const { sessionMs, wallMs, clock } = this.#session.now();
    const wallS = clock === 'untrusted' ? null : Math.floor(wallMs / 1_000);
    try {
      const outcome = verifyCommand(message, view.trust, this.#commandState(view, sessionMs), {
        sessionMs,
        wallS,
      });
      if (this.#isReplay(outcome.offer)) return view.state;
      if (outcome.outcome === 'known') return this.#repeat(outcome.offer, view.state);
      checkRoom(outcome, view.state);
      return this.#accept(outcome, view.state, sessionMs);
    } catch (thrown) {
      if (!(thrown instanceof VerifyError)) throw thrown;
      this.#refuse(thrown, message.topic);
      return view.state;
    }
  }

  #accept(
    outcome: CommandOutcome & { outcome: 'new' },
    state: ControlState,
    sessionMs: number,
  ): ControlState {
    const { command, basis, offer, replay, stored } = outcome;
    const accepted: AcceptedCommand = {
      command: toHex(command.id),
      rank: basis.rank,
      actions: command.actions,
      acceptedMs: sessionMs,
      startDraws: command.actions.map(() => this.#draws.uniform()),
      releaseDraws: command.actions.map(() => this.#draws.uniform()),
    };
    const advanced = acceptCommand(state, accepted);
    const longestMs = Math.max(
      ...command.actions.map((one) =>
        one.type === 'cede' ? 0 : one.startWithinMs + one.validForMs,
      ),
    );
    this.#recorder.commit(() => {
      const onBehalfOf = basis.type === 'order' ? basis.principals.join(', ') : undefined;
      this.#store.setReplayState(replay);
      this.#store.setRecentAcceptances([...this.#recent(sessionMs), sessionMs]);
      this.#store.putCommand({
        command: accepted.command,
        ...stored,
        boot: this.#session.boot,
        ...remembered(this.#session.now(), longestMs, basis),
        cti: offer.cti,
        messageDigest: offer.messageDigest,
        finished: false,
      });
      const auditIndex = this.#recorder.accepted(accepted, {
        ...authorOf(offer),
        ...(onBehalfOf === undefined ? {} : { onBehalfOf: clipText(onBehalfOf, 128) }),
      });
      this.#receipts.answer(offer, { state: 'accepted' }, null, auditIndex);
      this.#putEvents(advanced);
    });
    this.#answered.add(offer);
    this.#logger.info('command_accepted', { command: accepted.command, rank: basis.rank });
    return advanced.state;
  }

  #putEvents({ state, events }: Advanced): void {
    this.#receipts.putEvents(events, (command) =>
      state.actions.some((one) => one.command === command),
    );
  }

  /** A command offered again is answered again, and nothing else: it was accepted once. */
  #repeat(offer: Offer, state: ControlState): ControlState {
    const command = toHex(offer.commandId);
    this.#refusals.count('command_repeated');
    this.#recorder.commit(() => {
      const auditIndex = this.#recorder.append({
        ...authorOf(offer),
        kind: 'command_repeated',
        subject: command,
        body: { cti: offer.cti },
      });
      const last = this.#store.lastReceiptOf(command);
      if (last === undefined) return;
      this.#receipts.answer(offer, last.status, last.action ?? null, auditIndex);
    });
    this.#answered.add(offer);
    this.#logger.info('command_repeated', { command });
    return state;
  }

  /**
   * The very bytes that were answered before. Who recorded them on the wire can send them without end, so they
   * cost what a message without an author costs; their receipt is on its way, or has arrived. A refusal was
   * told to people: it stands, although the same bytes might be accepted by now.
   */
  #isReplay(offer: Offer): boolean {
    if (!this.#answered.has(offer)) return false;
    if (this.#refusals.noteOnceAMinute('message_replayed')) {
      this.#recorder.commit(() => {
        this.#recorder.append({
          actor: 'unproven',
          kind: 'message_replayed',
          subject: toHex(offer.commandId),
          body: { cti: offer.cti },
        });
      });
    }
    return true;
  }

  /** Whoever is proven gets an answer; whoever is not is counted. */
  #refuse(error: VerifyError, topic: string): void {
    const { code, step, facts } = error.failure;
    const { offer } = error;
    if (offer === null) {
      this.#refusals.refuse(error, topic);
      return;
    }
    if (this.#isReplay(offer)) return;
    this.#refusals.count(code);
    this.#logger.warn('command_refused', { code, step });
    this.#recorder.commit(() => {
      const auditIndex = this.#recorder.append({
        ...authorOf(offer),
        kind: 'command_refused',
        subject: toHex(offer.commandId),
        body: { code, step, facts: { ...facts }, cti: offer.cti },
      });
      const status = { state: 'refused', code, facts: { ...facts } } as const;
      this.#receipts.answer(offer, status, null, auditIndex);
    });
    this.#answered.add(offer);
  }

  #recent(sessionMs: number): readonly number[] {
    return this.#store.recentAcceptances().filter((atMs) => sessionMs - atMs < HOUR_MS);
  }

  #commandState(view: DeskView, sessionMs: number): CommandState {
    const { state, image } = view;
    return {
      site: view.site,
      sess: this.#session.sess,
      budget: this.#budget,
      storedCommand: (id) => this.#store.command(toHex(id)) ?? null,
      replay: this.#store.replayState(),
      policy: view.policy,
      assets: state.ratings.map((rating) => {
        const reading = image?.readings[rating.asset];
        const measured = isMeasured(reading) ? reading : null;
        return {
          asset: rating.asset,
          kind: rating.kind,
          dischargeMaxKw: rating.dischargeMaxKw,
          chargeMaxKw: rating.chargeMaxKw,
          activePowerKw: measured?.activePowerKw ?? null,
          stateOfCharge: measured?.stateOfCharge ?? null,
          local: measured?.local ?? false,
        };
      }),
      siteImportKw: image === null ? null : siteImportKw(state, image),
      topology: null,
      limits: state.actions.flatMap(({ action, phase }) =>
        action.type === 'limit' && phase === 'active'
          ? [
              {
                point: action.point,
                importMaxKw: action.importMaxKw,
                exportMaxKw: action.exportMaxKw,
              },
            ]
          : [],
      ),
      activeActions: state.actions.flatMap((one) => {
        const { action, rank } = one;
        if (isEnding(one)) return [];
        const priority = action.type === 'setpoint' ? action.priority : 0;
        return assetsOf(state, action).map((asset) => ({ asset, rank, priority }));
      }),
      acceptedLastHour: this.#recent(sessionMs).length,
    };
  }
}

/** The assets that an action has: an order to idle has every store. */
function assetsOf({ ratings }: ControlState, action: Action): readonly AssetId[] {
  const asset = assetOf(action);
  if (asset !== null) return [asset];
  if (action.type !== 'mode' || action.mode !== 'idle') return [];
  return ratings.filter(({ kind }) => kind === 'battery').map((rating) => rating.asset);
}

/** @throws {VerifyError} quota_spent: nothing that one site does needs more at a time */
function checkRoom(
  { command, offer }: CommandOutcome & { outcome: 'new' },
  { actions }: ControlState,
): void {
  if (actions.length + command.actions.length <= ACTIONS_MAX) return;
  const facts = { actionsMax: ACTIONS_MAX, underWay: actions.length };
  throw new VerifyError({ code: 'quota_spent', step: 15, facts }, offer);
}

function authorOf(offer: Offer): { readonly actor: string; readonly kid: Uint8Array } {
  return { actor: offer.principal, kid: Buffer.from(offer.kid, 'hex') };
}
