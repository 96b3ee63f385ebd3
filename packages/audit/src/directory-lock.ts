import { join } from 'node:path';
import Database from 'better-sqlite3';
import { AuditError } from './failure.ts';

/**
 * Holds a data directory alone, for as long as this process lives: two on one store would write two
 * histories. The lock is SQLite's own on a file of no content, and falls with the process, however it ends.
 *
 * Rejected: a file with a process id, which outlives a crash and may name a stranger after a restart.
 * @throws {AuditError} directory_in_use while another process holds it
 */
export function lockDirectory(directory: string): { release(): void } {
  const lock = new Database(join(directory, 'lock.db'), { timeout: 0 });
  try {
    // Nothing is written: a disk that is full holds nobody up.
    lock.pragma('journal_mode = MEMORY');
    lock.exec('BEGIN EXCLUSIVE');
    return { release: () => void lock.close() };
  } catch (thrown) {
    lock.close();
    if (thrown instanceof Database.SqliteError && thrown.code.startsWith('SQLITE_BUSY')) {
      const reason = 'another process holds it';
      throw new AuditError({ code: 'directory_in_use', directory, reason });
    }
    throw thrown;
  }
}
