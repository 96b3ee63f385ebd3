import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { AuditError, lockDirectory, openDatabase } from '@tieline/audit';
import { type Rng, toHex } from '@tieline/kernel';
import { SqliteControlStore } from '../sqlite/sqlite-control-store.ts';
import { SqliteTelemetryStore } from '../sqlite/sqlite-telemetry-store.ts';
import { StartError } from './failure.ts';
import { readSecret } from './files.ts';

const TOKEN_FILE = 'api-token';

/** Everything the process keeps, in one directory that it holds alone. */
export interface DataDir {
  readonly store: SqliteControlStore;
  readonly telemetry: SqliteTelemetryStore;
  readonly auditDb: ReturnType<typeof openDatabase>;
  /** Bearer token of the HTTP API; made at the first start, in a file that only the owner reads. */
  readonly token: string;
  close(): void;
}

/**
 * @throws {StartError} data_dir_in_use while another process holds it | secret_exposed
 * @throws {AuditError} database_unreadable | schema_newer
 */
export function openDataDir(dataDir: string, rng: Rng): DataDir {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = lockDir(dataDir);
  const token = apiToken(join(dataDir, TOKEN_FILE), rng);
  const store = new SqliteControlStore(join(dataDir, 'control.db'));
  const telemetry = new SqliteTelemetryStore(join(dataDir, 'telemetry.db'));
  const auditDb = openDatabase(join(dataDir, 'audit.db'), { synchronous: 'FULL' });
  return {
    ...{ store, telemetry, auditDb, token },
    close() {
      store.close();
      telemetry.close();
      auditDb.close();
      lock.release();
    },
  };
}

/** Two processes on one store would both lead. */
function lockDir(dataDir: string): ReturnType<typeof lockDirectory> {
  try {
    return lockDirectory(dataDir);
  } catch (thrown) {
    const failure = thrown instanceof AuditError ? thrown.failure : null;
    if (failure?.code !== 'directory_in_use') throw thrown;
    throw new StartError({ code: 'data_dir_in_use', dataDir, reason: failure.reason });
  }
}

function apiToken(file: string, rng: Rng): string {
  if (!existsSync(file)) {
    // Whole or not at all: a token cut short by a crash would stay for ever.
    const part = openSync(`${file}.part`, 'w', 0o600);
    writeSync(part, `${toHex(rng.stream('api-token').bytes(32))}\n`);
    fsyncSync(part);
    closeSync(part);
    renameSync(`${file}.part`, file);
  }
  const token = readSecret(file).trim();
  if (/^[0-9a-f]{64}$/.test(token)) return token;
  const reason = '32 bytes as lower-case hex; without the file a new token is made';
  throw new StartError({ code: 'config_invalid', file, place: '(file)', reason });
}
