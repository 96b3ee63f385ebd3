import { AuditLog, type AuditRecord } from '@tieline/audit';
import { replayDecisions } from '@tieline/edge-agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { AttackedSite } from '../attacks/attacked-site.ts';
import { policyFor, SITE } from '../attacks/deployment.ts';
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

test('an agent that starts on a disk that takes nothing controls its site, and accepts no command before its start is on record', async () => {
  const actions = [setpoint({ activePowerKw: 20, validForMs: 600_000 })];
  await at.strike(forgeCommand(at, { actions }));
  await at.world.advance(20_000);
  at.database.pragma('query_only = 1');
  await at.stopAgent();
  const records = recordsOf(at).length;
  at.asked.splice(0);
  at.startAgent();
  await at.world.advance(30_000);
  await at.strike(forgeCommand(at));
  expect(at.view().reported?.refused).toHaveProperty('store_unwritable');
  expect(at.view()).toMatchObject({ boot: 2, quarantine: null });
  // What the rule asks of a store that a command has used: to fill it again.
  expect(Math.max(...at.asked.slice(5).map((kw) => kw ?? 0))).toBeLessThan(0);
  expect(recordsOf(at)).toHaveLength(records);
  at.database.pragma('query_only = 0');
  await at.strike(forgeCommand(at));
  expect(at.asked.at(-1)).toBe(50);
  await at.world.advance(120_000);
  const since = recordsOf(at).slice(records);
  expect(since.slice(0, 4).map(({ kind }) => kind)).toEqual([
    ...['agent_started', 'command_unknown', 'control_snapshot', 'control_cycles'],
  ]);
  expect(at.records('agent_started').map(({ body }) => body['boot'])).toEqual([1, 2]);
  expect(replayDecisions(recordsOf(at)).identical).toBe(true);
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

test('of the policies that come on a full disk the newest signed one is taken when there is room, whatever a stranger adds', async () => {
  fillDisk();
  await at.world.advance(180_000);
  const { policy, trust, policyKey } = at.deployment;
  const topic = at.topic('desired/policy');
  const signed = (version: number): Uint8Array =>
    policyFor(SITE, { ...policy, version }, trust, policyKey);
  const forged = signed(5);
  forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 1;
  for (const payload of [signed(4), signed(3), signed(3), forged, new Uint8Array([1, 2, 3])]) {
    await at.strike({ topic, payload, qos: 1, retain: true });
  }
  const activated = (): unknown[] => at.records('policy_activated').map(({ subject }) => subject);
  expect(activated()).not.toContain('policy 4');
  freeDisk();
  await at.world.advance(120_000);
  expect(activated().at(-1)).toBe('policy 4');
  expect(activated()).not.toContain('policy 5');
});
