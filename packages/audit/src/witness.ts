import { assert, type Clock, equalBytes } from '@tieline/kernel';
import {
  type AuditUpload,
  type HeldKey,
  leafHash,
  MerkleError,
  rootOf,
  TreeFold,
  type TreeHead,
  verifyConsistency,
} from '@tieline/protocol';
import type Database from 'better-sqlite3';
import { exportFrames } from './export.ts';
import { AuditError } from './failure.ts';
import { LogDatabase, type LogStore } from './log-store.ts';
import { type AuditRecord, decodeRecord } from './record.ts';
import {
  type AuditKeys,
  type LogIdentity,
  openCheckpoint,
  originOf,
  sealReceipt,
} from './statement.ts';

/**
 * Keeps the audit logs of many sites and signs for what it holds. It believes an agent's signature
 * only about *what the agent says*; that the agent still says the same as before is checked anew with
 * each upload. One database, one process; every ingest is one transaction.
 */
export class AuditWitness {
  readonly #logs: LogDatabase;
  readonly #deployment: string;
  readonly #anchor: Uint8Array;
  readonly #key: HeldKey;
  readonly #clock: Clock;

  constructor(options: {
    readonly db: Database.Database;
    readonly deployment: string;
    readonly anchor: Uint8Array;
    /** A key of role `witness`. */
    readonly key: HeldKey;
    /** Dates receipts; nothing is decided by it. */
    readonly clock: Clock;
  }) {
    this.#logs = new LogDatabase(options.db);
    this.#deployment = options.deployment;
    this.#anchor = options.anchor;
    this.#key = options.key;
    this.#clock = options.clock;
  }

  /**
   * Checks an upload against everything this witness has signed for, stores what is new, and answers
   * with a signed receipt of it. An upload that brings nothing new changes nothing and is answered
   * with the receipt that covers it, byte for byte as before.
   *
   * @throws {AuditError} signature_refused | origin_foreign | upload_gap | upload_inconsistent |
   * record_malformed | log_forked; nothing is stored then
   */
  ingest(site: string, upload: AuditUpload, keys: AuditKeys): Uint8Array {
    const identity = this.#identity(site);
    const head = openCheckpoint(upload.checkpoint, identity, keys);
    const end = upload.from + upload.records.length;
    if (end !== head.size || upload.records.length === 0) {
      const reason = `${upload.records.length} records from ${upload.from} under ${head.size}`;
      throw new AuditError({ code: 'upload_inconsistent', reason });
    }
    return this.#logs.db.transaction(() => {
      const store = this.#logs.open(originOf(identity));
      const held = store.size();
      if (upload.from > held) {
        throw new AuditError({ code: 'upload_gap', from: upload.from, size: held });
      }
      return head.size <= held
        ? repeatedReceipt(store, head)
        : this.#extend(store, identity, upload, head);
    })();
  }

  #extend(store: LogStore, identity: LogIdentity, upload: AuditUpload, head: TreeHead): Uint8Array {
    const held = store.size();
    assertSameHistory(store, upload, head, held);
    for (let seq = held; seq < head.size; seq += 1) {
      const bytes = recordOf(upload, seq);
      decodeRecord(bytes, seq);
      store.append(store.tail(), bytes);
    }
    if (!equalBytes(rootOf(head.size, store.node), head.root)) {
      const reason = 'the records do not hash to the root of the checkpoint';
      throw new AuditError({ code: 'upload_inconsistent', reason });
    }
    const issuedAtS = Math.floor(this.#clock.wallMs() / 1_000);
    const receipt = sealReceipt(this.#key, identity, issuedAtS, head);
    store.keepCheckpoint(upload.checkpoint);
    store.addReceipt(head.size, receipt);
    return receipt;
  }

  /**
   * Compares what an agent says at birth with what was signed for.
   * @throws {AuditError} log_truncated when it knows less: its disk was restored from an old copy;
   * log_forked when it knows something else. Either way the site is to be quarantined.
   */
  checkBirth(site: string, audit: TreeHead): void {
    const store = this.#find(site);
    if (store === null) return;
    const held = store.size();
    if (audit.size <= held && !equalBytes(rootOf(audit.size, store.node), audit.root)) {
      const reason = 'its root at birth is not the one that was receipted';
      throw new AuditError({ code: 'log_forked', size: audit.size, reason });
    }
    if (audit.size < held) {
      throw new AuditError({ code: 'log_truncated', receipted: held, size: audit.size });
    }
  }

  /**
   * Closes the site's log, so that its next upload begins another: for a gateway whose disk was replaced. The
   * closed one is kept. A log that holds nothing stays as it is.
   * @returns the number of the closed log, from 1; 0 where none was ever closed
   */
  close(site: string): number {
    const origin = originOf(this.#identity(site));
    return this.#logs.db.transaction(() => {
      if (this.size(site) > 0) this.#logs.close(origin);
      return this.#logs.countClosed(origin);
    })();
  }

  /** How many records of the site are held, all of them receipted. */
  size(site: string): number {
    return this.#find(site)?.size() ?? 0;
  }

  /** The newest receipt, to offer again after a birth; null before the first upload. */
  lastReceipt(site: string): Uint8Array | null {
    return this.#find(site)?.lastReceipt()?.message ?? null;
  }

  /** Records [from, to) of a site, oldest first. @throws {AuditError} record_absent */
  *records(site: string, from = 0, to = this.size(site)): Generator<AuditRecord> {
    for (let seq = from; seq < to; seq += 1) {
      const bytes = this.#find(site)?.record(seq) ?? null;
      if (bytes === null) {
        throw new AuditError({ code: 'record_absent', seq, first: 0, size: this.size(site) });
      }
      yield decodeRecord(bytes, seq);
    }
  }

  /**
   * The site's log as one file, in chunks; null where nothing was uploaded.
   * @param closed  number of a closed log, from 1; without it the one that goes on
   * @see verifyExport
   */
  export(site: string, closed?: number): Generator<Uint8Array> | null {
    const origin = originOf(this.#identity(site));
    const store = closed === undefined ? this.#find(site) : this.#logs.findClosed(origin, closed);
    const message = store?.checkpoint() ?? null;
    if (store === null || message === null) return null;
    return exportFrames(store, this.#identity(site), { message, size: store.size() });
  }

  #identity(site: string): LogIdentity {
    return { anchor: this.#anchor, deployment: this.#deployment, site };
  }

  /** Null for a site that never uploaded; asking about it leaves no trace. */
  #find(site: string): LogStore | null {
    return this.#logs.find(originOf(this.#identity(site)));
  }
}

