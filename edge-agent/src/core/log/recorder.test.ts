import { AuditLog, openDatabase } from '@tieline/audit';
import type { Clock } from '@tieline/kernel';
import { nodeSigner } from '@tieline/protocol';
import { expect, test } from 'vitest';
import { sqliteStore } from '../../adapters/sqlite-store.ts';
import { Bench, id, setpoint } from '../law/fixture-site.ts';
import { Session } from '../session.ts';
import { logCycle } from './cycle-log.ts';
import { RECORD_KINDS, Recorder } from './recorder.ts';
import { replayDecisions } from './replay.ts';

/** As many as the command desk lets be under way. */
const ACTIONS_MAX = 64;
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

test('a snapshot of as many actions as may be under way fits its record', () => {
  const { bench, recorder, audit } = recorded();
  const actions = Array.from({ length: ACTIONS_MAX }, () =>
    setpoint(20, {
      activePowerKw: 12.345,
      validForMs: 86_400_000,
      revert: { to: 'value', activePowerKw: 1.5 },
      supersedes: Buffer.from(id('c'), 'hex'),
    }),
  );
  bench.command(id('a'), actions);
  bench.run(5);
  expect(bench.state.actions).toHaveLength(ACTIONS_MAX);
  recorder.commit(() => recorder.snapshot(bench.state));
  expect(audit.record(audit.size - 1).kind).toBe(RECORD_KINDS.snapshot);
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
