/**
 * Where logs live: the agent's own, or those of many sites side by side in a control plane. One
 * schema and one code for both, so that an export, a proof and a check mean the same everywhere.
 *
 * Each record's row also holds the hashes of the subtrees that this record completes: its own, then as
 * many ancestors as its index has low bits set, 64 bytes on average. The subtree (level, index) thus
 * stands in the row of its last leaf at offset 32 · level, and roots and proofs of any size are
 * O(log n) look-ups by primary key.
 *
 * Rejected: a table of nodes (three rows written for each record); tiles of 256 hashes (rewritten
 * with each commit); a tree kept in memory (it would be ahead of the disk after the caller's
 * transaction rolls back). Invariant: nothing is remembered between calls, so the tree is always that
 * of the committed rows plus the open transaction.
 */
import { assert, concatBytes } from '@tieline/kernel';
import { completedBy, frontierOf, HASH_BYTES, leafHash, type NodeReader } from '@tieline/protocol';
import type Database from 'better-sqlite3';
import { migrate } from './database.ts';
import { AuditError } from './failure.ts';

/** Records that one log can hold; a row's key is `log · 2^36 + seq`, a safe integer for 131,071 logs. */
const RECORDS_MAX = 2 ** 36;

const SCHEMA = [
  `CREATE TABLE audit_log (
     id INTEGER PRIMARY KEY, origin TEXT NOT NULL UNIQUE,
     -- The newest tree head that the log's own key signed, where somebody keeps it.
     checkpoint BLOB) STRICT;
   CREATE TABLE audit_leaf (
     key INTEGER PRIMARY KEY,
     hashes BLOB NOT NULL,
     -- NULL once pruned, in the few rows whose hashes are still needed.
     record BLOB) STRICT;
   CREATE TABLE audit_receipt (
     log INTEGER NOT NULL REFERENCES audit_log (id), size INTEGER NOT NULL, message BLOB NOT NULL,
     PRIMARY KEY (log, size)) STRICT, WITHOUT ROWID`,
];

export interface LogTail {
  readonly size: number;
  /** Hashes of the last row; null in an empty log. */
  readonly lastHashes: Uint8Array | null;
}

export interface StoredReceipt {
  /** Records that it covers. */
  readonly size: number;
  readonly message: Uint8Array;
}
interface TailRow {
  readonly key: number;
  readonly hashes: Buffer;
}
interface ReceiptRow {
  readonly size: number;
  readonly message: Buffer;
}

/** All logs of one database. */
export class LogDatabase {
  readonly db: Database.Database;
  readonly #statements: Statements;
  readonly #id: Database.Statement<[string], number>;
  readonly #begin: Database.Statement<[string]>;
  readonly #closed: Database.Statement<[string], number>;
  readonly #rename: Database.Statement<[string, string]>;

  constructor(db: Database.Database) {
    migrate(db, 'audit', SCHEMA);
    this.db = db;
    this.#statements = prepare(db);
    this.#id = db.prepare<[string], number>('SELECT id FROM audit_log WHERE origin = ?').pluck();
    this.#begin = db.prepare('INSERT INTO audit_log (origin) VALUES (?)');
    this.#closed = db
      .prepare<[string], number>("SELECT count(*) FROM audit_log WHERE origin GLOB ? || '#*'")
      .pluck();
    this.#rename = db.prepare('UPDATE audit_log SET origin = ? WHERE origin = ?');
  }

