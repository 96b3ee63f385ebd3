import { concatBytes, equalBytes } from '@tieline/kernel';
import type { AuditUpload } from '@tieline/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { AuditLog } from './audit-log.ts';
import { openDatabase } from './database.ts';
import { openReceipt } from './statement.ts';
import {
  agentLog,
  drain,
  entry,
  failureOf,
  keysOf,
  memoryLog,
  stillClock,
  witnessOn,
} from './test-support.ts';
import { verifyExport } from './verify-export.ts';

const KEYS = keysOf('site-1', 'site-2');
const UPLOAD_BYTES = 80_000;

function pendingOf(log: AuditLog, bytesMax = UPLOAD_BYTES): AuditUpload {
  const upload = log.pending(bytesMax);
  if (upload === null) throw new Error('nothing is pending');
  return upload;
}

/** An upload of records [from, to), whatever was receipted. */
function uploadOf(log: AuditLog, from: number, to: number): AuditUpload {
  const whole = pendingOf(log, 1_000_000);
  return {
    from,
    records: whole.records.slice(from - whole.from, to - whole.from),
    checkpoint: log.checkpoint(to),
    consistency: log.consistency(from, to),
  };
}

describe('ingest', () => {
  test('what the agent logged is what the witness holds, and it signs for exactly that', () => {
    const [log, witness] = [memoryLog(300), witnessOn()];
    drain(log, witness);
    expect(witness.size('site-1')).toBe(300);
    expect([...witness.records('site-1')]).toEqual([...log.records()]);
    const receipt = witness.lastReceipt('site-1') ?? new Uint8Array(0);
    expect(openReceipt(receipt, log.identity, KEYS)).toEqual({ size: 300, root: log.root() });
    expect(log.receiptedSize).toBe(300);
  });

  test('an upload that repeats gets the same receipt, also after a restart, and stores nothing', () => {
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    const [log, witness] = [memoryLog(30), witnessOn(db)];
    const upload = pendingOf(log);
    const receipt = witness.ingest('site-1', upload, KEYS);
    const before = db.serialize();
    expect(witness.ingest('site-1', upload, KEYS)).toEqual(receipt);
    const laterClock = { ...stillClock, wallMs: () => stillClock.wallMs() + 86_400_000 };
    expect(witnessOn(db, laterClock).ingest('site-1', upload, KEYS)).toEqual(receipt);
    expect(equalBytes(db.serialize(), before)).toBe(true);
  });

  test('when a receipt was lost, the next upload overlaps, and is taken whole', () => {
    const [log, witness] = [memoryLog(30), witnessOn()];
    witness.ingest('site-1', pendingOf(log), KEYS);
    for (let at = 30; at < 50; at += 1) log.append(entry(at));
    drain(log, witness);
    expect([witness.size('site-1'), log.receiptedSize]).toEqual([50, 50]);
  });

  test('however uploads are cut, repeated and interrupted, the witness ends with the log', () => {
    const step = fc.record({
      append: fc.nat(30),
      from: fc.nat(),
      to: fc.nat(),
      crash: fc.boolean(),
    });
    const property = fc.property(fc.array(step, { minLength: 1, maxLength: 8 }), (steps) => {
      let db = openDatabase(':memory:', { synchronous: 'FULL' });
      const log = memoryLog(1);
      for (const { append, from, to, crash } of steps) {
        for (let k = 0; k < append; k += 1) log.append(entry(log.size));
        const witness = witnessOn(db);
        const start = from % (witness.size('site-1') + 1);
        const end = start + 1 + (to % Math.max(1, log.size - start));
        if (end > log.size) continue;
        const saved = db.serialize();
        const receipt = witness.ingest('site-1', uploadOf(log, start, end), KEYS);
        expect(openReceipt(receipt, log.identity, KEYS).size).toBeGreaterThanOrEqual(end);
        if (crash) db = openDatabase(saved, { synchronous: 'FULL' });
      }
      const witness = witnessOn(db);
      drain(log, witness);
      expect([...witness.records('site-1')]).toEqual([...log.records()]);
    });
    fc.assert(property, { numRuns: 40 });
  });

  test('a first upload that is refused leaves nothing behind, and the next site is not confused by it', () => {
    const witness = witnessOn();
    const bad = {
      ...pendingOf(memoryLog(5)),
      records: pendingOf(memoryLog(5)).records.toReversed(),
    };
    expect(() => witness.ingest('site-1', bad, KEYS)).toThrow();
    const [one, two] = [memoryLog(3, 'site-1'), memoryLog(4, 'site-2')];
    drain(two, witness);
    drain(one, witness);
    expect([witness.size('site-1'), witness.size('site-2')]).toEqual([3, 4]);
    expect([...witness.records('site-2')]).toEqual([...two.records()]);
  });

  test('asking about an unknown site leaves no trace', () => {
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    const witness = witnessOn(db);
    expect([witness.size('nobody'), witness.lastReceipt('nobody')]).toEqual([0, null]);
    expect([witness.export('nobody'), [...witness.records('nobody')]]).toEqual([null, []]);
    expect(db.prepare('SELECT count(*) FROM audit_log').pluck().get()).toBe(0);
  });
});

