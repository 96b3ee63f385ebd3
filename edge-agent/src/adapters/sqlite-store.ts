import { AuditError, type AuditLog, type Database, migrate } from '@tieline/audit';
import { toHex } from '@tieline/kernel';
import {
  decodeCbor,
  encodeCbor,
  type Rank,
  REPLAY_START,
  Receipt,
  type ReplayState,
} from '@tieline/protocol';
import Sqlite from 'better-sqlite3';
import {
  type AgentStore,
  type DocumentKind,
  type StoredCommand,
  type StoredDocument,
  StoreError,
} from '../ports/store.ts';

const { SqliteError } = Sqlite;

const SCHEMA = [
  `CREATE TABLE agent_value (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE agent_command (
     command TEXT PRIMARY KEY, actions_digest BLOB NOT NULL, rank TEXT NOT NULL, boot INTEGER NOT NULL,
     forget_after_s INTEGER NOT NULL, cti BLOB NOT NULL, message_digest BLOB NOT NULL,
     finished INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE agent_receipt (
     counter INTEGER PRIMARY KEY, command TEXT NOT NULL, audit_index INTEGER NOT NULL,
     body BLOB NOT NULL) STRICT;
   CREATE TABLE agent_last_receipt (command TEXT PRIMARY KEY, body BLOB NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE agent_document (
     kind TEXT PRIMARY KEY, version INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT, WITHOUT ROWID;
   CREATE TABLE agent_block (digest BLOB PRIMARY KEY, bytes BLOB NOT NULL) STRICT`,
  `ALTER TABLE agent_command ADD COLUMN dated INTEGER NOT NULL DEFAULT 1`,
];

interface CommandRow {
  readonly command: string;
  readonly actions_digest: Buffer;
  readonly rank: Rank;
  readonly boot: number;
  readonly forget_after_s: number;
  readonly cti: Buffer;
  readonly message_digest: Buffer;
  readonly finished: number;
  readonly dated: number;
}

/** The agent's one database file, opened with `synchronous: FULL`; the audit log lives in it too. */
export function sqliteStore(db: Database, audit: AuditLog): AgentStore {
  migrate(db, 'agent', SCHEMA);
  // Made once: the library builds four functions for each one that is to run in a transaction.
  const inTransaction = db.transaction((work: () => unknown): unknown => work());
  return {
    audit,
    transaction<T>(work: () => T): T {
      try {
        return inTransaction.immediate(work) as T;
      } catch (thrown) {
        throw unwritable(thrown) ?? thrown;
      }
    },
    close: () => db.close(),
    ...marks(db),
    ...commands(db),
    ...receipts(db),
    ...documents(db),
  };
}

/** What the disk is at fault for, and no code of ours. */
const DISK_FAULT = /^SQLITE_(FULL|IOERR|READONLY|CANTOPEN|BUSY)/;

function unwritable(thrown: unknown): StoreError | null {
  const cause = thrown instanceof AuditError ? thrown.cause : thrown;
  if (!(cause instanceof SqliteError) || !DISK_FAULT.test(cause.code)) return null;
  const reason = `${cause.code}: ${cause.message}`;
  return new StoreError({ code: 'store_unwritable', reason }, undefined, { cause });
}

/** Small single values, by name. */
function values(db: Database) {
  const get = db.prepare<[string], Buffer>('SELECT value FROM agent_value WHERE name = ?').pluck();
  const put = db.prepare<[string, Uint8Array]>('INSERT OR REPLACE INTO agent_value VALUES (?, ?)');
  const drop = db.prepare<[string]>('DELETE FROM agent_value WHERE name = ?');
  const number = (name: string): number => {
    const value = get.get(name);
    return value === undefined ? 0 : (decodeCbor(value) as number);
  };
  return {
    get: (name: string) => get.get(name),
    put: (name: string, value: Uint8Array) => void put.run(name, value),
    drop: (name: string) => void drop.run(name),
    number,
    setNumber: (name: string, value: number) => void put.run(name, encodeCbor(value)),
    count(name: string): number {
      const next = number(name) + 1;
      put.run(name, encodeCbor(next));
      return next;
    },
  };
}

function marks(db: Database) {
  const value = values(db);
  return {
    boots: () => value.number('boot'),
    setBoots: (boots: number) => value.setNumber('boot', boots),
    nextReceiptCounter: () => value.count('receipt-counter'),
    replayState(): ReplayState {
      const bytes = value.get('replay');
      if (bytes === undefined) return REPLAY_START;
      const { epoch, kid, seq } = decodeCbor(bytes) as {
        epoch: number;
        kid: Uint8Array | null;
        seq: number;
      };
      return { epoch, kid, seq };
    },
    setReplayState: (state: ReplayState) => value.put('replay', encodeCbor({ ...state })),
    recentAcceptances(): readonly number[] {
      const bytes = value.get('recent-acceptances');
      return bytes === undefined ? [] : (decodeCbor(bytes) as number[]);
    },
    setRecentAcceptances: (sessionMs: readonly number[]) =>
      value.put('recent-acceptances', encodeCbor(sessionMs)),
    highWaterWallMs: () => value.number('high-water-wall-ms'),
    setHighWaterWallMs: (wallMs: number) => value.setNumber('high-water-wall-ms', wallMs),
    rejectedModel(): string | undefined {
      const bytes = value.get('rejected-model');
      return bytes === undefined ? undefined : (decodeCbor(bytes) as string);
    },
    setRejectedModel: (digest: string) => value.put('rejected-model', encodeCbor(digest)),
    lastGoodModel: (): Uint8Array | undefined => value.get('last-good-model'),
    setLastGoodModel: (packed: Uint8Array | null) =>
      packed === null ? value.drop('last-good-model') : value.put('last-good-model', packed),
  };
}

