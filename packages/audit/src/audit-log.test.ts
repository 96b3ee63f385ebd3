import { toHex } from '@tieline/kernel';
import {
  AuditUpload,
  emptyRoot,
  leafHash,
  TreeFold,
  verifyConsistency,
  verifyInclusion,
} from '@tieline/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditLog } from './audit-log.ts';
import { openDatabase } from './database.ts';
import { encodeRecord, RECORD_BYTES_MAX } from './record.ts';
import { openCheckpoint, openReceipt, sealReceipt } from './statement.ts';
import {
  agentLog,
  drain,
  entry,
  failureOf,
  identityOf,
  keyOf,
  keysOf,
  memoryLog,
  witnessOn,
} from './test-support.ts';

const KEYS = keysOf('site-1');
const UPLOAD_BYTES = 80_000;

/** Root by the definition: from the records alone, without any stored node. */
function recomputedRoot(log: AuditLog): string {
  const fold = new TreeFold();
  for (const record of log.records()) fold.append(leafHash(encodeRecord(record)));
  return toHex(fold.root());
}

const receiptFor = (log: AuditLog, size: number, root = log.root(size)): Uint8Array =>
  sealReceipt(keyOf('witness'), log.identity, 0, { size, root });

describe('appending', () => {
  test('a record stands where append said, and its place is proven', () => {
    const log = memoryLog(20);
    expect(log.append(entry(77, { what: 'this' }))).toBe(20);
    expect(log.record(20)).toEqual({ ...entry(77, { what: 'this' }), seq: 20 });
    const claim = { index: 20, leaf: leafHash(encodeRecord(log.record(20))), size: 21 };
    verifyInclusion({ ...claim, root: log.root() }, log.inclusion(20));
  });

  test('a log that holds nothing has the empty root and nothing to upload', () => {
    const log = memoryLog();
    expect([log.size, log.first, log.receiptedSize]).toEqual([0, 0, 0]);
    expect(toHex(log.root())).toBe(toHex(emptyRoot()));
    expect(log.pending(UPLOAD_BYTES)).toBeNull();
  });

  test('a record that is refused leaves the log as it was', () => {
    const log = memoryLog(3);
    const root = toHex(log.root());
    expect(() => log.append(entry(3, { at: Number.NaN }))).toThrow();
    expect([log.size, toHex(log.root())]).toEqual([3, root]);
  });

  test('records commit and roll back with the transaction around them, however these nest', () => {
    const step = fc.record({
      count: fc.nat(9),
      inner: fc.nat(5),
      fail: fc.constantFrom('no', 'inner', 'outer'),
    });
    const property = fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
      const db = openDatabase(':memory:', { synchronous: 'FULL' });
      const log = agentLog(db);
      const kept: number[] = [];
      let next = 0;
      for (const { count, inner, fail } of steps) {
        const outerKept: number[] = [];
        const attempt = (fails: boolean, times: number, into: number[], then = () => {}) => {
          const written: number[] = [];
          db.transaction(() => {
            for (let k = 0; k < times; k += 1) {
              log.append(entry(next));
              written.push(next);
              next += 1;
            }
            then();
            if (fails) throw new Error('rolled back');
          })();
          into.push(...written);
        };
        try {
          attempt(fail === 'outer', count, outerKept, () => {
            try {
              attempt(fail === 'inner', inner, outerKept);
            } catch {}
          });
        } catch {
          outerKept.length = 0;
        }
        kept.push(...outerKept.toSorted((a, b) => a - b));
      }
      const bodies = [...log.records()].map(({ body }) => body['at']);
      expect(bodies).toEqual(kept);
      expect(toHex(log.root())).toBe(recomputedRoot(log));
    });
    fc.assert(property, { numRuns: 60 });
  });

  test('two handles on one log, and one after a restart, go on with the same tree', () => {
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    const [a, b] = [agentLog(db), agentLog(db)];
    for (let at = 0; at < 25; at += 1) (at % 3 === 0 ? a : b).append(entry(at));
    const reopened = agentLog(openDatabase(db.serialize(), { synchronous: 'FULL' }));
    reopened.append(entry(25));
    expect([a.size, reopened.size]).toEqual([25, 26]);
    expect(toHex(reopened.root())).toBe(recomputedRoot(reopened));
  });

  test('on a full disk the record is refused, what was there stays, and room lets it go on', () => {
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    const log = agentLog(db);
    const pages = db.pragma('page_count', { simple: true });
    db.pragma(`max_page_count = ${Number(pages) + 20}`);
    const fill = () => {
      for (;;) log.append(entry(log.size, { at: new Uint8Array(2_000) }));
    };
    expect(failureOf(fill)).toMatchObject({ code: 'log_unwritable' });
    const full = log.size;
    expect(full).toBeGreaterThan(5);
    expect(toHex(log.root())).toBe(recomputedRoot(log));
    db.pragma('max_page_count = 100000');
    expect(log.append(entry(full))).toBe(full);
  });

  test('a missing or shortened row is named as damage, not passed over', () => {
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    const log = agentLog(db);
    for (let at = 0; at < 6; at += 1) log.append(entry(at));
    db.exec(
      `UPDATE audit_leaf SET hashes = x'00' WHERE key = (SELECT min(key) + 3 FROM audit_leaf)`,
    );
    expect(failureOf(() => log.root())).toMatchObject({ code: 'log_damaged', seq: 3 });
    db.exec('DELETE FROM audit_leaf WHERE key = (SELECT min(key) + 3 FROM audit_leaf)');
    expect(failureOf(() => log.root())).toMatchObject({ code: 'log_damaged', seq: 3 });
    expect(failureOf(() => [...log.records()])).toMatchObject({ code: 'record_absent', seq: 3 });
  });
});