describe('what is refused, without anything stored', () => {
  function refusal(change: (upload: AuditUpload, log: AuditLog) => AuditUpload, site = 'site-1') {
    const [log, witness] = [memoryLog(20), witnessOn()];
    witness.ingest('site-1', uploadOf(log, 0, 10), KEYS);
    const upload = change(uploadOf(log, 10, 20), log);
    const failure = failureOf(() => witness.ingest(site, upload, KEYS));
    expect([witness.size('site-1'), witness.size('site-2')]).toEqual([10, 0]);
    return failure;
  }

  test('a gap', () => {
    expect(refusal((_, log) => uploadOf(log, 12, 20))).toEqual({
      code: 'upload_gap',
      from: 12,
      size: 10,
    });
  });

  test('a checkpoint that the agent did not sign', () => {
    const spoilt = (upload: AuditUpload) => ({
      ...upload,
      checkpoint: upload.checkpoint.with(-1, (upload.checkpoint.at(-1) ?? 0) ^ 1),
    });
    expect(refusal(spoilt)).toMatchObject({ code: 'signature_refused' });
    expect(refusal((upload) => upload, 'site-2')).toMatchObject({ code: 'signature_refused' });
  });

  test.each<[string, (upload: AuditUpload) => AuditUpload]>([
    ['a record more', (upload) => ({ ...upload, records: [...upload.records, new Uint8Array(3)] })],
    ['a record less', (upload) => ({ ...upload, records: upload.records.slice(1) })],
    ['no record', (upload) => ({ ...upload, records: [], from: 20 })],
    ['a proof of nothing', (upload) => ({ ...upload, consistency: upload.consistency.slice(1) })],
    ['no proof', (upload) => ({ ...upload, consistency: [] })],
  ])('records, checkpoint and proof that do not fit: %s', (_, change) => {
    expect(refusal(change)).toMatchObject({ code: 'upload_inconsistent' });
  });

  test('records in another order than they were signed', () => {
    const swap = (upload: AuditUpload) => ({ ...upload, records: upload.records.toReversed() });
    expect(refusal(swap)).toMatchObject({ code: 'record_malformed', seq: 10 });
  });

  test('a record that was edited after it was signed for', () => {
    const edit = (upload: AuditUpload) => {
      const records = uploadOf(memoryLogWith(20, 15), 10, 20).records;
      return { ...upload, records };
    };
    expect(refusal(edit)).toMatchObject({ code: 'upload_inconsistent' });
  });

  test('another history, rightly signed: from an earlier record, from a later one, or shorter', () => {
    const forked = memoryLogWith(20, 4);
    expect(refusal(() => uploadOf(forked, 10, 20))).toMatchObject({ code: 'log_forked' });
    expect(refusal(() => uploadOf(forked, 0, 20))).toMatchObject({ code: 'log_forked', size: 4 });
    expect(refusal(() => uploadOf(forked, 0, 8))).toMatchObject({ code: 'log_forked', size: 8 });
    expect(refusal(() => uploadOf(forked, 10, 11))).toMatchObject({ code: 'log_forked' });
  });
});

