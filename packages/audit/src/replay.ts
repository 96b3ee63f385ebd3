import { equalBytes } from '@tieline/kernel';
import { encodeCbor } from '@tieline/protocol';
import type { AuditRecord, RecordBody } from './record.ts';

/** How logged inputs lead to logged outputs. Pure: the same records always give the same answers. */
export interface Reducer<State> {
  /** Kind of the records that a replay can start, or start again, from. */
  readonly startKind: string;
  start(snapshot: AuditRecord): State;
  /** Takes one record in, whatever its kind. */
  step(state: State, record: AuditRecord): ReplayStep<State>;
}

export interface ReplayStep<State> {
  readonly state: State;
  /** The body that should have been logged, outputs included; null for a record that holds no outputs. */
  readonly expected: RecordBody | null;
  /** How many decisions the record stands for. */
  readonly cycles: number;
}

export interface ReplayReport {
  /** Cycles decided again; up to and including the first difference. */
  readonly cycles: number;
  /** The record that it starts from; null where there is no snapshot. */
  readonly from: number | null;
  /** Records before it, which nothing can be said about. */
  readonly skipped: number;
  /** Something was decided again, and all of it as logged. */
  readonly identical: boolean;
  readonly firstDifference: {
    readonly seq: number;
    readonly expected: RecordBody;
    readonly logged: RecordBody;
  } | null;
}

/**
 * Feeds a log to `reducer` and compares what comes out with what was logged, bit for bit: by
 * deterministic CBOR, in which two numbers are equal only if they are the same number.
 */
export function replayRecords<State>(
  records: Iterable<AuditRecord>,
  reducer: Reducer<State>,
): ReplayReport {
  let running: { state: State } | null = null;
  let from: number | null = null;
  let [cycles, skipped] = [0, 0];
  for (const record of records) {
    const { kind, seq, body } = record;
    if (kind === reducer.startKind) {
      from ??= seq;
      running = { state: reducer.start(record) };
      continue;
    }
    if (running === null) {
      skipped += 1;
      continue;
    }
    const { state, expected, cycles: decided } = reducer.step(running.state, record);
    running = { state };
    cycles += decided;
    if (expected !== null && !equalBytes(encodeCbor(expected), encodeCbor(body))) {
      const firstDifference = { seq, expected, logged: body };
      return { cycles, from, skipped, identical: false, firstDifference };
    }
  }
  return { cycles, from, skipped, identical: cycles > 0, firstDifference: null };
}
