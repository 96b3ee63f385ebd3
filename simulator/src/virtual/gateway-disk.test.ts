import type { AuditLog } from '@tieline/audit';
import { type AgentStore, StoreError } from '@tieline/edge-agent';
import { nodeSigner } from '@tieline/protocol';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eveningPeak } from '../deployment/evening-peak.ts';
import type { VirtualRunError } from './failure.ts';
import { GatewayDisk } from './gateway-disk.ts';
import { VirtualRun } from './virtual-run.ts';

const SITE = 'harbour';

let disk: GatewayDisk;
let store: AgentStore;
let faults: VirtualRunError[];
beforeEach(() => {
  faults = [];
  disk = new GatewayDisk({
    identity: { anchor: new Uint8Array(32).fill(1), deployment: 'demo', site: SITE },
    key: { principal: SITE, signer: nodeSigner(new Uint8Array(32).fill(2)) },
    onFault: (fault) => faults.push(fault),
  });
  store = disk.store();
});
afterEach(() => disk.db.close());

function append(bytes = 1): void {
  store.audit.append({
    ...{ actor: 'control', kind: 'test', subject: '', body: { filling: new Uint8Array(bytes) } },
    ...{ wallMs: 0, monotonicMs: 0, clock: 'trusted', digests: {} },
  });
}
const sizes = ({
  size,
  first,
  receiptedSize,
}: Pick<AuditLog, 'size' | 'first' | 'receiptedSize'>) => [...[size, first, receiptedSize]];

test('who looks at a log sees what stands on the disk, behind what was undone and for every process', () => {
  expect(disk.log.size).toBe(0);
  store.transaction(() => append());
  expect(disk.log.size).toBe(1);
  const undone = (): void => {
    append();
    expect(disk.auditLog.size).toBe(2);
    throw new Error('undone');
  };
  expect(() => store.transaction(undone)).toThrow('undone');
  expect(disk.log.size).toBe(1);
  store = disk.store();
  store.transaction(() => append());
  expect(disk.log.size).toBe(2);
  expect([...disk.log.records()]).toEqual([...disk.auditLog.records()]);
});

test('however often its sizes are asked for, the log is asked once behind a transaction', () => {
  const asked = vi.spyOn(disk.auditLog, 'size', 'get');
  for (const size of [1, 2, 3]) {
    store.transaction(() => append());
    for (let look = 0; look < 5; look += 1) expect(disk.log.size).toBe(size);
    expect(asked).toHaveBeenCalledTimes(size);
  }
});

test('a disk that somebody fills takes nothing, which is no fault, and then again', () => {
  disk.fill(true);
  const grow = (): void => store.transaction(() => append(30_000));
  expect(grow).toThrow(StoreError);
  disk.fill(false);
  grow();
  expect(disk.log.size).toBe(1);
  expect(faults).toEqual([]);
});

test('a disk that is full though nobody filled it is that of the machine, and ends the run', async () => {
  const startMs = Date.UTC(2026, 2, 3, 18);
  using run = new VirtualRun({ simulated: eveningPeak(), seed: 2, startMs, control: true });
  await run.advance(30_000);
  const { db } = run.disks.get(SITE)!;
  db.pragma(`max_page_count = ${db.pragma('page_count', { simple: true })}`);
  await expect(run.advance(3_600_000)).rejects.toMatchObject({
    failure: { code: 'temporary_files_failed', reason: expect.stringMatching(/^SQLITE_FULL/) },
  });
  expect(run.world.wallMs() - startMs).toBeLessThan(3_600_000);
  await run.stop();
});

test('in a run with restarts, lost power and a lost link the sizes that are seen are those of the disk', async () => {
  const seen: string[] = [];
  const startMs = Date.UTC(2026, 2, 3, 18);
  using run = new VirtualRun({
    ...{ simulated: eveningPeak(), seed: 3, startMs, control: true },
    onStep: () => {
      for (const { log, auditLog } of run.disks.values()) {
        seen.push(String(sizes(log)));
        expect(sizes(log)).toEqual(sizes(auditLog));
      }
    },
  });
  await run.advance(60_000);
  run.network.cut(SITE);
  await run.advance(60_000);
  run.network.restore(SITE);
  await run.kill(SITE);
  run.start(SITE);
  await run.advance(60_000);
  run.inside.cutPower(SITE, { atWrite: 2, kept: false });
  await run.advance(60_000);
  run.start(SITE);
  await run.advance(60_000);
  await run.stop();
  expect(new Set(seen).size).toBeGreaterThan(10);
});