describe('a birth', () => {
  test('that knows at least what was signed for is no alarm', () => {
    const [log, witness] = [memoryLog(20), witnessOn()];
    witness.checkBirth('site-1', { size: log.size, root: log.root() });
    drain(log, witness);
    witness.checkBirth('site-1', { size: log.size, root: log.root() });
    log.append(entry(20));
    witness.checkBirth('site-1', { size: log.size, root: log.root() });
  });

  test('that knows less comes from a restored disk', () => {
    const [log, witness] = [memoryLog(20), witnessOn()];
    drain(log, witness);
    const birth = { size: 15, root: log.root(15) };
    expect(failureOf(() => witness.checkBirth('site-1', birth))).toEqual({
      code: 'log_truncated',
      receipted: 20,
      size: 15,
    });
  });

  test('that knows something else is a fork', () => {
    const [log, witness] = [memoryLog(20), witnessOn()];
    drain(log, witness);
    for (const size of [15, 20]) {
      const birth = { size, root: memoryLogWith(20, 4).root(size) };
      expect(failureOf(() => witness.checkBirth('site-1', birth))).toMatchObject({
        code: 'log_forked',
        size,
      });
    }
  });
});

test('a closed log is kept and can be exported; the next upload begins another, which is witnessed like the first', () => {
  const db = openDatabase(':memory:', { synchronous: 'FULL' });
  const [old, witness] = [memoryLog(20), witnessOn(db)];
  expect(witness.close('site-1')).toBe(0);
  drain(old, witness);
  const before = concatBytes(...(witness.export('site-1') ?? []));
  expect(witness.close('site-1')).toBe(1);
  expect([witness.size('site-1'), witness.lastReceipt('site-1')]).toEqual([0, null]);

  const replaced = memoryLogWith(7, 3);
  witness.checkBirth('site-1', { size: replaced.size, root: replaced.root() });
  drain(replaced, witness);
  expect(
    failureOf(() => witness.ingest('site-1', uploadOf(memoryLog(20), 0, 20), KEYS)),
  ).toMatchObject({
    code: 'log_forked',
  });
  const again = witnessOn(db);
  expect([...again.records('site-1')]).toEqual([...replaced.records()]);
  expect(concatBytes(...(again.export('site-1', 1) ?? []))).toEqual(before);
  expect(verifyExport(before, KEYS)).toMatchObject({ size: 20, receiptedSize: 20 });
  expect(again.export('site-1', 2)).toBeNull();
  expect(again.close('site-1')).toBe(2);
});

test('a disk restored from an old copy and written on is found out by its next upload', () => {
  const db = openDatabase(':memory:', { synchronous: 'FULL' });
  const [log, witness] = [agentLog(db), witnessOn()];
  for (let at = 0; at < 10; at += 1) log.append(entry(at));
  drain(log, witness);
  const copy = db.serialize();
  for (let at = 10; at < 20; at += 1) log.append(entry(at));
  drain(log, witness);
  const restored = agentLog(openDatabase(copy, { synchronous: 'FULL' }));
  for (let at = 10; at < 40; at += 1) restored.append(entry(at, { other: at }));
  expect(failureOf(() => drain(restored, witness))).toMatchObject({ code: 'log_forked', size: 10 });
});

/** The log of `memoryLog(count)`, but for one record. */
function memoryLogWith(count: number, changed: number): AuditLog {
  const log = memoryLog();
  for (let at = 0; at < count; at += 1) log.append(entry(at, { at: at === changed ? -1 : at }));
  return log;
}
