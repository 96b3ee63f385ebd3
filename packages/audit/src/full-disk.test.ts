import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from './database.ts';
import { lockDirectory } from './directory-lock.ts';

const CHILD = fileURLToPath(new URL('./full-disk-child.ts', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'tieline-full-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** What a process finds there that may write nothing to any file. */
function startedOnFullDisk(directory: string): unknown {
  const command = ['--fsize=0:', process.execPath, '--no-warnings', CHILD, directory];
  const { stdout, stderr } = spawnSync('prlimit', command, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return JSON.parse(stdout);
}

/** A database of so many rows, as a process leaves it that loses its power (with its log), or that closes it. */
function left(rows: number, how: 'cut off' | 'closed'): string {
  const path = join(folder, 'agent.sqlite');
  lockDirectory(folder).release();
  const db = openDatabase(path, { synchronous: 'FULL' });
  db.exec('CREATE TABLE journal (seq INTEGER PRIMARY KEY) STRICT');
  for (let k = 0; k < rows; k += 1) db.exec('INSERT INTO journal VALUES (NULL)');
  const copy = join(folder, 'after');
  mkdirSync(copy);
  if (how === 'closed') db.close();
  copyFileSync(path, join(copy, 'agent.sqlite'));
  if (how === 'cut off') {
    copyFileSync(`${path}-wal`, join(copy, 'agent.sqlite-wal'));
    db.close();
  }
  copyFileSync(join(folder, 'lock.db'), join(copy, 'lock.db'));
  return copy;
}

test.each(['cut off', 'closed'] as const)(
  'where the disk takes nothing, what was %s is held, opened and read, and writes are refused',
  (how) => {
    const directory = left(20, how);
    const found = startedOnFullDisk(directory);
    expect(found).toEqual({ rows: 20, refused: expect.stringMatching(/^SQLITE_(IOERR|FULL)/) });
    // With room again it is what it was, and is shared.
    const path = join(directory, 'agent.sqlite');
    const [writer, reader] = [1, 2].map(() => openDatabase(path, { synchronous: 'FULL' }));
    writer!.exec('INSERT INTO journal VALUES (NULL)');
    expect(reader!.prepare('SELECT count(*) FROM journal').pluck().get()).toBe(21);
    writer!.close();
    reader!.close();
  },
);
