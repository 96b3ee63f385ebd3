import { spawn } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { concatBytes, seededRng } from '@tieline/kernel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Database, openDatabase } from './database.ts';
import { agentLog, drain, entry, keysOf, witnessOn } from './test-support.ts';
import { verifyExport } from './verify-export.ts';

const CHILD = fileURLToPath(new URL('./crash-child.ts', import.meta.url));
const KEYS = keysOf('site-1');
const [LANES, KILLS_A_LANE] = [2, 10];

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieline-crash-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** That the log proves itself and agrees with the journal that was written in the same transactions. */
function assertWhole(db: Database): { size: number; receiptedSize: number } {
  const log = agentLog(db);
  // The agent has dropped what the witness holds; that is no loss here.
  const report = verifyExport(concatBytes(...log.export()), KEYS, { acceptPruned: true });
  expect(report).toMatchObject({ size: log.size, receiptedSize: log.receiptedSize });
  const journal = db.prepare('SELECT count(*), coalesce(max(seq), -1) FROM journal').raw().get();
  expect(journal).toEqual([log.size, log.size - 1]);
  return report;
}

/** Runs the child until it has told of `lines` commits, and kills it while it goes on. */
async function killedAfter(lines: number, paths: readonly string[]): Promise<string> {
  const child = spawn(process.execPath, ['--no-warnings', CHILD, ...paths]);
  let told = '';
  let complaint = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    told += text;
    if (told.split('\n').length > lines) child.kill('SIGKILL');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    complaint += text;
  });
  const signal = await new Promise((done) => child.on('close', (_, by) => done(by)));
  expect(signal, complaint).toBe('SIGKILL');
  return told;
}

/** One agent, killed and started again, over and over. */
async function lane(name: string): Promise<void> {
  const paths = [join(folder, `${name}.sqlite`), join(folder, `${name}-witness.sqlite`)] as const;
  const random = seededRng(11).stream(name);
  for (let kill = 0; kill < KILLS_A_LANE; kill += 1) {
    const told = (await killedAfter(1 + random.below(40), paths)).split('\n').slice(0, -1);
    const acknowledged = (what: string): number =>
      Number(told.findLast((line) => line.startsWith(what))?.split(' ')[1] ?? 0);
    const db = openDatabase(paths[0], { synchronous: 'FULL' });
    const { size, receiptedSize } = assertWhole(db);
    expect(size).toBeGreaterThanOrEqual(acknowledged('appended'));
    expect(receiptedSize).toBeGreaterThanOrEqual(acknowledged('receipted'));
    db.close();
  }
  const db = openDatabase(paths[0], { synchronous: 'FULL' });
  const witnessDb = openDatabase(paths[1], { synchronous: 'FULL' });
  const [log, witness] = [agentLog(db), witnessOn(witnessDb)];
  drain(log, witness);
  expect([...witness.records('site-1', log.first)]).toEqual([...log.records()]);
  expect(log.size).toBeGreaterThan(200);
  db.close();
  witnessDb.close();
}

test('killed at 20 random moments, an agent keeps all it acknowledged, and its log proves itself', async () => {
  await Promise.all(Array.from({ length: LANES }, (_, at) => lane(`lane-${at}`)));
}, 60_000);

test('a write-ahead log torn at any byte leaves a whole log of earlier commits', () => {
  const path = join(folder, 'agent.sqlite');
  const db = openDatabase(path, { synchronous: 'FULL' });
  db.exec('CREATE TABLE journal (seq INTEGER PRIMARY KEY) STRICT');
  const log = agentLog(db);
  db.pragma('wal_checkpoint(TRUNCATE)');
  const journal = db.prepare('INSERT INTO journal VALUES (?)');
  const commits = new Set([0]);
  for (let round = 0; round < 30; round += 1) {
    db.transaction(() => {
      for (let k = 0; k <= round % 7; k += 1) journal.run(log.append(entry(round)));
    })();
    commits.add(log.size);
  }
  const torn = join(folder, 'torn.sqlite');
  copyFileSync(path, torn);
  const wal = readFileSync(`${path}-wal`);
  db.close();
  const base = readFileSync(torn);
  const random = seededRng(5).stream('tears');
  const sizes = new Set<number>();
  for (let tear = 0; tear < 60; tear += 1) {
    writeFileSync(torn, base);
    writeFileSync(`${torn}-wal`, wal.subarray(0, random.below(wal.length + 1)));
    const reopened = openDatabase(torn, { synchronous: 'FULL' });
    const { size } = assertWhole(reopened);
    expect(commits).toContain(size);
    sizes.add(size);
    reopened.close();
  }
  expect(sizes.size).toBeGreaterThan(10);
});
