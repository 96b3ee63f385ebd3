import type { AuditEntry, RecordBody } from '@tieline/audit';
import type { AgentStore } from '../../ports/store.ts';
import type { AcceptedCommand } from '../law/active-actions.ts';
import type { ControlState } from '../law/control-state.ts';
import type { Session } from '../session.ts';
import { decisionChanged, type LoggedCycle } from './cycle-log.ts';

/** Unchanged cycles are kept this many at most before they are written: one commit a minute spares the flash. */
const CYCLES_PER_RECORD = 60;
/** A record holds fewer items than the 4,096 that strict CBOR allows; a site of many assets writes sooner. */
const ITEMS_PER_RECORD = 3_600;

/** Kinds of the records that a replay reads. */
export const RECORD_KINDS = {
  snapshot: 'control_snapshot',
  actions: 'control_actions',
  cycles: 'control_cycles',
  accepted: 'command_accepted',
  policy: 'policy_activated',
} as const;

/** Cycles that wait in memory for a disk that takes nothing; beyond, they are lost, and the log says so. */
const CYCLES_WAITING = 600;

/**
 * Writes the control law's inputs and outputs in the order in which they took effect. Every record that
 * changes the law's state is preceded by the cycles decided before it, so that a replay meets them in turn.
 * A power cut loses at most the last minute of unchanged cycles. A full disk loses what does not fit in
 * memory meanwhile: a snapshot behind the gap lets a replay go on.
 */
export class Recorder {
  readonly #store: AgentStore;
  readonly #session: Session;
  readonly #state: () => ControlState;
  /** Records written since boot. */
  written = 0;
  #pending: readonly LoggedCycle[] = [];
  #items = 0;
  /** Cycles that will never be on record, since the last one that is. */
  #lost = 0;
  #last: LoggedCycle | null = null;
  /** The disk has refused something: what was done meanwhile is not on record. */
  #isOwing = false;
  /** What this boot begins with, until the disk has taken it. */
  #opening: (() => void) | null = null;

  /** @param state  the control law's present state, for the snapshot behind a gap */
  constructor(store: AgentStore, session: Session, state: () => ControlState) {
    this.#store = store;
    this.#session = session;
    this.#state = state;
  }

  /**
   * Puts on record what this boot begins with: `words`, and the state that a replay goes on from. Where the
   * disk refuses it, it goes first in the next transaction that the disk takes, before whatever follows from it.
   * @throws {StoreError} store_unwritable
   */
  begin(state: ControlState, words: () => void): void {
    this.#opening = () => {
      words();
      this.#appendState(state);
    };
    this.commit(() => {});
  }

  /**
   * One transaction of the store. Where the disk refuses it, what waited before still waits.
   * @throws {StoreError} store_unwritable, after `undo`
   */
  commit(work: () => void, undo: () => void = () => {}): void {
    const [pending, items, lost] = [this.#pending, this.#items, this.#lost];
    try {
      this.#store.transaction(() => {
        this.#opening?.();
        work();
      });
      this.#opening = null;
      this.#isOwing = false;
    } catch (thrown) {
      undo();
      this.#isOwing = true;
      const tooMany = pending.length > CYCLES_WAITING;
      this.#pending = tooMany ? [] : pending;
      this.#items = tooMany ? 0 : items;
      this.#lost = tooMany ? lost + pending.length : lost;
      throw thrown;
    }
  }

  /** True when this cycle must be on disk before anything is actuated, or others wait that should have been. */
  keep(cycle: LoggedCycle): boolean {
    const changed = decisionChanged(this.#last, cycle);
    this.#pending = [...this.#pending, cycle];
    const items = itemsOf(cycle);
    this.#items += items;
    this.#last = cycle;
    const full =
      this.#pending.length >= CYCLES_PER_RECORD || this.#items + items > ITEMS_PER_RECORD;
    return changed || full || this.#isOwing;
  }

  /** Writes the cycles that wait; call inside the `commit` of what follows them. */
  flush(): void {
    if (this.#lost > 0) {
      this.#skipGap();
      return;
    }
    let [record, items]: [LoggedCycle[], number] = [[], 0];
    for (const cycle of this.#pending) {
      const more = itemsOf(cycle);
      if (record.length === CYCLES_PER_RECORD || items + more > ITEMS_PER_RECORD) {
        this.#append(RECORD_KINDS.cycles, '', { cycles: record });
        [record, items] = [[], 0];
      }
      record.push(cycle);
      items += more;
    }
    if (record.length > 0) this.#append(RECORD_KINDS.cycles, '', { cycles: record });
    this.#pending = [];
    this.#items = 0;
  }

  /** Cycles on the other side of lost ones cannot be replayed: the state that they led to is written instead. */
  #skipGap(): void {
    const cycles = this.#lost + this.#pending.length;
    this.#pending = [];
    this.#items = 0;
    this.#lost = 0;
    this.append({ actor: 'agent', kind: 'cycles_unrecorded', subject: '', body: { cycles } });
    this.#appendState(this.#state());
  }

  snapshot(state: ControlState): void {
    this.flush();
    this.#appendState(state);
  }

  /** In two records: each fits for itself, on the largest site with as many actions under way as there may be. */
  #appendState({ actions, ...rest }: ControlState): void {
    this.#append(RECORD_KINDS.snapshot, '', { state: { ...rest, actions: [] } });
    if (actions.length > 0) this.#append(RECORD_KINDS.actions, '', { actions });
  }

  #append(kind: string, subject: string, body: RecordBody): void {
    this.append({ actor: 'control', kind, subject, body });
  }

  /** Any record, stamped with the session's time and the digests in force. */
  append(
    entry: Pick<AuditEntry, 'actor' | 'kind' | 'subject' | 'body'> &
      Partial<Pick<AuditEntry, 'kid' | 'onBehalfOf'>>,
  ): number {
    const { wallMs, sessionMs, clock } = this.#session.now();
    this.written += 1;
    return this.#store.audit.append({
      ...entry,
      wallMs,
      monotonicMs: sessionMs,
      clock,
      digests: this.#session.digests(),
    });
  }

  accepted(
    command: AcceptedCommand,
    by: { actor: string; onBehalfOf?: string; kid: Uint8Array },
  ): number {
    this.flush();
    const { command: subject, ...body } = command;
    return this.append({
      ...by,
      kind: RECORD_KINDS.accepted,
      subject,
      body,
    });
  }
}

/** How many CBOR items a logged cycle takes: itself, its seven parts, and what the lists hold. */
function itemsOf(cycle: LoggedCycle): number {
  const [, , , readings, , setpoints, events] = cycle;
  const inReadings = readings.reduce((sum, reading) => sum + 1 + reading.length, 0);
  return 8 + inReadings + setpoints.length * 3 + events.length * 4;
}
