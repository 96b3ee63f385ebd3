import { type AgentStore, StoreError } from '@tieline/edge-agent';
import { nodeSigner } from '@tieline/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
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
test('a disk that somebody fills takes nothing, which is no fault, and then again', () => {
  disk.fill(true);
  const grow = (): void => store.transaction(() => append(30_000));
  expect(grow).toThrow(StoreError);
  disk.fill(false);
  grow();
  expect(disk.auditLog.size).toBe(1);
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