describe('checkpoints and proofs', () => {
  test('every past size has its checkpoint, the same bytes each time, and a proof from every earlier one', () => {
    const log = memoryLog(20);
    for (let to = 0; to <= 20; to += 1) {
      const head = openCheckpoint(log.checkpoint(to), log.identity, KEYS);
      expect(head).toEqual({ size: to, root: new Uint8Array(log.root(to)) });
      expect(log.checkpoint(to)).toEqual(log.checkpoint(to));
      for (let from = 0; from <= to; from += 1) {
        const claim = { from, fromRoot: log.root(from), to, toRoot: head.root };
        verifyConsistency(claim, log.consistency(from, to));
      }
    }
  });

  test('nothing is said about a size that the log does not have', () => {
    const log = memoryLog(4);
    for (const asked of [5, -1, 1.5]) {
      expect(failureOf(() => log.checkpoint(asked))).toMatchObject({ code: 'size_unknown', asked });
    }
    expect(failureOf(() => log.consistency(4, 3))).toMatchObject({ code: 'size_unknown' });
    expect(failureOf(() => log.inclusion(4))).toMatchObject({ code: 'record_absent' });
  });

  test('a checkpoint holds only under the right key, deployment and site', () => {
    const log = memoryLog(4);
    const other = { ...identityOf('site-1'), anchor: new Uint8Array(32) };
    const refused = { code: 'signature_refused', what: 'checkpoint' };
    const message = log.checkpoint();
    expect(failureOf(() => openCheckpoint(message, other, KEYS))).toMatchObject(refused);
    const foreign = keysOf('site-2');
    expect(failureOf(() => openCheckpoint(message, log.identity, foreign))).toMatchObject(refused);
    const asReceipt = () => openReceipt(message, log.identity, KEYS);
    expect(failureOf(asReceipt)).toMatchObject({ code: 'signature_refused', what: 'receipt' });
    const everySite = { ...KEYS, find: (kid: Uint8Array) => KEYS.find(kid, 'agent', 'site-1') };
    const elsewhere = () => openCheckpoint(message, identityOf('site-2'), everySite);
    expect(failureOf(elsewhere)).toMatchObject({ code: 'origin_foreign' });
  });
});

describe('uploads and receipts', () => {
  test('uploads stay within their bound, follow on each other, and cover every record once', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 60_000 }), { maxLength: 12 });
    const property = fc.property(
      sizes,
      fc.integer({ min: 74_000, max: 190_000 }),
      (lengths, max) => {
        const log = memoryLog();
        for (const length of lengths) log.append(entry(0, { at: new Uint8Array(length) }));
        const sent: Uint8Array[] = [];
        for (let upload = log.pending(max); upload !== null; upload = log.pending(max)) {
          expect(upload.from).toBe(sent.length);
          expect(AuditUpload.encode(upload).length).toBeLessThanOrEqual(max);
          expect(log.pending(max)).toEqual(upload);
          sent.push(...upload.records);
          log.acceptReceipt(receiptFor(log, sent.length), KEYS);
        }
        expect(sent).toHaveLength(lengths.length);
      },
    );
    fc.assert(property, { numRuns: 25 });
  });

  test('the largest record is uploaded under the smallest bound', () => {
    const log = memoryLog();
    const room =
      RECORD_BYTES_MAX -
      encodeRecord({ ...entry(0, { at: new Uint8Array(60_000) }), seq: 0 }).length;
    log.append(entry(0, { at: new Uint8Array(60_000 + room) }));
    expect(log.pending(69_637)?.records).toHaveLength(1);
    expect(() => log.pending(69_636)).toThrow('an upload holds any record');
  });

  test('small records are cut at the number that a message may hold', () => {
    const log = memoryLog(2_050);
    const upload = log.pending(1_000_000);
    expect(upload?.records).toHaveLength(2_048);
  });

  test('only the witness can receipt, only for this log, and only for what it holds', () => {
    const log = memoryLog(10);
    const before = () => expect(log.receiptedSize).toBe(0);
    const head = { size: 4, root: log.root(4) };
    const byAgent = sealReceipt(keyOf('site-1'), log.identity, 0, head);
    expect(failureOf(() => log.acceptReceipt(byAgent, KEYS))).toMatchObject({
      code: 'signature_refused',
    });
    before();
    const elsewhere = sealReceipt(keyOf('witness'), identityOf('site-2'), 0, head);
    expect(failureOf(() => log.acceptReceipt(elsewhere, KEYS))).toMatchObject({
      code: 'signature_refused',
    });
    before();
    const other = receiptFor(log, 4, log.root(5));
    expect(failureOf(() => log.acceptReceipt(other, KEYS))).toMatchObject({
      code: 'log_forked',
      size: 4,
    });
    before();
    const beyond = receiptFor(log, 11, log.root(10));
    expect(failureOf(() => log.acceptReceipt(beyond, KEYS))).toEqual({
      code: 'log_truncated',
      receipted: 11,
      size: 10,
    });
    before();
    log.acceptReceipt(receiptFor(log, 7), KEYS);
    log.acceptReceipt(receiptFor(log, 4), KEYS);
    expect(log.receiptedSize).toBe(7);
  });
});

