import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEntry, AuditLog, type Database, openDatabase } from '@tieline/audit';
import { encodeCbor, nodeSigner, sha256 } from '@tieline/protocol';
import type { Bench } from './row.ts';

const RECORDS = 30_000;
const IN_ONE_TRANSACTION = 10;
/** The two sides take turns this often: the disk has moods, and both must meet the same ones. */
const RECORDS_A_TURN = 500;

/** Appends a decision with its inputs, as an agent does once a minute and at each change. */
const entry = (at: number): AuditEntry => ({
  wallMs: 1_772_323_200_000 + at * 1_000,
  monotonicMs: at * 1_000.25,
  clock: 'trusted',
  actor: 'agent',
  kind: 'cycle',
  subject: 'site-1',
  body: {
    count: 60,
    inputs: { importKw: 231.4, loadKw: 287.9, pvKw: 56.5, stateOfCharge: 0.613, voltagePu: 0.98 },
    forecastKw: 244.7,
    decision: { asset: 'battery-1', activePowerKw: 31.25, why: 'peak' },
  },
  digests: { policy: sha256(Uint8Array.of(1)), model: sha256(Uint8Array.of(2)) },
});

export const auditBench: Bench = {
  name: 'audit append with tree, in tens',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'tieline-bench-audit-'));
    const entries = Array.from({ length: RECORDS }, (_, at) => entry(at));
    // Ready made: shape check, encoding and hashing are all the log's own cost.
    const rows = entries.map((each, seq) => encodeCbor({ ...each, seq }));
    const plain = plainTable(join(folder, 'plain.sqlite'), rows);
    const log = auditLog(join(folder, 'log.sqlite'), entries);
    for (let from = 0; from < RECORDS; from += RECORDS_A_TURN) {
      for (const side of [plain, log]) side.take(from, from + RECORDS_A_TURN);
    }
    const [value, baselineValue] = [log.close(), plain.close()];
    rmSync(folder, { recursive: true });
    const figure = 'audit append with tree, in tens, synced';
    const baseline = 'the same encoded rows inserted plainly, in tens, synced';
    const ratio = value / baselineValue;
    return [{ figure, unit: 'records/s', value, baseline, baselineValue, ratio, aim: '≥ 0.4 ×' }];
  },
};

function plainTable(path: string, rows: readonly Uint8Array[]) {
  const db = openDatabase(path, { synchronous: 'FULL' });
  db.exec('CREATE TABLE plain (seq INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT');
  const insert = db.prepare('INSERT INTO plain VALUES (?, ?)');
  return timed(db, (at) => insert.run(at, rows[at]));
}

function auditLog(path: string, entries: readonly AuditEntry[]) {
  const db = openDatabase(path, { synchronous: 'FULL' });
  const identity = { anchor: sha256(Uint8Array.of(0)), deployment: 'bench', site: 'site-1' };
  const key = { principal: 'site-1', signer: nodeSigner(sha256(Uint8Array.of(3))) };
  const log = new AuditLog({ db, identity, key });
  return timed(db, (at) => {
    const next = entries[at];
    if (next !== undefined) log.append(next);
  });
}

function timed(db: Database, write: (at: number) => void) {
  let tookMs = 0;
  const ten = db.transaction((from: number) => {
    for (let at = from; at < from + IN_ONE_TRANSACTION; at += 1) write(at);
  });
  return {
    take(from: number, to: number): void {
      const startedMs = performance.now();
      for (let at = from; at < to; at += IN_ONE_TRANSACTION) ten(at);
      tookMs += performance.now() - startedMs;
    },
    /** @returns rows a second */
    close(): number {
      db.close();
      return (RECORDS / tookMs) * 1_000;
    },
  };
}