function commands(db: Database) {
  const get = db.prepare<[string], CommandRow>('SELECT * FROM agent_command WHERE command = ?');
  const put = db.prepare(
    `INSERT OR REPLACE INTO agent_command VALUES
       (@command, @actionsDigest, @rank, @boot, @forgetAfterS, @cti, @messageDigest, @finished, @dated)`,
  );
  const unfinished = db.prepare<[], CommandRow>(
    'SELECT * FROM agent_command WHERE finished = 0 ORDER BY command',
  );
  const forget = db.prepare<[number]>(
    'DELETE FROM agent_command WHERE finished = 1 AND dated = 1 AND forget_after_s < ?',
  );
  const date = db.prepare<[number]>(
    `UPDATE agent_command SET forget_after_s = max(forget_after_s, ?), dated = 1
     WHERE finished = 1 AND dated = 0`,
  );
  const forgetReceipts = db.prepare(
    'DELETE FROM agent_last_receipt WHERE command NOT IN (SELECT command FROM agent_command)',
  );
  const stored = (row: CommandRow): StoredCommand => ({
    command: row.command,
    actionsDigest: row.actions_digest,
    rank: row.rank,
    boot: row.boot,
    forgetAfterS: row.forget_after_s,
    cti: row.cti,
    messageDigest: row.message_digest,
    finished: row.finished === 1,
    dated: row.dated === 1,
  });
  return {
    command(command: string) {
      const row = get.get(command);
      return row === undefined ? undefined : stored(row);
    },
    putCommand: (one: StoredCommand) =>
      void put.run({ ...one, finished: one.finished ? 1 : 0, dated: one.dated ? 1 : 0 }),
    unfinishedCommands: () => unfinished.all().map(stored),
    dateCommands: (forgetAfterS: number) => void date.run(forgetAfterS),
    forgetCommands(nowS: number) {
      forget.run(nowS);
      forgetReceipts.run();
    },
  };
}

function receipts(db: Database) {
  const put = db.prepare<[number, string, number, Uint8Array]>(
    'INSERT INTO agent_receipt VALUES (?, ?, ?, ?)',
  );
  const putLast = db.prepare<[string, Uint8Array]>(
    'INSERT OR REPLACE INTO agent_last_receipt VALUES (?, ?)',
  );
  const after = db
    .prepare<[number, number], Buffer>(
      'SELECT body FROM agent_receipt WHERE counter > ? ORDER BY counter LIMIT ?',
    )
    .pluck();
  const last = db
    .prepare<[string], Buffer>('SELECT body FROM agent_last_receipt WHERE command = ?')
    .pluck();
  const drop = db.prepare<[number]>('DELETE FROM agent_receipt WHERE audit_index < ?');
  const count = db.prepare<[], number>('SELECT count(*) FROM agent_receipt').pluck();
  return {
    putReceipt(receipt: Receipt): void {
      const body = Receipt.encode(receipt);
      const command = toHex(receipt.command);
      put.run(receipt.counter, command, receipt.auditIndex, body);
      putLast.run(command, body);
    },
    receiptsAfter: (counter: number, limit: number) =>
      after.all(counter, limit).map((body) => Receipt.decode(body)),
    lastReceiptOf(command: string): Receipt | undefined {
      const body = last.get(command);
      return body === undefined ? undefined : Receipt.decode(body);
    },
    dropReceipts: (auditSize: number) => void drop.run(auditSize),
    countReceipts: () => count.get() ?? 0,
  };
}

function documents(db: Database) {
  const get = db.prepare<[string], StoredDocument>(
    'SELECT version, bytes FROM agent_document WHERE kind = ?',
  );
  const put = db.prepare<[string, number, Uint8Array]>(
    'INSERT OR REPLACE INTO agent_document VALUES (?, ?, ?)',
  );
  const getBlock = db
    .prepare<[Uint8Array], Buffer>('SELECT bytes FROM agent_block WHERE digest = ?')
    .pluck();
  const putBlock = db.prepare<[Uint8Array, Uint8Array]>(
    'INSERT OR REPLACE INTO agent_block VALUES (?, ?)',
  );
  const drop = db.prepare('DELETE FROM agent_block');
  return {
    document: (kind: DocumentKind) => get.get(kind),
    putDocument: (kind: DocumentKind, document: StoredDocument) =>
      void put.run(kind, document.version, document.bytes),
    block: (digest: Uint8Array): Uint8Array | undefined => getBlock.get(digest),
    putBlock: (digest: Uint8Array, bytes: Uint8Array) => void putBlock.run(digest, bytes),
    dropBlocks: () => void drop.run(),
  };
}
