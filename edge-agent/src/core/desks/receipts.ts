import { HOUR_MS, toHex } from '@tieline/kernel';
import {
  type CheckedBasis,
  KINDS,
  type Offer,
  type Receipt,
  type ReceiptStatus,
} from '@tieline/protocol';
import type { AgentStore, StoredCommand } from '../../ports/store.ts';
import type { CommandEvent } from '../law/active-actions.ts';
import type { Mouth } from '../link/mouth.ts';
import type { Recorder } from '../log/recorder.ts';
import type { Session, SessionNow } from '../session.ts';

/** Receipts sent in one go; the rest follows in the next cycle. */
const SEND_MAX = 32;
/** What is not signed for is said again so long after the last of it was said. */
const SAY_AGAIN_MS = 60_000;

/** Which offer a receipt answers. */
export type Answered = Pick<Offer, 'commandId' | 'cti' | 'messageDigest'>;

/**
 * The ladder of every command, on its way to the control plane. Each rung is an audit record and a
 * receipt in one transaction. PUBACK proves nothing: a receipt is said again until the control plane has
 * signed for its record, which tells it the same.
 */
export class Receipts {
  readonly #store: AgentStore;
  readonly #recorder: Recorder;
  readonly #session: Session;
  #sentCounter = 0;
  #restarts = 0;
  /** False once everything was said: then no cycle asks the disk for more. */
  #unsent = true;
  #againMs = 0;

  constructor(store: AgentStore, recorder: Recorder, session: Session) {
    this.#store = store;
    this.#recorder = recorder;
    this.#session = session;
  }

  /** Records and queues one rung; call inside the transaction of what it tells. */
  put(answered: Answered, status: ReceiptStatus, action: number | null): void {
    const auditIndex = this.#recorder.append({
      actor: 'agent',
      kind: `command_${status.state}`,
      subject: toHex(answered.commandId),
      body: { action, status },
    });
    this.answer(answered, status, action, auditIndex);
  }

  /** Queues a receipt for what record `auditIndex` tells; call inside the transaction of that record. */
  answer(
    answered: Answered,
    status: ReceiptStatus,
    action: number | null,
    auditIndex: number,
  ): void {
    const { sessionMs, wallMs, clock } = this.#session.now();
    const receipt: Receipt = {
      command: answered.commandId,
      cti: answered.cti,
      messageDigest: answered.messageDigest,
      counter: this.#store.nextReceiptCounter(),
      auditIndex,
      ...(action === null ? {} : { action }),
      status,
      atSessionMs: sessionMs,
      wallMs,
      clock,
    };
    this.#store.putReceipt(receipt);
    this.#unsent = true;
  }

  /** Records what the control law says of commands, and marks those that are over. */
  putEvents(events: readonly CommandEvent[], stillActive: (command: string) => boolean): void {
    for (const { command, index, status } of events) {
      const stored = this.#store.command(command);
      if (stored !== undefined) this.put(answeredOf(stored), status, index);
    }
    for (const command of new Set(events.map((event) => event.command))) {
      const stored = this.#store.command(command);
      if (stored !== undefined && !stored.finished && !stillActive(command)) {
        this.#store.putCommand({ ...stored, finished: true });
      }
    }
  }

  /** Everything unreceipted is said again. */
  restart(): void {
    this.#restarts += 1;
    this.#sentCounter = 0;
    this.#unsent = true;
  }

  /** Those whose records the control plane has signed for are done. */
  drop(): void {
    this.#store.dropReceipts(this.#store.audit.receiptedSize);
  }

  /** Sends what is due, without waiting for one to be acknowledged before the next. */
  async send(mouth: Mouth): Promise<void> {
    if (!mouth.isUp) return;
    const nowMs = this.#session.sessionMs();
    if (!this.#unsent && nowMs >= this.#againMs) this.restart();
    if (!this.#unsent) return;
    this.#againMs = nowMs + SAY_AGAIN_MS;
    const [restarts, sentCounter] = [this.#restarts, this.#sentCounter];
    const waiting = this.#store.receiptsAfter(sentCounter, SEND_MAX);
    this.#unsent = waiting.length === SEND_MAX;
    const sent = await Promise.all(waiting.map((receipt) => mouth.say(KINDS.receipt, receipt, 1)));
    if (restarts !== this.#restarts) return;
    const failed = sent.indexOf(false);
    const arrived = failed === -1 ? waiting : waiting.slice(0, failed);
    this.#sentCounter = arrived.at(-1)?.counter ?? sentCounter;
    if (failed !== -1) this.#unsent = true;
  }
}

export function answeredOf(stored: StoredCommand): Answered {
  return {
    commandId: new Uint8Array(Buffer.from(stored.command, 'hex')),
    cti: stored.cti,
    messageDigest: stored.messageDigest,
  };
}

/** How much longer than it could be offered validly a command is remembered, s. */
export const REMEMBERED_S = (2 * HOUR_MS) / 1_000;

/**
 * Until when a command is remembered: until it can no longer be offered validly, and a little longer. An order
 * stays valid for its whole window, however soon it was carried out.
 */
export function remembered(
  { wallMs, clock }: SessionNow,
  longestMs: number,
  basis: CheckedBasis,
): Pick<StoredCommand, 'forgetAfterS' | 'dated'> {
  const carriedOutS = Math.ceil((wallMs + longestMs) / 1_000);
  const validS = basis.type === 'order' ? basis.notAfterS : 0;
  const forgetAfterS = Math.max(carriedOutS, validS) + REMEMBERED_S;
  return { forgetAfterS, dated: clock !== 'untrusted' };
}
