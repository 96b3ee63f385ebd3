import { toHex } from '@tieline/kernel';
import { type Birth, EPOCH_STEP_MAX, type ReceiptStatus } from '@tieline/protocol';
import type { ControlStore } from '../ports/control-store.ts';
import { alarm, type ControlEvent } from './events.ts';

/**
 * The word of an agent raises the term no further. Every agent follows a term up to `EPOCH_STEP_MAX`, one
 * that never heard a command too; one agent that lies must not lead it beyond the others, and restarts need
 * the rest.
 */
const RAISED_MAX = EPOCH_STEP_MAX / 2;

export interface TermPorts {
  readonly store: ControlStore;
  readonly emit: (event: ControlEvent) => void;
}

/**
 * The leadership term of this control plane: a new one with each start. Agents refuse a lower one than they
 * have followed, so a control plane whose data was restored from an older copy would be refused by all of
 * them, and hear nothing of it but refusals. What an agent says at birth shows it, and leads above.
 */
export class Term {
  readonly #ports: TermPorts;
  /** Hex. */
  readonly #dispatchKid: string;
  #epoch: number;

  constructor(ports: TermPorts, dispatchKid: Uint8Array) {
    this.#ports = ports;
    this.#dispatchKid = toHex(dispatchKid);
    this.#epoch = ports.store.raise('epoch');
  }

  get epoch(): number {
    return this.#epoch;
  }

  /** Call before anything is offered to the session that the birth begins. */
  heard(site: string, { epochSeen, seqSeen }: Pick<Birth, 'epochSeen' | 'seqSeen'>): void {
    const { store, emit } = this.#ports;
    const epoch = this.#epoch;
    const seqUsed = store.lastSeq(site, this.#dispatchKid);
    if (epochSeen < epoch || (epochSeen === epoch && seqSeen <= seqUsed)) return;
    if (epochSeen < RAISED_MAX) this.#epoch = store.raise('epoch', epochSeen);
    const seen = `it has followed term ${epochSeen} up to command ${seqSeen}`;
    emit(alarm('term_behind', site, `${seen}; the term was ${epoch} and is ${this.#epoch}`));
  }

  /** A refusal tells the same, where the agent was born before this control plane was restored. */
  answered(site: string, status: ReceiptStatus): void {
    if (status.state !== 'refused') return;
    const { seen } = status.facts;
    if (typeof seen !== 'number') return;
    if (status.code === 'epoch_stale') this.heard(site, { epochSeen: seen, seqSeen: 0 });
    if (status.code === 'seq_replayed') this.heard(site, { epochSeen: this.#epoch, seqSeen: seen });
  }
}
