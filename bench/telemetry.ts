import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { AuditWitness, openDatabase } from '@tieline/audit';
import { mqttBus } from '@tieline/bus';
import { ControlPlane, SqliteControlStore, SqliteTelemetryStore } from '@tieline/control-plane';
import { embeddedFeeder } from '@tieline/grid';
import { silentLogger, systemClock, systemRng } from '@tieline/kernel';
import {
  type HeldKey,
  KINDS,
  nodeSigner,
  openTrust,
  type Role,
  sealAddressed,
  signTrust,
  type Telemetry,
  type Trust,
} from '@tieline/protocol';
import { median } from './measure.ts';
import type { Bench, Row } from './row.ts';
import type { FleetOrders, Signed, ToFleet } from './telemetry-fleet.ts';

const DEPLOYMENT = 'bench';
const CONTROL_CLIENT = 'bench-control-plane-with-a-long-name';
const TOKEN = 'bench-token-'.padEnd(40, '1');
const SITES = Array.from({ length: 16 }, (_, at) => `site-${at + 1}`);
const ROUNDS = 5;
const WARM_ROUNDS = 1;
/** Agents send one batch in so many seconds; a series has one value a second. */
const SHAPES = [
  { series: 5, values: 10, batches: 2_400 },
  { series: 10, values: 60, batches: 1_600 },
] as const;
type Shape = (typeof SHAPES)[number];
const QUANTITIES = ['active-power-kw', 'voltage-pu'] as const;
const START_MS = 1_700_000_000_000;

const NOTE =
  'signed batches through the embedded broker (in a thread of its own) over TCP; decoded, checked, verified, ' +
  'stored in a file by the production control plane. The baseline inserts a row per point, one commit per ' +
  'batch, into a table keyed by series and time, on the same file system';

interface Bed {
  readonly trust: Trust;
  readonly agents: ReadonlyMap<string, HeldKey>;
  readonly plane: ControlPlane;
  readonly fleet: Worker;
  stop(): Promise<void>;
}

export const telemetryBench: Bench = {
  name: 'telemetry',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'tieline-bench-telemetry-'));
    const bed = await makeBed(folder);
    const rows: Row[] = [];
    for (const shape of SHAPES) {
      const ours: number[] = [];
      const plain: number[] = [];
      const packed: number[] = [];
      for (let round = 0; round < WARM_ROUNDS + ROUNDS; round += 1) {
        const signed = signedBatches(bed, shape, round);
        const perS = await received(bed, shape, signed);
        const plainPerS = plainInserts(join(folder, `plain-${shape.series}-${round}.db`), shape);
        if (round < WARM_ROUNDS) continue;
        ours.push(perS);
        plain.push(plainPerS);
        packed.push(packedInserts(join(folder, `packed-${shape.series}-${round}.db`), shape));
      }
      rows.push(row(shape, ours, plain, packed));
    }
    await bed.stop();
    rmSync(folder, { recursive: true });
    return rows;
  },
};

function row(
  shape: Shape,
  ours: readonly number[],
  plain: readonly number[],
  packed: readonly number[],
): Row {
  const value = median(ours);
  const baselineValue = median(plain);
  return {
    figure: `telemetry verified and stored, batches of ${shape.series * shape.values}`,
    unit: 'points/s',
    value,
    best: Math.max(...ours),
    baseline: 'SQLite alone, the same batches',
    baselineValue,
    ratio: value / baselineValue,
    aim: '≥ 100,000 points/s and ≥ 0.4 ×',
    note: `${NOTE}. The store's own form, a row per series and batch, takes ${Math.round(median(packed))} points/s alone`,
  };
}

