import { messageOf } from '@tieline/kernel';
import Database from 'better-sqlite3';
import { AuditError } from './failure.ts';

export type { Database } from 'better-sqlite3';

/** What SQLite says where a disk takes nothing. */
const NO_ROOM = /^SQLITE_(FULL|IOERR)/;
/** How long a writer waits for another process (a `tieline audit` beside a running agent), ms. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * In the place of a path: a file without a name in the machine's folder for such. Beyond its cache it takes no memory,
 * it is never synced, and it is gone with the process that opened it, however that ends.
 */
export const ANONYMOUS_FILE = '';
/** Of an anonymous file, KiB. What waits in it to be written is gone through at every commit: more would be slower. */
const ANONYMOUS_CACHE_KIB = 1_000;

/**
 * Opens one SQLite file, or a database in memory, for journal, replay state and audit.
 *
 * `FULL` syncs at every commit: what was acknowledged survives loss of power. `NORMAL` may lose the
 * last commits then, and is for telemetry only.
 *
 * @param source  a path, `ANONYMOUS_FILE`, `':memory:'`, or the bytes of `serialize()` (a virtual crash goes on from those)
 * @throws {AuditError} database_unreadable
 */
export function openDatabase(
  source: string | Buffer,
  options: { readonly synchronous: 'FULL' | 'NORMAL' },
): Database.Database {
  let db: Database.Database | undefined;
  try {
    db = opened(source);
    db.pragma(`synchronous = ${options.synchronous}`);
    db.pragma('foreign_keys = ON');
    // A file from elsewhere must not run functions of ours through its own views and triggers.
    db.pragma('trusted_schema = OFF');
    db.pragma('cell_size_check = ON');
    return db;
  } catch (thrown) {
    db?.close();
    const path = typeof source === 'string' ? source : '(memory)';
    throw new AuditError(
      { code: 'database_unreadable', path, reason: messageOf(thrown) },
      undefined,
      { cause: thrown },
    );
  }
}

/** What does not outlive its process needs no journal on a disk. */
function forgoJournal(db: Database.Database): void {
  db.pragma('journal_mode = MEMORY');
  db.pragma(`cache_size = -${ANONYMOUS_CACHE_KIB}`);
}

/**
 * Readers find what a writer has committed by an index in a file beside the database. A disk that is full has no room
 * for it: then this process keeps it for itself, and nobody else reads, for a gateway must start all the same.
 */
function opened(source: string | Buffer): Database.Database {
  const shared = new Database(source, { timeout: BUSY_TIMEOUT_MS });
  try {
    if (shared.memory) forgoJournal(shared);
    else shared.pragma('journal_mode = WAL');
    return shared;
  } catch (thrown) {
    shared.close();
    if (!(thrown instanceof Database.SqliteError) || !NO_ROOM.test(thrown.code)) throw thrown;
  }
  const alone = new Database(source, { timeout: BUSY_TIMEOUT_MS });
  try {
    alone.pragma('locking_mode = EXCLUSIVE');
    alone.pragma('journal_mode = WAL');
    return alone;
  } catch (thrown) {
    alone.close();
    throw thrown;
  }
}

/**
 * Brings one component's tables to its newest schema: `steps[n]` leads from version n to n + 1. All
 * steps in one transaction, so a crash leaves the old schema or the new one. Steps already released
 * are never edited.
 * @throws {AuditError} schema_newer when a later release wrote this file
 */
export function migrate(db: Database.Database, component: string, steps: readonly string[]): void {
  // What is up to date is only read: its disk may be one that takes nothing.
  if (versionOf(db, component) === steps.length) return;
  db.transaction(() => {
    db.exec(
      `CREATE TABLE IF NOT EXISTS schema_component (
         component TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT`,
    );
    const version = versionOf(db, component);
    if (version > steps.length) {
      throw new AuditError({
        code: 'schema_newer',
        component,
        found: version,
        known: steps.length,
      });
    }
    if (version === steps.length) return;
    for (const step of steps.slice(version)) db.exec(step);
    db.prepare('INSERT OR REPLACE INTO schema_component VALUES (?, ?)').run(
      component,
      steps.length,
    );
  }).immediate();
}

function versionOf(db: Database.Database, component: string): number {
  const table = `SELECT 1 FROM sqlite_schema WHERE name = 'schema_component'`;
  if (db.prepare(table).get() === undefined) return 0;
  const version = 'SELECT version FROM schema_component WHERE component = ?';
  return db.prepare<[string], number>(version).pluck().get(component) ?? 0;
}
