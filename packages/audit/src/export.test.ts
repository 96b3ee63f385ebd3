import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { concatBytes, toHex, utf8 } from '@tieline/kernel';
import { decodeCbor, encodeCbor, leafHash, sha256, TreeFold } from '@tieline/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readChunks } from './adapters/read-chunks.ts';
import type { AuditLog } from './audit-log.ts';
import { openDatabase } from './database.ts';
import { decodeHeader, encodeFrame, encodeHeader, FRAME, readFrames } from './export-format.ts';
import { AuditError } from './failure.ts';
import { sealReceipt } from './statement.ts';
import {
  agentLog,
  drain,
  entry,
  failureOf,
  keyOf,
  keysOf,
  memoryLog,
  witnessOn,
} from './test-support.ts';
import { exportRecords, verifyExport } from './verify-export.ts';

const KEYS = keysOf('site-1', 'site-2');

const bytesOf = (chunks: Iterable<Uint8Array>): Uint8Array => concatBytes(...chunks);

/** A log receipted at its first two sizes and grown to the third. */
function receiptedLog(site = 'site-1', text = 'same', sizes = [8, 14, 20]): AuditLog {
  const log = memoryLog(0, site);
  const witness = witnessOn();
  for (const size of sizes) {
    while (log.size < size) log.append(entry(log.size, { site, text, at: log.size }));
    if (size !== sizes.at(-1)) drain(log, witness);
  }
  return log;
}

/** 20 records, receipted at 14 alone. */
const receiptedOnce = (text: string): AuditLog => receiptedLog('site-1', text, [14, 20]);

interface Part {
  readonly kind: number;
  readonly content: Uint8Array;
}
const partsOf = (bytes: Uint8Array): Part[] =>
  [...readFrames([bytes])].map(({ kind, content }) => ({
    kind,
    content: Uint8Array.from(content),
  }));
const joined = (parts: readonly Part[]): Uint8Array =>
  concatBytes(...parts.map(({ kind, content }) => encodeFrame(kind as 0 | 1 | 2 | 3, content)));
/** The export with some of its parts changed. */
const rearranged = (bytes: Uint8Array, change: (parts: Part[]) => Part[]): Uint8Array =>
  joined(change(partsOf(bytes)));
const codeOf = (bytes: Uint8Array, keys = KEYS): string =>
  failureOf(() => verifyExport(bytes, keys)).code;

describe('what was logged is what is exported', () => {
  test("from an agent's database, with all receipts, up to its present size", () => {
    const log = receiptedLog();
    const bytes = bytesOf(log.export());
    expect(verifyExport(bytes, KEYS)).toEqual({
      deployment: 'demo',
      site: 'site-1',
      first: 0,
      size: 20,
      root: log.root(),
      receipts: 2,
      receiptedSize: 14,
    });
    expect([...exportRecords(bytes)]).toEqual([...log.records()]);
  });

  test("from a witness's database, up to what it holds", () => {
    const [log, witness] = [memoryLog(7), witnessOn()];
    drain(log, witness);
    for (let at = 7; at < 30; at += 1) log.append(entry(at));
    drain(log, witness);
    const bytes = bytesOf(witness.export('site-1') ?? []);
    expect(verifyExport(bytes, KEYS)).toMatchObject({ size: 30, receipts: 2, receiptedSize: 30 });
    expect([...exportRecords(bytes)]).toEqual([...log.records()]);
    expect(toHex(bytes)).toBe(toHex(bytesOf(log.export())));
  });

  test('what arrives while it is being read is not in it, and does not spoil it', () => {
    const [log, witness] = [memoryLog(7), witnessOn()];
    drain(log, witness);
    const chunks = witness.export('site-1') ?? [];
    for (let at = 7; at < 30; at += 1) log.append(entry(at));
    drain(log, witness);
    expect(verifyExport(bytesOf(chunks), KEYS)).toMatchObject({ size: 7, receiptedSize: 7 });
  });

  test('of any shape, pruned or not, cut into any chunks', () => {
    const step = fc.record({ append: fc.nat(25), drain: fc.boolean(), keep: fc.nat(30) });
    const chunk = fc.integer({ min: 1, max: 700 });
    const property = fc.property(fc.array(step, { maxLength: 6 }), chunk, (steps, size) => {
      const [log, witness] = [memoryLog(), witnessOn()];
      for (const { append, drain: drained, keep } of steps) {
        for (let k = 0; k < append; k += 1) log.append(entry(log.size));
        if (drained) drain(log, witness);
        log.prune(keep);
      }
      const bytes = bytesOf(log.export());
      const report = verifyExport(chunked(bytes, size), KEYS, { acceptPruned: true });
      expect(report).toMatchObject({ first: log.first, size: log.size });
      expect(report.receiptedSize).toBe(log.receiptedSize);
      expect([...exportRecords(chunked(bytes, size))]).toEqual([...log.records()]);
    });
    fc.assert(property, { numRuns: 40 });
  });

  test('from a file, read in chunks', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tieline-export-'));
    const path = join(folder, 'site-1.tlaudit');
    writeFileSync(path, bytesOf(receiptedLog().export()));
    expect(verifyExport(readChunks(path), KEYS).size).toBe(20);
    rmSync(folder, { recursive: true });
  });

  test('a log that has lost a record inside is not exported', () => {
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    const damaged = agentLog(db);
    for (let at = 0; at < 9; at += 1) damaged.append(entry(at));
    db.exec('UPDATE audit_leaf SET record = NULL WHERE key % 8 = 5');
    expect(() => bytesOf(damaged.export())).toThrow('a log has every record');
  });
});

