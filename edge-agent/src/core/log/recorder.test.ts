import { AuditLog, openDatabase } from '@tieline/audit';
import type { Clock } from '@tieline/kernel';
import { nodeSigner } from '@tieline/protocol';
import { expect, test } from 'vitest';
import { DEVICES_MAX } from '../../adapters/configuration.ts';
import { sqliteStore } from '../../adapters/sqlite-store.ts';
import { ACTIONS_MAX } from '../desks/command-desk.ts';
import type { ActiveAction, AssetControl, ControlState } from '../law/control-state.ts';
import { initialState } from '../law/control-state.ts';
import { Bench, id, policy, ratings, setpoint } from '../law/fixture-site.ts';
import { Session } from '../session.ts';
import { logCycle } from './cycle-log.ts';
import { loggedActions, loggedState } from './logged-records.ts';
import { RECORD_KINDS, Recorder } from './recorder.ts';
import { replayDecisions } from './replay.ts';

const clock: Clock = { wallMs: () => 0, monotonicMs: () => 0, sleepUntil: async () => {} };

/** The law on its bench, recorded into a real log on a database that can be made full. */
function recorded() {
  const bench = new Bench();
  const db = openDatabase(':memory:', { synchronous: 'FULL' });
  const bytes = (fill: number, count: number): Uint8Array => new Uint8Array(count).fill(fill);
  const identity = { anchor: bytes(1, 32), deployment: 'demo', site: 'site-1' };
  const key = { principal: 'site-1', signer: nodeSigner(bytes(2, 32)) };
  const audit = new AuditLog({ db, identity, key });
  const session = new Session(clock, bytes(3, 16), 1);
  const recorder = new Recorder(sqliteStore(db, audit), session, () => bench.state);
  const cycle = (): boolean => {
    const image = bench.image();
    const decision = bench.run(1);
    const mustWrite = recorder.keep(logCycle(image, null, decision));
    if (mustWrite) recorder.commit(() => recorder.flush());
    return mustWrite;
  };
  recorder.commit(() => recorder.snapshot(bench.state));
  const kinds = (): string[] => [...audit.records()].map(({ kind }) => kind);
  return { bench, db, audit, recorder, cycle, kinds };
}

test('unchanged cycles are written once a minute, a changed one at once', () => {
  const { bench, cycle } = recorded();
  const written = Array.from({ length: 121 }, cycle);
  expect(written.flatMap((wrote, at) => (wrote ? [at] : []))).toEqual([0, 60, 120]);
  bench.loadKw = 300;
  expect([cycle(), cycle()]).toContain(true);
});

test('what a full disk refused is on record with the first cycle that it takes, changed or not', () => {
  const { bench, db, cycle } = recorded();
  const isTaken = (): boolean => {
    try {
      cycle();
      return true;
    } catch {
      return false;
    }
  };
  db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
  // What there is of room is used up.
  do bench.loadKw = 400 - bench.loadKw;
  while (isTaken());
  // As it was: from here on nothing changes.
  const unchanged = Array.from({ length: 10 }, isTaken);
  expect(unchanged.at(-1)).toBe(false);
  db.pragma('max_page_count = 1000000');
  expect([cycle(), cycle()]).toEqual([true, false]);
});

/** The largest site that a configuration may have, in the fullest state that it can come to. */
function largestState(): ControlState {
  const name = (k: number): string => `asset-${k}`.padEnd(32, 'x');
  const [meter, , battery] = ratings;
  const all = Array.from({ length: DEVICES_MAX }, (_, k) => ({
    ...(k === 0 ? meter! : battery!),
    asset: name(k),
    energyKwh: 1_234.567,
  }));
  const assetPolicy = policy.assets[0]!;
  const assets = all.map(({ asset }) => ({ ...assetPolicy, asset, safePowerKw: 0.125 }));
  const state = initialState(all, { ...policy, assets });
  const busy: AssetControl = {
    ...{ askedKw: 12.345, movedMs: 2 ** 40, changedMs: 2 ** 40, direction: -1, heldKw: 1.5 },
    stray: { sinceMs: 2 ** 40, powerKw: 12.345 },
    reversalsMs: Array.from({ length: 60 }, (_, k) => 2 ** 40 + k),
    seen: { atMs: 2 ** 40, activePowerKw: 12.345, stateOfCharge: 0.505 },
    counted: [2 ** 40, 0.485, 0.525, true],
  };
  const actions = Array.from({ length: ACTIONS_MAX }, (_, k) =>
    setpoint(20, {
      ...{ asset: name(1 + (k % 31)), activePowerKw: 12.345, reactivePowerKvar: 1.5 },
      validForMs: 86_400_000,
      revert: { to: 'value', activePowerKw: 1.5 },
      supersedes: new Uint8Array(16).fill(0xcc),
    }),
  );
  const underWay = actions.map(
    (action, index): ActiveAction => ({
      ...{ command: id('a'), index, rank: 'critical', order: 70_000, action, phase: 'scheduled' },
      ...{ startsMs: 2 ** 40, endsMs: 2 ** 41, rampFromKw: 0.125, rampStartMs: 2 ** 40 },
      ...{ reachedMs: 2 ** 40, clippedMs: 2 ** 40 },
      ...{ confirmed: 'nothing', failed: false },
    }),
  );
  const controls = Object.fromEntries(Object.keys(state.assets).map((asset) => [asset, busy]));
  return { ...state, assets: controls, actions: underWay };
}

test('the fullest state of the largest site is put on record, and read back as it was', () => {
  const { recorder, audit } = recorded();
  const state = largestState();
  recorder.commit(() => recorder.snapshot(state));
  const [snapshot, actions] = [...audit.records(audit.size - 2)];
  expect({ ...loggedState(snapshot!), actions: loggedActions(actions!) }).toEqual(state);
});

test('a replay that begins in the middle of an action decides the same', () => {
  const { bench, recorder, audit, cycle } = recorded();
  bench.command(id('a'), [setpoint(20)]);
  for (let second = 0; second < 10; second += 1) cycle();
  recorder.commit(() => recorder.snapshot(bench.state));
  const from = audit.size - 2;
  expect(audit.record(from).kind).toBe(RECORD_KINDS.snapshot);
  for (let second = 0; second < 70; second += 1) cycle();
  const report = replayDecisions(audit.records(from));
  expect(report).toMatchObject({ identical: true, skipped: 0 });
  expect(report.cycles).toBeGreaterThan(15);
});

test('what a refused transaction would have written still waits, and is written whole with the next', () => {
  const { bench, db, recorder, cycle, audit, kinds } = recorded();
  for (let second = 0; second < 30; second += 1) cycle();
  db.pragma('query_only = 1');
  bench.loadKw = 300;
  expect(() => {
    for (let second = 0; second < 5; second += 1) cycle();
  }).toThrow(/store_unwritable/);
  db.pragma('query_only = 0');
  bench.run(0);
  recorder.commit(() => recorder.flush());
  expect(kinds()).toEqual([RECORD_KINDS.snapshot, RECORD_KINDS.cycles, RECORD_KINDS.cycles]);
  const report = replayDecisions(audit.records());
  expect(report).toMatchObject({ identical: true, skipped: 0 });
  expect(report.cycles).toBeGreaterThanOrEqual(31);
});
