import { fstatSync, mkdtempSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ANONYMOUS_FILE, migrate, openDatabase } from './database.ts';
import { failureOf } from './test-support.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieline-database-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a file is opened so that what is committed survives loss of power', () => {
  const db = openDatabase(join(folder, 'agent.sqlite'), { synchronous: 'FULL' });
  expect(db.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(db.pragma('synchronous', { simple: true })).toBe(2);
  db.close();
});

test('what is not a database is refused by name', () => {
  const path = join(folder, 'notes.txt');
  writeFileSync(path, 'no database at all, but longer than the header of one is: '.repeat(20));
  const failure = failureOf(() => openDatabase(path, { synchronous: 'FULL' }));
  expect(failure).toMatchObject({ code: 'database_unreadable', path });
});

test('a database goes on from the bytes of another', () => {
  const before = openDatabase(':memory:', { synchronous: 'FULL' });
  before.exec('CREATE TABLE kept (value INTEGER) STRICT');
  before.exec('INSERT INTO kept VALUES (7)');
  const after = openDatabase(before.serialize(), { synchronous: 'FULL' });
  expect(after.prepare('SELECT value FROM kept').pluck().get()).toBe(7);
});

test('what is written to an anonymous file and undone is undone, and what is kept is read again', () => {
  const db = openDatabase(ANONYMOUS_FILE, { synchronous: 'FULL' });
  db.exec('CREATE TABLE kept (value BLOB NOT NULL) STRICT');
  const insert = db.prepare<[Uint8Array]>('INSERT INTO kept VALUES (?)');
  const write = db.transaction((byte: number) => {
    for (let row = 0; row < 300; row += 1) insert.run(new Uint8Array(10_000).fill(byte));
    if (byte === 2) throw new Error('undone');
  });
  write(1);
  expect(() => write(2)).toThrow('undone');
  const values = db.prepare<[], Buffer>('SELECT value FROM kept').pluck().all();
  expect(values).toHaveLength(300);
  expect(values.every((value) => value.every((byte) => byte === 1))).toBe(true);
  const after = openDatabase(db.serialize(), { synchronous: 'FULL' });
  expect(after.prepare('SELECT count(*) FROM kept').pluck().get()).toBe(300);
  db.close();
});

test.runIf(process.platform === 'linux')(
  'an anonymous file lies on the disk without a name, until it is closed',
  () => {
    // Of this process, files that nothing names any more.
    const bytes = (): number =>
      readdirSync('/proc/self/fd')
        .filter((fd) => linkOf(fd).endsWith(' (deleted)'))
        .reduce((sum, fd) => sum + fstatSync(Number(fd)).size, 0);
    const before = bytes();
    const db = openDatabase(ANONYMOUS_FILE, { synchronous: 'FULL' });
    db.exec('CREATE TABLE kept (value BLOB NOT NULL) STRICT');
    db.prepare('INSERT INTO kept VALUES (?)').run(new Uint8Array(4_000_000));
    expect(bytes() - before).toBeGreaterThan(3_000_000);
    db.close();
    expect(bytes()).toBe(before);
  },
);

/** Empty for what was open only to list it. */
function linkOf(fd: string): string {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return '';
  }
}

describe('migrations', () => {
  const steps = ['CREATE TABLE a (x INTEGER) STRICT', 'ALTER TABLE a ADD COLUMN y INTEGER'];

  test('each component takes only the steps that it lacks', () => {
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    migrate(db, 'journal', steps.slice(0, 1));
    migrate(db, 'other', ['CREATE TABLE b (x INTEGER) STRICT']);
    migrate(db, 'journal', steps);
    migrate(db, 'journal', steps);
    db.exec('INSERT INTO a (x, y) VALUES (1, 2)');
  });

  test('what is up to date is only read', () => {
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    migrate(db, 'journal', steps);
    db.pragma('query_only = 1');
    migrate(db, 'journal', steps);
    expect(() => migrate(db, 'other', steps)).toThrow('readonly');
  });

  test('a step that fails leaves the old schema whole', () => {
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    migrate(db, 'journal', steps.slice(0, 1));
    const broken = [...steps, 'CREATE TABLE a (x INTEGER)'];
    expect(() => migrate(db, 'journal', broken)).toThrow('already exists');
    expect(() => db.exec('SELECT y FROM a')).toThrow('no such column');
    migrate(db, 'journal', steps);
  });

  test('a file that a later release wrote is left alone', () => {
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    migrate(db, 'journal', steps);
    expect(failureOf(() => migrate(db, 'journal', steps.slice(0, 1)))).toEqual({
      code: 'schema_newer',
      component: 'journal',
      found: 2,
      known: 1,
    });
  });
});
