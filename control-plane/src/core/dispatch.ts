import { assert } from '@tieline/kernel';
import { MessageError, VerifyError } from '@tieline/protocol';
import type { ControlStore } from '../ports/control-store.ts';
import type { CommandRecord, ControlVerdict, OfferRecord } from '../ports/records.ts';
import type { Now } from './agent-state.ts';
import { WAITING_MAX } from './bounds.ts';
import { ControlError } from './failure.ts';
import { nextStep, offered, type QueueView, type Waiting, waitingOf } from './offer-queue.ts';
import type { Upkeep } from './upkeep.ts';

export interface DispatchPorts {
  readonly store: ControlStore;
  readonly now: () => Now;
  readonly upkeep: Upkeep;
  /** The session that may be offered commands now; null while the agent is away or held back. */
  readonly openSession: (site: string) => string | null;
  /** Whether the agent says that it knows what time it is. */
  readonly isClocked: (site: string) => boolean;
  /** Which of the disks that the site has had is its present one. */
  readonly generation: (site: string) => number;
  /**
   * Signs one offer of the command, has `commit` store it in the same transaction as its sequence number,
   * and sends it. Whether it arrives is for a receipt to say.
   */
  readonly publish: (
    command: CommandRecord,
    sess: string,
    commit: (offer: OfferRecord) => void,
  ) => void;
  /** The verdict of a command without receipts has changed. */
  readonly changed: (command: CommandRecord) => void;
  /** No offer of it can be made: it is given up. */
  readonly unsendable: (command: CommandRecord, reason: string) => void;
}

/** Offers commands, one at a time per agent, until each has a receipt or can no longer be accepted. */
export class Dispatch {
  readonly #ports: DispatchPorts;
  readonly #queues = new Map<string, Waiting[]>();

  /** Goes on with what the store holds from before. */
  constructor(ports: DispatchPorts) {
    this.#ports = ports;
    for (const command of ports.store.unacknowledged()) {
      this.#queueOf(command.site).push(waitingOf(command, ports.store.offers(command.id)));
    }
  }

  /** @throws {ControlError} too_many_waiting */
  assertRoom(site: string): void {
    if (this.#queueOf(site).length >= WAITING_MAX) {
      throw new ControlError({ code: 'too_many_waiting', site, waitingMax: WAITING_MAX });
    }
  }

  /** Takes a command that is stored already, and offers it if its turn has come. */
  take(command: CommandRecord): void {
    this.#queueOf(command.site).push(waitingOf(command, []));
    this.#ports.changed(command);
    this.pump(command.site);
  }

  /** The agent has answered: the next one's turn. */
  acknowledged(site: string, command: string): void {
    const queue = this.#queueOf(site);
    const at = queue.findIndex((waiting) => waiting.command.id === command);
    if (at < 0) return;
    queue.splice(at, 1);
    this.pump(site);
  }

  /** A birth: whatever was offered before it may never have arrived. */
  offerAgain(site: string): void {
    const queue = this.#queueOf(site);
    queue.forEach((waiting, at) => {
      queue[at] = { ...waiting, answerByMs: -Infinity, againMs: -Infinity };
    });
    this.pump(site);
  }

  tick(): void {
    for (const [site, queue] of this.#queues) if (queue.length > 0) this.pump(site);
  }

  /** Does what is due for one site. What fails there is tried again with the next tick. */
  pump(site: string): void {
    this.#ports.upkeep.attempt('dispatch', site, () => this.#pump(site));
  }

  #pump(site: string): void {
    const queue = this.#queueOf(site);
    for (;;) {
      const { now, openSession, generation, isClocked } = this.#ports;
      const agent = { generation: generation(site), isClocked: isClocked(site) };
      const view = { ...now(), sess: openSession(site), ...agent };
      const step = nextStep(queue, view);
      if (step.do === 'wait') return;
      if (step.do === 'offer') {
        assert(view.sess !== null, 'an offer is made to a session');
        this.#offer(queue, step.waiting, { ...view, sess: view.sess });
      } else {
        this.#judge(queue, step.waiting, step.do === 'doubt' ? 'no_receipt' : step.code);
      }
    }
  }

  /** How many commands of the site have no receipt yet. */
  waiting(site: string): number {
    return this.#queueOf(site).length;
  }

  #offer(queue: Waiting[], waiting: Waiting, view: QueueView & { readonly sess: string }): void {
    const { store } = this.#ports;
    const { command } = waiting;
    const { sess, generation, monotonicMs } = view;
    // Once in doubt it stays so until a receipt: the first offer may have been carried out.
    const verdict: ControlVerdict =
      command.control.state === 'unknown' ? command.control : { state: 'offered', code: null };
    const next = { ...command, control: verdict };
    try {
      this.#ports.publish(command, sess, (offer) => {
        store.addOffer(offer);
        store.setVerdict(command.id, verdict);
      });
    } catch (thrown) {
      if (!(thrown instanceof MessageError || thrown instanceof VerifyError)) throw thrown;
      // It will not be any smaller the next time, and those behind it wait.
      this.#judge(queue, waiting, thrown.code);
      this.#ports.unsendable(command, thrown.message);
      return;
    }
    replace(
      queue,
      waiting,
      offered({ ...waiting, command: next }, { sess, generation }, monotonicMs),
    );
    this.#ports.changed(next);
  }

  /** No receipt came, or none is to be waited for: only a command never offered is known not to have been done. */
  #judge(queue: Waiting[], waiting: Waiting, code: string): void {
    const { command, offers } = waiting;
    const state = offers > 0 ? 'unknown' : code === 'too_late' ? 'expired' : 'refused';
    const verdict: ControlVerdict = { state, code };
    const next = { ...command, control: verdict };
    this.#ports.store.setVerdict(command.id, verdict);
    replace(queue, waiting, code === 'no_receipt' ? { ...waiting, command: next } : null);
    this.#ports.changed(next);
  }

  #queueOf(site: string): Waiting[] {
    let queue = this.#queues.get(site);
    if (queue === undefined) {
      queue = [];
      this.#queues.set(site, queue);
    }
    return queue;
  }
}

/** Once the store has it: what it refused is still to be done. */
function replace(queue: Waiting[], waiting: Waiting, next: Waiting | null): void {
  const at = queue.indexOf(waiting);
  assert(at >= 0, 'a step is about a waiting command');
  queue.splice(at, 1, ...(next === null ? [] : [next]));
}