describe('pruning', () => {
  test('nothing leaves before its receipt', () => {
    const log = memoryLog(10);
    expect(log.prune(0)).toBe(0);
    log.acceptReceipt(receiptFor(log, 6), KEYS);
    expect(log.prune(0)).toBe(6);
    expect([log.first, log.size]).toEqual([6, 10]);
    expect(failureOf(() => log.record(5))).toMatchObject({
      code: 'record_absent',
      seq: 5,
      first: 6,
    });
    expect(log.record(6).seq).toBe(6);
  });

  test('however often it is pruned, a log proves the same as one that never was', () => {
    const step = fc.record({ append: fc.nat(40), receipt: fc.nat(30), keep: fc.nat(20) });
    const property = fc.property(fc.array(step, { minLength: 1, maxLength: 10 }), (steps) => {
      const [log, whole] = [memoryLog(), memoryLog()];
      for (const { append, receipt, keep } of steps) {
        for (let k = 0; k < append; k += 1)
          for (const each of [log, whole]) each.append(entry(each.size));
        const size = Math.min(log.receiptedSize + receipt, log.size);
        log.acceptReceipt(receiptFor(whole, size), KEYS);
        log.prune(keep);
        expect(log.first).toBeLessThanOrEqual(log.receiptedSize);
        for (let to = log.first; to <= log.size; to += 1) {
          expect(toHex(log.root(to))).toBe(toHex(whole.root(to)));
          expect(log.consistency(log.first, to)).toEqual(whole.consistency(log.first, to));
        }
        for (let seq = log.first; seq < log.size; seq += 1) {
          expect(log.inclusion(seq)).toEqual(whole.inclusion(seq));
        }
      }
    });
    fc.assert(property, { numRuns: 20 });
  });

  test('what stays behind of pruned records is one row for each complete subtree', () => {
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    const log = agentLog(db);
    for (let at = 0; at < 1_000; at += 1) log.append(entry(at));
    drain(log, witnessOn());
    for (let keep = 900; keep >= 0; keep -= 150) log.prune(keep);
    log.prune(0);
    const rows = db.prepare('SELECT count(*), count(record) FROM audit_leaf').raw().get();
    expect(rows).toEqual([6, 0]); // 1000 = 0b1111101000
    expect(db.prepare('SELECT count(*) FROM audit_receipt').pluck().get()).toBe(1);
    expect([log.first, log.size, log.append(entry(0))]).toEqual([1_000, 1_000, 1_000]);
  });

  test('an old receipt that comes again is not kept again', () => {
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    const log = agentLog(db);
    for (let at = 0; at < 10; at += 1) log.append(entry(at));
    const [early, late] = [receiptFor(log, 3), receiptFor(log, 8)];
    log.acceptReceipt(early, KEYS);
    log.acceptReceipt(late, KEYS);
    log.prune(0);
    log.acceptReceipt(early, KEYS);
    expect(db.prepare('SELECT size FROM audit_receipt').pluck().all()).toEqual([8]);
  });

  test('one call drops a bounded number', () => {
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    const log = agentLog(db);
    db.transaction(() => {
      for (let at = 0; at < 1_100; at += 1) log.append(entry(at));
    })();
    log.acceptReceipt(receiptFor(log, 1_100), KEYS);
    expect([log.prune(0), log.prune(0), log.prune(0)]).toEqual([1_024, 76, 0]);
  });
});

test('many logs live side by side in one database', () => {
  const db = openDatabase(':memory:', { synchronous: 'FULL' });
  const sites = ['site-1', 'site-2', 'site-3'];
  const logs = sites.map((site) => agentLog(db, site));
  for (let at = 0; at < 60; at += 1) logs[at % 3]?.append(entry(at, { mine: at % 3 }));
  for (const [at, log] of logs.entries()) {
    expect(log.size).toBe(20);
    expect([...log.records()].every(({ body }) => body['mine'] === at)).toBe(true);
    expect(toHex(log.root())).toBe(recomputedRoot(log));
  }
});
