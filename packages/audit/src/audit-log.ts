import { assert, equalBytes } from '@tieline/kernel';
import {
  type AuditUpload,
  consistencyProof,
  type HeldKey,
  inclusionProof,
  rootOf,
} from '@tieline/protocol';
import Database from 'better-sqlite3';
import { exportFrames } from './export.ts';
import { AuditError } from './failure.ts';
import { LogDatabase, type LogStore } from './log-store.ts';
import {
  type AuditEntry,
  type AuditRecord,
  decodeRecord,
  encodeRecord,
  RECORD_BYTES_MAX,
} from './record.ts';
import {
  type AuditKeys,
  type LogIdentity,
  openReceipt,
  originOf,
  sealCheckpoint,
} from './statement.ts';

/** Checkpoint, proof and names of an upload never take more, bytes. */
const UPLOAD_OVERHEAD_BYTES_MAX = 4_096;
/** What CBOR puts in front of a record, bytes. */
const RECORD_HEAD_BYTES_MAX = 5;
/** The least bound under which every record can be uploaded. */
const UPLOAD_BYTES_LEAST = RECORD_BYTES_MAX + RECORD_HEAD_BYTES_MAX + UPLOAD_OVERHEAD_BYTES_MAX;
/** Records in one upload; the message's own bound. */
const UPLOAD_RECORDS_MAX = 2_048;
/** Rows dropped in one call, so that pruning never holds up a control cycle. */
const PRUNE_RECORDS_MAX = 1_024;

/**
 * The append-only audit log of one agent, in a database that the caller opened and owns. Nothing is
 * kept in memory: every call sees the caller's open transaction and forgets it when that rolls back.
 */
export class AuditLog {
  readonly identity: LogIdentity;
  readonly #db: Database.Database;
  readonly #store: LogStore;
  readonly #key: HeldKey;

  constructor(options: {
    readonly db: Database.Database;
    readonly identity: LogIdentity;
    /** The agent's own key. */
    readonly key: HeldKey;
  }) {
    assert(!options.db.inTransaction, 'a log is opened outside of any transaction');
    this.identity = options.identity;
    this.#db = options.db;
    this.#key = options.key;
    this.#store = new LogDatabase(options.db).open(originOf(options.identity));
  }

  /**
   * Appends one record; joins the open transaction, so that it commits with what it records or not
   * at all. Returns the record's index.
   * @throws {AuditError} record_malformed | record_too_large | log_unwritable | log_damaged
   */
  append(entry: AuditEntry): number {
    try {
      const tail = this.#store.tail();
      this.#store.append(tail, encodeRecord({ ...entry, seq: tail.size }));
      return tail.size;
    } catch (thrown) {
      if (!(thrown instanceof Database.SqliteError)) throw thrown;
      const reason = `${thrown.code}: ${thrown.message}`;
      throw new AuditError({ code: 'log_unwritable', reason }, undefined, { cause: thrown });
    }
  }

  /** How many records were ever appended; the index of the next. */
  get size(): number {
    return this.#store.size();
  }

  /** Index of the oldest record whose bytes are still here; `size` where none is. */
  get first(): number {
    return this.#store.first();
  }

  /** Size up to which the control plane has signed; 0 where it never did. */
  get receiptedSize(): number {
    return this.#store.receiptedSize();
  }