describe('what was tampered with is refused', () => {
  const whole = bytesOf(receiptedLog().export());

  test('every single byte, with one of its bits flipped, and every cut of the file', () => {
    const small = bytesOf(receiptedLog('site-1', 'same', [2, 4, 5]).export());
    expect(verifyExport(small, KEYS).receipts).toBe(2);
    for (let at = 0; at < small.length; at += 1) {
      const flipped = small.with(at, (small[at] ?? 0) ^ (1 << (at % 8)));
      expect(() => verifyExport(flipped, KEYS), `byte ${at}`).toThrow(AuditError);
      expect(() => verifyExport(small.subarray(0, at), KEYS), `cut at ${at}`).toThrow(AuditError);
    }
  });

  test('any byte dropped, put in, or replaced, in every kind of frame', () => {
    const frames = [...readFrames([whole])];
    const place = fc.tuple(fc.nat(), fc.nat()).map(([which, within]) => {
      const frame = frames[which % frames.length];
      const next = frames[(which % frames.length) + 1]?.offset ?? whole.length;
      return (frame?.offset ?? 0) + (within % (next - (frame?.offset ?? 0)));
    });
    const edit = fc.constantFrom('drop', 'insert', 'replace');
    const property = fc.property(place, edit, fc.integer({ min: 0, max: 255 }), (at, how, byte) => {
      fc.pre(how !== 'replace' || whole[at] !== byte);
      const put = how === 'drop' ? [] : [byte];
      const rest = whole.subarray(how === 'insert' ? at : at + 1);
      const edited = concatBytes(whole.subarray(0, at), Uint8Array.from(put), rest);
      expect(() => verifyExport(edited, KEYS)).toThrow(AuditError);
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  test('any frame left out, doubled, or exchanged for another', () => {
    const count = partsOf(whole).length;
    for (let at = 0; at < count; at += 1) {
      const without = rearranged(whole, (parts) => parts.toSpliced(at, 1));
      expect(() => verifyExport(without, KEYS), `without ${at}`).toThrow(AuditError);
      const doubled = rearranged(whole, (parts) =>
        parts.flatMap((p, k) => (k === at ? [p, p] : [p])),
      );
      expect(() => verifyExport(doubled, KEYS), `twice ${at}`).toThrow(AuditError);
      for (let other = at + 1; other < count; other += 1) {
        const swapped = rearranged(whole, (parts) => {
          const [one, two] = [parts[at], parts[other]];
          return one && two ? parts.with(at, two).with(other, one) : parts;
        });
        expect(() => verifyExport(swapped, KEYS), `${at} and ${other}`).toThrow(AuditError);
      }
    }
  });

  test('a missing record in the middle is named', () => {
    const bytes = rearranged(whole, (parts) => parts.toSpliced(6, 1));
    expect(failureOf(() => verifyExport(bytes, KEYS))).toMatchObject({ code: 'record_malformed' });
  });

  test('a cut tail, under an older checkpoint of the right key, is betrayed by the receipt', () => {
    const log = receiptedLog();
    const cut = rearranged(bytesOf(log.export()), (parts) => {
      const kept = parts.filter(({ kind }) => kind === FRAME.record).slice(0, 10);
      const [header, , newest] = parts;
      const checkpoint = { kind: FRAME.checkpoint, content: log.checkpoint(10) };
      return header && newest ? [header, checkpoint, newest, ...kept] : [];
    });
    expect(failureOf(() => verifyExport(cut, KEYS))).toEqual({
      code: 'log_truncated',
      receipted: 14,
      size: 10,
    });
  });

  test('an agent that rewrites what was receipted, with its own key, is found out', () => {
    const [honest, rewritten] = [receiptedLog(), receiptedLog('site-1', 'other')];
    const receipts = partsOf(bytesOf(honest.export())).filter(({ kind }) => kind === FRAME.receipt);
    const forged = rearranged(bytesOf(rewritten.export()), (parts) => {
      let next = 0;
      return parts.map((part) => {
        if (part.kind !== FRAME.receipt) return part;
        next += 1;
        return receipts[next - 1] ?? part;
      });
    });
    expect(failureOf(() => verifyExport(forged, KEYS))).toEqual({
      code: 'root_contradicted',
      by: 'receipt',
      size: 8,
    });
  });

  test('an only receipt is enough to find that out, also when all that it covers was pruned', () => {
    for (const keep of [20, 6]) {
      const [honest, rewritten] = [receiptedOnce('same'), receiptedOnce('other')];
      rewritten.prune(keep);
      const receipt = partsOf(bytesOf(honest.export()))[2];
      const forged = rearranged(bytesOf(rewritten.export()), (parts) =>
        receipt === undefined ? [] : parts.with(2, receipt),
      );
      const accepted = { acceptPruned: true };
      expect(failureOf(() => verifyExport(forged, KEYS, accepted))).toEqual({
        code: 'root_contradicted',
        by: 'receipt',
        size: 14,
      });
    }
  });

  test('each fault is named for what it is', () => {
    const cut = rearranged(whole, (parts) => parts.slice(0, -1));
    expect(failureOf(() => verifyExport(cut, KEYS))).toEqual({
      code: 'export_cut',
      size: 20,
      found: 19,
    });
    const moved = rearranged(whole, (parts) => {
      const at = parts.findLastIndex(({ kind }) => kind === FRAME.receipt);
      const receipt = parts[at];
      return receipt ? parts.toSpliced(at, 1).toSpliced(at + 1, 0, receipt) : parts;
    });
    expect(codeOf(moved)).toBe('export_malformed');
    const [header = { kind: 0, content: new Uint8Array(0) }] = partsOf(whole);
    const length = header.content.length;
    const longer = Uint8Array.of(0x82, 0, 0x5a, 0, 0, length >> 8, length & 0xff);
    const respelt = concatBytes(longer, header.content, joined(partsOf(whole).slice(1)));
    expect(codeOf(respelt)).toBe('export_malformed');
  });

  test.each([
    ['of two sites', receiptedLog('site-2'), 1],
    // Two histories of one site begin with the same header.
    ['of two histories of one site', receiptedLog('site-1', 'other'), 2],
  ])('two logs spliced, %s, at any frame', (_, log, from) => {
    const [one, other] = [partsOf(whole), partsOf(bytesOf(log.export()))];
    for (let at = from; at < one.length; at += 1) {
      const spliced = joined([...one.slice(0, at), ...other.slice(at)]);
      expect(() => verifyExport(spliced, KEYS), `at ${at}`).toThrow(AuditError);
    }
  });

  test('a header that leaves out records which no receipt covers', () => {
    const log = memoryLog(6);
    const bytes = rearranged(bytesOf(log.export()), (parts) => {
      const [header, ...rest] = parts;
      if (header === undefined) return [];
      const told = decodeHeader({ kind: 0, content: header.content, offset: 0 });
      const first = { ...told, first: 2, frontier: [log.root(2)] };
      const [content] = partsOf(encodeHeader(first));
      return content ? [content, ...rest.toSpliced(1, 2)] : [];
    });
    const finding = failureOf(() => verifyExport(bytes, KEYS, { acceptPruned: true }));
    expect(finding.code).toBe('export_malformed');
  });

  test('the oldest records left out, by anybody and without a trace, where nobody said that they may be', () => {
    const stripped = rearranged(whole, ([header, checkpoint, newest, ...rest]) => {
      if (!header || !checkpoint || !newest) return [];
      const records = rest.filter(({ kind }) => kind === FRAME.record);
      const fold = new TreeFold();
      for (const { content } of records.slice(0, 14)) fold.append(leafHash(content));
      const told = decodeHeader({ kind: 0, content: header.content, offset: 0 });
      const later = { ...told, first: 14, frontier: [...fold.frontier], receipts: 1 };
      const content = encodeCbor(later);
      return [{ kind: FRAME.header, content }, checkpoint, newest, ...records.slice(14)];
    });
    expect(failureOf(() => verifyExport(stripped, KEYS))).toEqual({
      code: 'export_pruned',
      first: 14,
    });
    expect(verifyExport(stripped, KEYS, { acceptPruned: true })).toMatchObject({ first: 14 });
  });

  test('a witness holds all: what it exports begins at 0, whatever the agent has pruned', () => {
    const [log, witness] = [memoryLog(30), witnessOn()];
    drain(log, witness);
    expect(log.prune(5)).toBe(25);
    log.append(entry(30));
    drain(log, witness);
    expect(verifyExport(bytesOf(witness.export('site-1') ?? []), KEYS)).toMatchObject({
      first: 0,
      size: 31,
    });
  });

  test.each([
    ['first', -1],
    ['first', 3],
    ['first', 2 ** 60],
    ['frontier', [new Uint8Array(31)]],
    ['frontier', [new Uint8Array(32)]],
    ['receipts', -1],
    ['receipts', 3],
    ['site', 'Site 1'],
    ['site', ''],
    ['schema', 'tieline.audit/2'],
    ['more', 1],
  ])('a header whose %s is %s', (name, value) => {
    const bytes = rearranged(whole, ([header, ...rest]) => {
      const told = { ...Object(decodeCbor(header?.content ?? new Uint8Array(0))), [name]: value };
      return [{ kind: FRAME.header, content: encodeCbor(told) }, ...rest];
    });
    expect(() => verifyExport(bytes, KEYS)).toThrow(AuditError);
  });

  test('receipts of another key, and keys of another deployment, prove nothing', () => {
    const log = memoryLog(6);
    const forged = rearranged(bytesOf(receiptedLog().export()), (parts) =>
      parts.map((part) =>
        part.kind === FRAME.receipt
          ? { ...part, content: sealReceipt(keyOf('site-2'), log.identity, 0, headOf(log)) }
          : part,
      ),
    );
    expect(codeOf(forged)).toBe('signature_refused');
    expect(codeOf(whole, { ...KEYS, anchor: sha256(utf8('another')) })).toBe('origin_foreign');
    expect(codeOf(whole, { ...KEYS, deployment: 'other' })).toBe('origin_foreign');
    expect(codeOf(whole, keysOf('site-2'))).toBe('signature_refused');
  });

  test('any other bytes at all', () => {
    const property = fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      expect(() => verifyExport(bytes, KEYS)).toThrow(AuditError);
    });
    fc.assert(property, { numRuns: 500 });
  });
});

test('a log of many records is checked without holding it', () => {
  const log = memoryLog();
  let biggest = 0;
  const body = { at: new Uint8Array(30_000) };
  for (let at = 0; at < 300; at += 1) log.append(entry(at, body));
  function* measured(): Generator<Uint8Array> {
    for (const chunk of log.export()) {
      biggest = Math.max(biggest, chunk.length);
      yield chunk;
    }
  }
  expect(verifyExport(measured(), KEYS).size).toBe(300);
  expect(biggest).toBeLessThan(31_000);
});

const headOf = (log: AuditLog) => ({ size: log.size, root: log.root() });

function* chunked(bytes: Uint8Array, size: number): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}