async function makeBed(folder: string): Promise<Bed> {
  const { trust, agents, keys } = provisioned();
  const workerData: FleetOrders = {
    deployment: DEPLOYMENT,
    token: TOKEN,
    controlClient: CONTROL_CLIENT,
    sites: SITES,
  };
  const fleet = new Worker(new URL('./telemetry-fleet.ts', import.meta.url), { workerData });
  const [{ url }] = await once(fleet, 'message');
  const clock = systemClock();
  const rng = systemRng();
  const store = new SqliteControlStore(join(folder, 'control.db'));
  const telemetry = new SqliteTelemetryStore(join(folder, 'telemetry.db'));
  const db = openDatabase(join(folder, 'audit.db'), { synchronous: 'FULL' });
  const witness = { deployment: DEPLOYMENT, anchor: trust.anchor, key: keys.witness, clock };
  const bus = mqttBus({ url, clientId: CONTROL_CLIENT, token: TOKEN, rng, logger: silentLogger });
  const feeder = embeddedFeeder('baran-wu-33');
  const places = SITES.map((site, at) => ({ site, bus: `${at + 2}`, meter: 'meter' }));
  const plane = new ControlPlane(
    {
      ...{ clock, rng, bus, store, telemetry, logger: silentLogger },
      audit: new AuditWitness({ db, ...witness }),
    },
    { trust, keys, feeder, places },
  );
  plane.start();
  await once(fleet, 'message');
  // A birth that nobody hears is lost: the subscription must stand first.
  while (plane.health().status !== 'ok') await delay(5);
  const births = SITES.map((site) => birth(site, agents.get(site)!, trust));
  fleet.postMessage({ say: 'births', messages: births } satisfies ToFleet);
  while (plane.agents().some(({ link }) => link !== 'present')) await delay(5);
  const stop = async (): Promise<void> => {
    await plane.stop();
    fleet.postMessage({ say: 'stop' } satisfies ToFleet);
    await once(fleet, 'exit');
    for (const one of [store, telemetry, db]) one.close();
  };
  return { trust, agents, plane, fleet, stop };
}

/** From the first batch sent to the last point stored, points per second. */
async function received(
  { plane, fleet }: Bed,
  shape: Shape,
  messages: readonly Signed[],
): Promise<number> {
  const total = (): number => [...plane.counters.of('telemetry_points').values()].reduce(sum, 0);
  const batchPoints = shape.series * shape.values;
  const before = total();
  const expected = messages.length * batchPoints;
  const startedMs = performance.now();
  fleet.postMessage({ say: 'batches', messages } satisfies ToFleet);
  for (let stored = 0; stored < expected; ) {
    await delay(2);
    stored = total() - before;
    fleet.postMessage({ say: 'stored', batches: stored / batchPoints } satisfies ToFleet);
    const refused = [...plane.counters.of('messages_refused')];
    if (refused.length > 0) throw new Error(`batches were refused: ${JSON.stringify(refused)}`);
    if (performance.now() - startedMs > 60_000) throw new Error(`${stored} of ${expected} points`);
  }
  return (expected * 1_000) / (performance.now() - startedMs);
}

/** The same points in the same batches by SQLite alone. */
function plainInserts(path: string, { series, values, batches }: Shape): number {
  const db = openDatabase(path, { synchronous: 'NORMAL' });
  db.exec(
    'CREATE TABLE point (series INTEGER, at_ms INTEGER, value REAL, PRIMARY KEY (series, at_ms)) WITHOUT ROWID',
  );
  const insert = db.prepare('INSERT INTO point VALUES (?, ?, ?)');
  const batch = db.transaction((site: number, startMs: number) => {
    for (let one = 0; one < series; one += 1) {
      for (let at = 0; at < values; at += 1) {
        insert.run(site * series + one, startMs + at * 1_000, measured(one, at));
      }
    }
  });
  const startedMs = performance.now();
  for (let at = 0; at < batches; at += 1) {
    const turn = Math.floor(at / SITES.length);
    batch(at % SITES.length, START_MS + turn * values * 1_000);
  }
  const tookMs = performance.now() - startedMs;
  db.close();
  return (batches * series * values * 1_000) / tookMs;
}

