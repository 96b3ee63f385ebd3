/** The process that `full-disk.test.ts` starts where the disk takes nothing: tells what it finds, and what a write comes to. */
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { SqliteError } from 'better-sqlite3';
import { openDatabase } from './database.ts';
import { lockDirectory } from './directory-lock.ts';

const [directory = ''] = process.argv.slice(2);
lockDirectory(directory);
const db = openDatabase(join(directory, 'agent.sqlite'), { synchronous: 'FULL' });
const rows = db.prepare('SELECT count(*) FROM journal').pluck().get();
let refused: string | null = null;
try {
  db.exec('INSERT INTO journal VALUES (NULL)');
} catch (thrown) {
  refused = thrown instanceof SqliteError ? thrown.code : 'another';
}
writeSync(1, JSON.stringify({ rows, refused }));