/** The receipt that covers what is held already, if it is the same history. */
function repeatedReceipt(store: LogStore, head: TreeHead): Uint8Array {
  if (!equalBytes(rootOf(head.size, store.node), head.root)) {
    const reason = 'its checkpoint contradicts the one that was receipted';
    throw new AuditError({ code: 'log_forked', size: head.size, reason });
  }
  const covering = store.receiptFrom(head.size);
  assert(covering !== null, 'whatever is held was receipted');
  return covering.message;
}

/**
 * That the upload continues the history already held: records sent again are the same records, and
 * the new tree begins with the old one.
 */
function assertSameHistory(
  store: LogStore,
  upload: AuditUpload,
  head: TreeHead,
  held: number,
): void {
  for (let seq = upload.from; seq < held; seq += 1) {
    if (equalBytes(leafHash(recordOf(upload, seq)), store.node(0, seq))) continue;
    const reason = `record ${seq} is not the one that was receipted`;
    throw new AuditError({ code: 'log_forked', size: seq, reason });
  }
  const { from } = upload;
  const fromRoot = rootOf(from, store.node);
  try {
    verifyConsistency({ from, fromRoot, to: head.size, toRoot: head.root }, upload.consistency);
  } catch (thrown) {
    if (!(thrown instanceof MerkleError)) throw thrown;
    // A wrong proof of a right tree is a fault of the sender; a tree that cannot be right is a fork.
    const fold = new TreeFold(from, store.frontier(from));
    for (const record of upload.records) fold.append(leafHash(record));
    const failure = equalBytes(fold.root(), head.root)
      ? ({ code: 'upload_inconsistent', reason: 'the consistency proof proves nothing' } as const)
      : ({ code: 'log_forked', size: from, reason: 'its checkpoint begins otherwise' } as const);
    throw new AuditError(failure, undefined, { cause: thrown });
  }
}

function recordOf(upload: AuditUpload, seq: number): Uint8Array {
  const bytes = upload.records[seq - upload.from];
  assert(bytes !== undefined, 'an upload holds the records that it counts');
  return bytes;
}