/** What the production store takes without a wire in front of it: one row per series and batch. */
function packedInserts(path: string, { series, values, batches }: Shape): number {
  const store = new SqliteTelemetryStore(path);
  const startedMs = performance.now();
  for (let at = 0; at < batches; at += 1) {
    const turn = Math.floor(at / SITES.length);
    const startMs = START_MS + turn * values * 1_000;
    store.add(
      Array.from({ length: series }, (_, one) => ({
        ...{ site: SITES[at % SITES.length]!, asset: `asset-${one}`, quantity: 'voltage-pu' },
        ...{ startMs, stepMs: 1_000 },
        values: Float64Array.from({ length: values }, (_value, k) => measured(one, k)),
      })),
    );
  }
  const tookMs = performance.now() - startedMs;
  store.close();
  return (batches * series * values * 1_000) / tookMs;
}

function signedBatches({ trust, agents }: Bed, shape: Shape, round: number): readonly Signed[] {
  return Array.from({ length: shape.batches }, (_, nr) => {
    const site = SITES[nr % SITES.length]!;
    const turn = Math.floor(nr / SITES.length) + round * shape.batches;
    const startMs = START_MS + turn * shape.values * 1_000;
    const series = Array.from({ length: shape.series }, (_one, at) => ({
      asset: `asset-${Math.floor(at / 2)}`,
      quantity: QUANTITIES[at % 2]!,
      values: Array.from({ length: shape.values }, (_value, k) => measured(at, k)),
    }));
    const times = { startSessionMs: startMs - START_MS, startWallMs: startMs, stepMs: 1_000 };
    const body: Telemetry = { ...times, clock: 'trusted', series };
    return { site, ...sealed(KINDS.telemetry, body, site, agents.get(site)!, trust) };
  });
}

function measured(series: number, at: number): number {
  return Math.round(100_000 * Math.sin(series + at / 7)) / 1_000;
}

function birth(site: string, key: HeldKey, trust: Trust): Signed {
  const held = { trust: 1, policy: 0, model: null };
  const body = {
    ...{ boot: 1, sessionMs: 1, epochSeen: 0, seqSeen: 0, software: 'bench', ...held },
    ...{ audit: { size: 0, root: new Uint8Array(32) }, receipted: 0, clock: 'trusted' as const },
  };
  return { site, ...sealed(KINDS.birth, body, site, key, trust) };
}

function sealed<Body>(
  kind: Parameters<typeof sealAddressed<Body>>[0],
  body: Body,
  site: string,
  key: HeldKey,
  { anchor }: Trust,
) {
  const sess = new Uint8Array(16).fill(1);
  const cti = kind.claims.includes('cti') ? { cti: sess } : {};
  const claims = { iat: START_MS / 1_000, sess, ...cti };
  return sealAddressed(kind, body, { anchor, deployment: DEPLOYMENT, site, key }, claims);
}

function provisioned() {
  const random = systemRng().stream('bench-keys');
  const held = (principal: string): HeldKey => ({
    principal,
    signer: nodeSigner(random.bytes(32)),
  });
  const entry = ({ principal, signer }: HeldKey, role: Role, sites: '*' | string[] = '*') => ({
    ...{ kid: signer.kid, publicKey: signer.publicKey, principal, roles: [role] },
    scope: { sites, actions: '*' as const },
  });
  const root = held('root');
  const keys = {
    dispatch: held('dispatch'),
    director: held('director'),
    time: held('time'),
    witness: held('witness'),
    freshness: held('freshness'),
  };
  const agents = new Map(SITES.map((site) => [site, held(site)]));
  const trustBytes = signTrust(
    {
      ...{ version: 1, deployment: DEPLOYMENT, world: 'real', issuedAt: 1, expires: 2 ** 40 },
      keys: [
        entry(root, 'root'),
        ...(Object.entries(keys) as [Role, HeldKey][]).map(([role, key]) => entry(key, role)),
        ...SITES.map((site) => entry(agents.get(site)!, 'agent', [site])),
      ],
      thresholds: {},
    },
    [root],
  );
  return { trust: openTrust(trustBytes), agents, keys };
}

const sum = (a: number, b: number): number => a + b;
