import { type Database, migrate, openDatabase } from '@tieline/audit';
import type {
  TelemetryChunk,
  TelemetryQuery,
  TelemetryStore,
} from '../../ports/telemetry-store.ts';
import { TELEMETRY_SCHEMA } from './schema.ts';

interface Series {
  readonly id: number;
  /** The longest chunk so far: how far before a range a chunk may start and still reach into it. */
  spanMaxMs: number;
}

interface ChunkRow {
  readonly start_ms: number;
  readonly step_ms: number;
  readonly points: Uint8Array;
}

/** Telemetry in a SQLite file of its own with `synchronous=NORMAL`, or in memory. */
export class SqliteTelemetryStore implements TelemetryStore {
  readonly #db: Database;
  readonly #sql: ReturnType<typeof prepare>;
  /** By site, asset and quantity: as many as `KnownSeries` takes. */
  readonly #series = new Map<string, Series>();

  constructor(source: string) {
    this.#db = openDatabase(source, { synchronous: 'NORMAL' });
    migrate(this.#db, 'telemetry', TELEMETRY_SCHEMA);
    this.#sql = prepare(this.#db);
  }

  add(chunks: readonly TelemetryChunk[]): void {
    this.#sql.begin.run();
    try {
      for (const chunk of chunks) this.#insert(chunk);
      this.#sql.commit.run();
    } catch (thrown) {
      if (this.#db.inTransaction) this.#sql.rollback.run();
      // What the cache learnt in this transaction may be gone.
      this.#series.clear();
      throw thrown;
    }
  }

  #insert({ site, asset, quantity, startMs, stepMs, values }: TelemetryChunk): void {
    const spanMs = stepMs * values.length;
    const series = this.#seriesOf(site, asset, quantity, spanMs);
    if (series.spanMaxMs < spanMs) {
      this.#sql.widen.run(spanMs, series.id);
      series.spanMaxMs = spanMs;
    }
    const points = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    this.#sql.insert.run(series.id, startMs, stepMs, points);
  }

  #seriesOf(site: string, asset: string, quantity: string, spanMs: number): Series {
    const key = `${site}/${asset}/${quantity}`;
    let series = this.#series.get(key);
    if (series === undefined) {
      this.#sql.addSeries.run(site, asset, quantity, spanMs);
      series = this.#find({ site, asset, quantity }) ?? { id: 0, spanMaxMs: 0 };
      this.#series.set(key, series);
    }
    return series;
  }

  chunks(query: TelemetryQuery, limit: number): readonly TelemetryChunk[] {
    const series = this.#find(query);
    if (series === null) return [];
    const { site, asset, quantity, fromMs, toMs } = query;
    return this.#sql.chunks
      .all(series.id, fromMs - series.spanMaxMs, toMs, limit)
      .filter((row) => row.start_ms + row.step_ms * (row.points.byteLength / 8) > fromMs)
      .map((row) => ({
        ...{ site, asset, quantity },
        startMs: row.start_ms,
        stepMs: row.step_ms,
        values: floatsOf(row.points),
      }));
  }

  count(query: TelemetryQuery): { readonly chunks: number; readonly values: number } {
    const nothing = { chunks: 0, values: 0 };
    const series = this.#find(query);
    if (series === null) return nothing;
    const { fromMs, toMs } = query;
    return this.#sql.count.get(series.id, fromMs - series.spanMaxMs, toMs) ?? nothing;
  }

  series(site: string): readonly { readonly asset: string; readonly quantity: string }[] {
    return this.#sql.seriesAt.all(site);
  }

  prune(beforeMs: number, chunksMax: number): number {
    let dropped = 0;
    for (const { id } of this.#sql.seriesWith.all(beforeMs)) {
      dropped += this.#sql.prune.run({ id, beforeMs, chunksMax: chunksMax - dropped }).changes;
      if (dropped >= chunksMax) break;
    }
    return dropped;
  }

  close(): void {
    this.#db.close();
  }

  #find({ site, asset, quantity }: { site: string; asset: string; quantity: string }) {
    const row = this.#sql.find.get(site, asset, quantity);
    return row === undefined ? null : { id: row.id, spanMaxMs: row.span_max_ms };
  }
}

/** A view where the bytes are aligned, else a copy. Little-endian, as every platform that Node runs on. */
function floatsOf(points: Uint8Array): Float64Array {
  const aligned = points.byteOffset % 8 === 0 ? points : new Uint8Array(points);
  return new Float64Array(aligned.buffer, aligned.byteOffset, aligned.byteLength / 8);
}

function prepare(db: Database) {
  return {
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    insert: db.prepare<[number, number, number, Uint8Array]>(
      'INSERT INTO chunk VALUES (?, ?, ?, ?) ON CONFLICT (series, start_ms) DO NOTHING',
    ),
    addSeries: db.prepare<[string, string, string, number]>(
      `INSERT INTO series (site, asset, quantity, span_max_ms) VALUES (?, ?, ?, ?)
       ON CONFLICT (site, asset, quantity) DO NOTHING`,
    ),
    find: db.prepare<[string, string, string], { id: number; span_max_ms: number }>(
      'SELECT id, span_max_ms FROM series WHERE site = ? AND asset = ? AND quantity = ?',
    ),
    seriesAt: db.prepare<[string], { asset: string; quantity: string }>(
      'SELECT asset, quantity FROM series WHERE site = ? ORDER BY id',
    ),
    seriesWith: db.prepare<[number], { id: number }>(
      `SELECT id FROM series
       WHERE (SELECT min(start_ms) FROM chunk WHERE chunk.series = series.id) < ?`,
    ),
    prune: db.prepare<[{ id: number; beforeMs: number; chunksMax: number }]>(
      `DELETE FROM chunk WHERE series = :id AND start_ms IN (
         SELECT start_ms FROM chunk WHERE series = :id AND start_ms < :beforeMs
         ORDER BY start_ms LIMIT :chunksMax)`,
    ),
    widen: db.prepare<[number, number]>('UPDATE series SET span_max_ms = ? WHERE id = ?'),
    chunks: db.prepare<[number, number, number, number], ChunkRow>(
      `SELECT start_ms, step_ms, points FROM chunk
       WHERE series = ? AND start_ms >= ? AND start_ms < ? ORDER BY start_ms LIMIT ?`,
    ),
    count: db.prepare<[number, number, number], { chunks: number; values: number }>(
      `SELECT count(*) AS chunks, coalesce(sum(length(points)) / 8, 0) AS "values" FROM chunk
       WHERE series = ? AND start_ms >= ? AND start_ms < ?`,
    ),
  };
}
