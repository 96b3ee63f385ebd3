import type { BusMessage } from '@tieline/bus';
import { toHex } from '@tieline/kernel';
import { encodeCbor, KINDS, type Opened, type Receipt } from '@tieline/protocol';
import type { ControlStore } from '../ports/control-store.ts';
import type { CommandRecord, ReceiptRecord } from '../ports/records.ts';
import type { Now } from './agent-state.ts';
import type { Counters } from './counters.ts';
import { sha256Hex } from './digest.ts';
import type { Dispatch } from './dispatch.ts';
import { alarm, type ControlEvent } from './events.ts';
import type { Wire } from './wire.ts';

export interface ReceiptPorts {
  readonly now: () => Now;
  readonly store: ControlStore;
  readonly counters: Counters;
  readonly wire: Wire;
  readonly dispatch: Dispatch;
  readonly emit: (event: ControlEvent) => void;
  /** A command has climbed. */
  readonly climbed: (command: CommandRecord) => void;
}

/**
 * Takes receipts. One of any session counts: an agent sends again, after a boot, what it signed before
 * it; its own counter tells which came first, and which was seen already.
 */
export class ReceiptDesk {
  readonly #ports: ReceiptPorts;

  constructor(ports: ReceiptPorts) {
    this.#ports = ports;
  }

  /** @throws {VerifyError} */
  take(message: BusMessage): void {
    const { store, counters, dispatch, emit, climbed, wire } = this.#ports;
    const opened = wire.open(KINDS.receipt, message, null);
    const { site } = opened.topic;
    const id = toHex(opened.body.command);
    const command = store.command(id);
    if (command === null || command.site !== site || !this.#answersAnOffer(id, opened.body)) {
      counters.add('messages_ignored', 'receipt_unmatched');
      return;
    }
    const receipt = this.#record(opened);
    const outcome = store.addReceipt(receipt);
    if (outcome !== 'added') counters.add('messages_ignored', `receipt_${outcome}`);
    if (outcome === 'conflict') {
      emit(alarm('receipt_conflict', site, `counter ${receipt.counter}, command ${id}`));
    }
    if (outcome !== 'added') return;
    counters.add('receipts', receipt.status.state);
    climbed(command);
    dispatch.acknowledged(site, id);
  }

  #answersAnOffer(id: string, { cti, messageDigest }: Receipt): boolean {
    const [ctiHex, digestHex] = [toHex(cti), toHex(messageDigest)];
    return this.#ports.store
      .offers(id)
      .some((offer) => offer.cti === ctiHex && offer.messageDigest === digestHex);
  }

  #record({ body, topic }: Opened<Receipt>): ReceiptRecord {
    // What it says, without what may differ when the same is signed again for another offer or session.
    const { command, action, status, auditIndex } = body;
    return {
      site: topic.site,
      counter: body.counter,
      command: toHex(body.command),
      cti: toHex(body.cti),
      action: body.action ?? null,
      status: body.status,
      auditIndex: body.auditIndex,
      agentWallMs: body.wallMs,
      clock: body.clock,
      receivedWallMs: this.#ports.now().wallMs,
      digest: sha256Hex(encodeCbor({ command, action, status, auditIndex })),
    };
  }
}
