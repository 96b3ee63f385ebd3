import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { migrate, openDatabase } from '@tieline/audit';
import { encodeCbor } from '@tieline/protocol';
import { afterAll, expect, test } from 'vitest';
import { controlStoreCompliance, telemetryStoreCompliance } from '../../compliance.ts';
import { CONTROL_SCHEMA } from './schema.ts';
import { SqliteControlStore } from './sqlite-control-store.ts';
import { SqliteTelemetryStore } from './sqlite-telemetry-store.ts';

const dir = mkdtempSync(join(tmpdir(), 'tieline-store-'));
afterAll(() => rmSync(dir, { recursive: true }));
let files = 0;
const nextFile = (): string => {
  files += 1;
  return join(dir, `${files}.db`);
};
const paths = new WeakMap<object, string>();

controlStoreCompliance(
  'SQLite file',
  () => {
    const path = nextFile();
    const store = new SqliteControlStore(path);
    paths.set(store, path);
    return store;
  },
  // The first connection is left open: a killed process does not close it either.
  (store) => new SqliteControlStore(paths.get(store)!),
);

controlStoreCompliance(
  'SQLite in memory',
  () => new SqliteControlStore(':memory:'),
  (store) => new SqliteControlStore((store as SqliteControlStore).serialize()),
);

telemetryStoreCompliance('SQLite file', () => new SqliteTelemetryStore(nextFile()));
telemetryStoreCompliance('SQLite in memory', () => new SqliteTelemetryStore(':memory:'));

test('receipts of a file of the first schema are the rungs of this one', () => {
  const db = openDatabase(':memory:', { synchronous: 'FULL' });
  migrate(db, 'control', CONTROL_SCHEMA.slice(0, 1));
  const add = db.prepare(`INSERT INTO receipt VALUES
    ('site-1', ?, 'c1', 'cti', NULL, ?, ?, 5, 'trusted', 6, 'digest')`);
  add.run(1, encodeCbor({ state: 'accepted' }), 40);
  add.run(2, encodeCbor({ state: 'expired' }), 41);
  db.prepare('INSERT INTO agent VALUES (?, ?, NULL, NULL, 7, NULL)').run('site-1', '[]');
  const store = new SqliteControlStore(db.serialize());
  expect(store.agents()).toMatchObject([{ site: 'site-1', heardWallMs: 7, generation: 0 }]);
  expect(store.rungs('c1')).toMatchObject([
    {
      generation: 0,
      auditIndex: 40,
      status: { state: 'accepted' },
      agentWallMs: 5,
      receivedWallMs: 6,
    },
    { auditIndex: 41, status: { state: 'expired' } },
  ]);
  store.close();
});

test('a batch of which one chunk cannot be stored leaves none behind, and the store goes on', () => {
  const store = new SqliteTelemetryStore(':memory:');
  const good = {
    site: 'a',
    asset: 'b',
    quantity: 'c',
    startMs: 0,
    stepMs: 1,
    values: new Float64Array(1),
  };
  const bad = { ...good, asset: 'new', startMs: Number.NaN };
  const stored = (asset: string) => store.count({ ...good, asset, fromMs: 0, toMs: 9 }).chunks;
  expect(() => store.add([good, bad])).toThrow();
  expect(stored('b')).toBe(0);
  store.add([{ ...good, asset: 'new' }]);
  expect(stored('new')).toBe(1);
  store.close();
});
