import { AuditLog, type AuditRecord } from '@tieline/audit';
import { replayDecisions } from '@tieline/edge-agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AttackedSite } from '../attacks/attacked-site.ts';
import { SITE } from '../attacks/deployment.ts';
import { forgeCommand, setpoint } from '../attacks/forge.ts';

let at: AttackedSite;
beforeEach(async () => {
  at = await AttackedSite.start();
});
afterEach(() => at.stop());

const pages = (pragma: string): number => Number(at.database.pragma(pragma, { simple: true }));
function recordsOf({ database: db, deployment }: AttackedSite): readonly AuditRecord[] {
  const { trust, simulated, agents } = deployment;
  const identity = { anchor: trust.anchor, deployment: simulated.deployment, site: SITE };
  return [...new AuditLog({ db, identity, key: agents.get(SITE)! }).records()];
}
/** From here on the database may not grow by a page; what a page has left is written full by the agent. */
const fillDisk = (): void => {
  pages(`max_page_count = ${pages('page_count')}`);
};
const freeDisk = (): void => {
  pages('max_page_count = 1000000');
};
const heartbeats = (): number => at.heard.filter(({ topic }) => topic.endsWith('heartbeat')).length;

test('on a full disk control goes on and commands are refused; freed, all is on record and decides the same', async () => {
  fillDisk();
  await at.world.advance(180_000);
  const before = heartbeats();
  const accepted = at.records('command_accepted').length;
  for (let k = 0; k < 8; k += 1) await at.strike(forgeCommand(at));
  expect(at.view().reported?.refused).toHaveProperty('store_unwritable');
  expect(at.records('command_accepted').length).toBe(accepted);
  expect(new Set(at.asked)).toEqual(new Set([0]));
  expect(heartbeats() - before).toBeGreaterThanOrEqual(8);
  freeDisk();
  await at.world.advance(60_000);
  const records = recordsOf(at);
  expect(replayDecisions(records).identical).toBe(true);
  expect(records.filter(({ kind }) => kind === 'cycles_unrecorded')).toEqual([]);
  await at.strike(forgeCommand(at));
  expect(at.records('command_accepted')).toHaveLength(accepted + 1);
});

test('a disk that stays full for long costs the log a gap that it tells of, and a replay goes on behind it', async () => {
  fillDisk();
  await at.world.advance(1_500_000);
  freeDisk();
  await at.world.advance(120_000);
  await at.strike(forgeCommand(at, { actions: [setpoint({ validForMs: 5_000 })] }));
  await at.world.advance(60_000);
  const [gap] = at.records('cycles_unrecorded');
  expect(gap?.body['cycles']).toBeGreaterThan(600);
  const report = replayDecisions(recordsOf(at));
  expect(report).toMatchObject({ identical: true, firstDifference: null });
  expect(at.records('command_reverted')).toHaveLength(1);
});