  /** @throws {AuditError} size_unknown beyond the log, or before the oldest kept record */
  root(size = this.size): Uint8Array {
    this.#assertKnown(size);
    return rootOf(size, this.#store.node);
  }

  /** @throws {AuditError} record_absent | record_malformed */
  record(seq: number): AuditRecord {
    return decodeRecord(this.#bytes(seq), seq);
  }

  /** Records [from, to), oldest first, read one by one. */
  *records(from = this.first, to = this.size): Generator<AuditRecord> {
    for (let seq = from; seq < to; seq += 1) yield this.record(seq);
  }

  /** That record `seq` stands in the log of `size` records. @throws {AuditError} size_unknown | record_absent */
  inclusion(seq: number, size = this.size): Uint8Array[] {
    this.#assertKnown(size);
    if (seq < this.first || seq >= size) throw this.#absent(seq);
    return inclusionProof(seq, size, this.#store.node);
  }

  /** That the log of `from` records is the beginning of that of `to`. @throws {AuditError} size_unknown */
  consistency(from: number, to = this.size): Uint8Array[] {
    this.#assertKnown(to);
    this.#assertKnown(from);
    if (from > to) throw new AuditError({ code: 'size_unknown', asked: from, size: to });
    return consistencyProof(from, to, this.#store.node);
  }

  /**
   * COSE_Sign1 over origin, size and root. The same size gives the same bytes.
   * @throws {AuditError} size_unknown
   */
  checkpoint(size = this.size): Uint8Array {
    return sealCheckpoint(this.#key, this.identity, { size, root: this.root(size) });
  }

  /**
   * What to upload next: as many records after the last receipt as fit, with the checkpoint that ends
   * with them. Repeats itself until a receipt comes; null when everything is receipted.
   * @param bytesMax  bound of the encoded body; at least 72 KiB, so that any record fits
   */
  pending(bytesMax: number): AuditUpload | null {
    assert(bytesMax >= UPLOAD_BYTES_LEAST, 'an upload holds any record');
    const [from, size] = [this.receiptedSize, this.size];
    const records: Uint8Array[] = [];
    let rest = bytesMax - UPLOAD_OVERHEAD_BYTES_MAX;
    for (let seq = from; seq < size && records.length < UPLOAD_RECORDS_MAX; seq += 1) {
      const bytes = this.#bytes(seq);
      rest -= bytes.length + RECORD_HEAD_BYTES_MAX;
      if (rest < 0) break;
      records.push(bytes);
    }
    if (records.length === 0) return null;
    const to = from + records.length;
    const consistency = this.consistency(from, to);
    return { from, records, checkpoint: this.checkpoint(to), consistency };
  }

  /**
   * Takes the control plane's word that it holds everything up to a size: checked by signature and
   * against this log, then kept as received. One that says no more than the last is ignored.
   * @throws {AuditError} signature_refused | origin_foreign | log_truncated | log_forked
   */
  acceptReceipt(message: Uint8Array, keys: AuditKeys): void {
    const { size, root } = openReceipt(message, this.identity, keys);
    if (size > this.size) {
      throw new AuditError({ code: 'log_truncated', receipted: size, size: this.size });
    }
    if (size >= this.first && !equalBytes(this.root(size), root)) {
      const reason = 'a receipt covers other records than this log holds';
      throw new AuditError({ code: 'log_forked', size, reason });
    }
    if (size <= this.receiptedSize) return;
    this.#store.addReceipt(size, message);
  }

  /**
   * Drops the oldest records that are receipted, leaving at least the newest `keepRecords`; at most
   * 1,024 in one call. Every root and proof of later sizes can still be made.
   * @returns how many were dropped
   */
  prune(keepRecords: number): number {
    assert(Number.isInteger(keepRecords) && keepRecords >= 0, 'a number of records is kept');
    const before = this.first;
    const limit = Math.min(this.receiptedSize, this.size - keepRecords);
    const first = Math.min(limit, before + PRUNE_RECORDS_MAX);
    if (first <= before) return 0;
    this.#db.transaction(() => {
      this.#store.dropBefore(first);
      // Those that cover only dropped records cannot be checked here any more; the newest always stays.
      this.#store.dropReceiptsBefore(first);
    })();
    return first - before;
  }

  /** The log as one file, in chunks, ending with a checkpoint of its present size. @see verifyExport */
  export(): Generator<Uint8Array> {
    const size = this.size;
    return exportFrames(this.#store, this.identity, { message: this.checkpoint(size), size });
  }

  #bytes(seq: number): Uint8Array {
    const bytes = this.#store.record(seq);
    if (bytes === null) throw this.#absent(seq);
    return bytes;
  }

  #absent(seq: number): AuditError {
    return new AuditError({ code: 'record_absent', seq, first: this.first, size: this.size });
  }

  #assertKnown(size: number): void {
    const known = Number.isSafeInteger(size) && size >= this.first && size <= this.size;
    if (!known && size !== 0)
      throw new AuditError({ code: 'size_unknown', asked: size, size: this.size });
  }
}