  /** The log of that origin; null where none was begun. Not to be kept beyond the open transaction. */
  find(origin: string): LogStore | null {
    const id = this.#id.get(origin);
    return id === undefined ? null : new LogStore(this.#statements, id);
  }

  /** The log of that origin, begun where there was none. Not to be kept beyond the open transaction. */
  open(origin: string): LogStore {
    const found = this.find(origin);
    if (found !== null) return found;
    const id = Number(this.#begin.run(origin).lastInsertRowid);
    assert(id < 2 ** 17, 'the keys of a log have room for its id');
    return new LogStore(this.#statements, id);
  }

  /** How many logs of that origin were closed. */
  countClosed(origin: string): number {
    return this.#closed.get(origin) ?? 0;
  }

  /** The closed log of that number, counted from 1; null where there is none. */
  findClosed(origin: string, nr: number): LogStore | null {
    return this.find(closedOrigin(origin, nr));
  }

  /** Keeps the log of that origin under a number of its own, so that another can begin. */
  close(origin: string): void {
    this.#rename.run(closedOrigin(origin, this.countClosed(origin) + 1), origin);
  }
}

/** Where a log is kept once another has begun under its origin; `#` stands in no origin. */
function closedOrigin(origin: string, nr: number): string {
  return `${origin}#${nr}`;
}

/** Rows of one log. Every call joins the transaction that is open on the database. */
export class LogStore {
  readonly #log: number;
  readonly #base: number;
  readonly #statements: Statements;

  constructor(statements: Statements, log: number) {
    this.#log = log;
    this.#base = log * RECORDS_MAX;
    this.#statements = statements;
  }

  /** How many records were ever appended. */
  size(): number {
    const key = this.#statements.lastKey.get(this.#base, this.#base + RECORDS_MAX - 1);
    return key == null ? 0 : key - this.#base + 1;
  }

  /** Index of the first record whose bytes are still here; the size where none is. */
  first(): number {
    const key = this.#statements.firstKept.get(this.#base, this.#base + RECORDS_MAX - 1);
    return key === undefined ? this.size() : key - this.#base;
  }

  /** Where the log ends now. */
  tail(): LogTail {
    const row = this.#statements.last.get(this.#base, this.#base + RECORDS_MAX - 1);
    if (row === undefined) return { size: 0, lastHashes: null };
    return { size: row.key - this.#base + 1, lastHashes: plainBytes(row.hashes) };
  }

  /** Stores the record that comes after `tail`, with the subtrees that it completes. */
  append(tail: LogTail, record: Uint8Array): void {
    // Every second record's left sibling is the last row, which is at hand.
    const read: NodeReader = (level, index) =>
      level === 0 && tail.lastHashes !== null
        ? tail.lastHashes.subarray(0, HASH_BYTES)
        : this.node(level, index);
    const hashes = completedBy(tail.size, leafHash(record), read);
    this.#statements.insert.run(this.#base + tail.size, concatBytes(...hashes), record);
  }

  /**
   * Hash of the complete subtree (level, index).
   * @throws {AuditError} log_damaged
   */
  readonly node = (level: number, index: number): Uint8Array => {
    const seq = (index + 1) * 2 ** level - 1;
    const hashes = this.#statements.hashes.get(this.#base + seq);
    const offset = level * HASH_BYTES;
    if (hashes === undefined || hashes.length < offset + HASH_BYTES) {
      const reason = hashes === undefined ? 'its hashes are missing' : 'its hashes are cut short';
      throw new AuditError({ code: 'log_damaged', seq, reason });
    }
    return plainBytes(hashes).subarray(offset, offset + HASH_BYTES);
  };

  frontier(size: number): readonly Uint8Array[] {
    return frontierOf(size).map(({ level, index }) => this.node(level, index));
  }

  /** The record's bytes as appended; null where they were pruned or never were. */
  record(seq: number): Uint8Array | null {
    return plainOrNull(this.#statements.record.get(this.#base + seq));
  }

  /**
   * Drops the bytes of the records before `first`, and all their hashes but those of the frontier at
   * `first`, from which every later root and proof can still be made.
   */
  dropBefore(first: number): void {
    const { clear, drop } = this.#statements;
    let after = 0;
    for (const { level, index } of frontierOf(first)) {
      const seq = (index + 1) * 2 ** level - 1;
      drop.run(this.#base + after, this.#base + seq - 1);
      clear.run(this.#base + seq);
      after = seq + 1;
    }
  }

  /** Size that the newest receipt covers; 0 where there is none. */
  receiptedSize(): number {
    return this.#statements.receiptedSize.get(this.#log) ?? 0;
  }

  lastReceipt(): StoredReceipt | null {
    return receiptOf(this.#statements.lastReceipt.get(this.#log));
  }

  /** The first receipt that covers `size` records or more. */
  receiptFrom(size: number): StoredReceipt | null {
    return receiptOf(this.#statements.receiptFrom.get(this.#log, size));
  }

  addReceipt(size: number, message: Uint8Array): void {
    this.#statements.addReceipt.run(this.#log, size, message);
  }

  countReceipts(fromSize: number): number {
    return this.#statements.countReceipts.get(this.#log, fromSize) ?? 0;
  }

  dropReceiptsBefore(size: number): void {
    this.#statements.dropReceipts.run(this.#log, size);
  }

  checkpoint(): Uint8Array | null {
    return plainOrNull(this.#statements.checkpoint.get(this.#log));
  }

  keepCheckpoint(message: Uint8Array): void {
    this.#statements.keepCheckpoint.run(message, this.#log);
  }
}

/** The same memory, without a Buffer's own meaning of `slice` and of equality. */
function plainBytes(buffer: Buffer): Uint8Array {
  return new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
}

function plainOrNull(buffer: Buffer | null | undefined): Uint8Array | null {
  return buffer == null ? null : plainBytes(buffer);
}

function receiptOf(row: ReceiptRow | undefined): StoredReceipt | null {
  return row === undefined ? null : { size: row.size, message: plainBytes(row.message) };
}

type Statements = ReturnType<typeof prepare>;

function prepare(db: Database.Database) {
  return {
    lastKey: db
      .prepare<[number, number], number | null>(
        'SELECT max(key) FROM audit_leaf WHERE key BETWEEN ? AND ?',
      )
      .pluck(),
    last: db.prepare<[number, number], TailRow>(
      `SELECT key, hashes FROM audit_leaf WHERE key BETWEEN ? AND ? ORDER BY key DESC LIMIT 1`,
    ),
    firstKept: db
      .prepare<[number, number], number>(
        `SELECT key FROM audit_leaf WHERE key BETWEEN ? AND ? AND record IS NOT NULL
         ORDER BY key LIMIT 1`,
      )
      .pluck(),
    insert: db.prepare<[number, Uint8Array, Uint8Array]>('INSERT INTO audit_leaf VALUES (?, ?, ?)'),
    hashes: db.prepare<[number], Buffer>('SELECT hashes FROM audit_leaf WHERE key = ?').pluck(),
    record: db
      .prepare<[number], Buffer | null>('SELECT record FROM audit_leaf WHERE key = ?')
      .pluck(),
    drop: db.prepare<[number, number]>('DELETE FROM audit_leaf WHERE key BETWEEN ? AND ?'),
    clear: db.prepare<[number]>('UPDATE audit_leaf SET record = NULL WHERE key = ?'),
    receiptedSize: db
      .prepare<[number], number | null>('SELECT max(size) FROM audit_receipt WHERE log = ?')
      .pluck(),
    lastReceipt: db.prepare<[number], ReceiptRow>(
      'SELECT size, message FROM audit_receipt WHERE log = ? ORDER BY size DESC LIMIT 1',
    ),
    receiptFrom: db.prepare<[number, number], ReceiptRow>(
      `SELECT size, message FROM audit_receipt WHERE log = ? AND size >= ?
       ORDER BY size LIMIT 1`,
    ),
    addReceipt: db.prepare<[number, number, Uint8Array]>(
      'INSERT OR REPLACE INTO audit_receipt VALUES (?, ?, ?)',
    ),
    countReceipts: db
      .prepare<[number, number], number>(
        'SELECT count(*) FROM audit_receipt WHERE log = ? AND size >= ?',
      )
      .pluck(),
    dropReceipts: db.prepare<[number, number]>(
      'DELETE FROM audit_receipt WHERE log = ? AND size < ?',
    ),
    checkpoint: db
      .prepare<[number], Buffer | null>('SELECT checkpoint FROM audit_log WHERE id = ?')
      .pluck(),
    keepCheckpoint: db.prepare<[Uint8Array, number]>(
      'UPDATE audit_log SET checkpoint = ? WHERE id = ?',
    ),
  };
}
