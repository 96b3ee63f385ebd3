import type { Database } from '@tieline/audit';
import type { DesiredModelRecord, ModelRecord } from '../../ports/records.ts';
import { plainBytes } from './rows.ts';

interface ModelRow {
  readonly digest: string;
  readonly name: string;
  readonly version: string;
  readonly bytes: number;
  readonly release: Uint8Array;
  readonly pushed_wall_ms: number;
}

interface DesiredRow {
  readonly site: string;
  readonly version: number;
  readonly digest: string | null;
  readonly document: Uint8Array;
  readonly set_wall_ms: number;
}

/** Model packages, block by block, and which site shall run which. */
export class SqliteModels {
  readonly #sql: ReturnType<typeof prepare>;

  constructor(db: Database) {
    this.#sql = prepare(db);
  }

  add(model: ModelRecord, blocks: readonly { digest: string; bytes: Uint8Array }[]): void {
    const { digest, name, version, bytes, release, pushedWallMs } = model;
    this.#sql.addModel.run(digest, name, version, bytes, release, pushedWallMs);
    for (const block of blocks) this.#sql.addBlock.run(block.digest, block.bytes);
  }

  all(): readonly ModelRecord[] {
    return this.#sql.models.all().map(modelOf);
  }

  one(digest: string): ModelRecord | null {
    const row = this.#sql.model.get(digest);
    return row === undefined ? null : modelOf(row);
  }

  block(digest: string): Uint8Array | null {
    const row = this.#sql.block.get(digest);
    return row === undefined ? null : plainBytes(row.bytes);
  }

  desired(): readonly DesiredModelRecord[] {
    return this.#sql.desired.all().map(({ site, version, digest, document, set_wall_ms }) => ({
      ...{ site, version, digest, document: plainBytes(document) },
      setWallMs: set_wall_ms,
    }));
  }

  setDesired({ site, version, digest, document, setWallMs }: DesiredModelRecord): void {
    this.#sql.setDesired.run(site, version, digest, document, setWallMs);
  }
}

function modelOf({ digest, name, version, bytes, release, pushed_wall_ms }: ModelRow): ModelRecord {
  const plain = plainBytes(release);
  return { digest, name, version, bytes, release: plain, pushedWallMs: pushed_wall_ms };
}

function prepare(db: Database) {
  return {
    addModel: db.prepare<[string, string, string, number, Uint8Array, number]>(
      'INSERT INTO model VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (digest) DO NOTHING',
    ),
    addBlock: db.prepare<[string, Uint8Array]>(
      'INSERT INTO model_block VALUES (?, ?) ON CONFLICT (digest) DO NOTHING',
    ),
    models: db.prepare<[], ModelRow>('SELECT * FROM model ORDER BY pushed_wall_ms DESC, digest'),
    model: db.prepare<[string], ModelRow>('SELECT * FROM model WHERE digest = ?'),
    block: db.prepare<[string], { bytes: Uint8Array }>(
      'SELECT bytes FROM model_block WHERE digest = ?',
    ),
    desired: db.prepare<[], DesiredRow>('SELECT * FROM desired_model ORDER BY site'),
    setDesired: db.prepare<[string, number, string | null, Uint8Array, number]>(
      'INSERT OR REPLACE INTO desired_model VALUES (?, ?, ?, ?, ?)',
    ),
  };
}
