import { type AuditEntry, openDatabase, type RecordBody } from '@tieline/audit';
import { fromHex } from '@tieline/kernel';
import type { ReceiptStatus } from '@tieline/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import type { AgentDouble } from '../testing/agent-double.ts';
import { setpoint, signedOrder } from '../testing/deployment.ts';
import { World } from '../testing/world.ts';

let world: World;
afterEach(() => world.plane.stop());

function record(kind: string, command: string, body: RecordBody): AuditEntry {
  const time = { wallMs: 1, monotonicMs: 1, clock: 'trusted' } as const;
  return { ...time, actor: 'agent', kind, subject: command, body, digests: {} };
}
const rung = (command: string, status: ReceiptStatus, action: number | null = 0): AuditEntry =>
  record(`command_${status.state}`, command, { action, status });
const accepted = (command: string): AuditEntry => record('command_accepted', command, {});
const refused = (command: string, cti: string): AuditEntry =>
  record('command_refused', command, {
    ...{ code: 'asset_local', step: 15, facts: { asset: 'battery-1' } },
    cti: fromHex(cti) ?? new Uint8Array(),
  });

function uploads(agent: AgentDouble, ...records: readonly AuditEntry[]): void {
  for (const one of records) agent.audit.append(one);
  const upload = agent.audit.pending(131_072);
  if (upload !== null) agent.uploads(upload);
}
const states = (id: string): string[] => world.plane.command(id).ladder.map(({ state }) => state);

test('what no receipt told is told by the audit log, once, and answers the command', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const { id } = world.plane.submitOrder(signedOrder(1)).commands[0]!;
  const outcome = agent.hears(world.bus.take('site-1/command')[0]!);
  uploads(agent, accepted(id), rung(id, { state: 'active' }), rung(id, { state: 'reverted' }));
  expect(states(id)).toEqual(['accepted', 'active', 'reverted']);
  expect(world.told(id)).toEqual(['queued', 'offered', 'reverted']);
  expect(world.plane.agent('site-1').waiting).toBe(0);
  agent.answers(outcome, { state: 'accepted' }, { auditIndex: 0 });
  agent.answers(outcome, { state: 'reverted' }, { auditIndex: 2, action: 0 });
  uploads(agent, rung(id, { state: 'reverted' }));
  expect(states(id)).toEqual(['accepted', 'active', 'reverted', 'reverted']);
  expect(world.plane.counters.get('messages_ignored', 'receipt_known')).toBe(2);
});

test('a receipt that its own audit log contradicts is an alarm, and the first word stands', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const { id } = world.plane.submitOrder(signedOrder(1)).commands[0]!;
  const outcome = agent.hears(world.bus.take('site-1/command')[0]!);
  agent.answers(outcome, { state: 'completed' }, { auditIndex: 0, action: 0 });
  uploads(agent, rung(id, { state: 'failed', detail: 'silent' }));
  expect(states(id)).toEqual(['completed']);
  expect(world.events.at(-1)).toMatchObject({ type: 'alarm', code: 'receipt_conflict' });
});

test('a refusal is believed only of an offer that was made, and no log speaks of the commands of another site', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const { id } = world.plane.submitOrder(signedOrder(1)).commands[0]!;
  const { cti } = world.plane.command(id).offers[0]!;
  uploads(agent, refused(id, '00'.repeat(16)));
  uploads(world.agents['site-2'], accepted(id));
  expect(states(id)).toEqual([]);
  uploads(agent, refused(id, cti));
  expect(world.plane.command(id)).toMatchObject({ state: 'refused', detail: 'asset_local' });
});

test('records that are no rungs, or that nobody understands, are stored and change nothing', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const { id } = world.plane.submitOrder(signedOrder(1)).commands[0]!;
  uploads(
    agent,
    record('command_repeated', id, { cti: new Uint8Array(16) }),
    record('command_active', id, { action: 0, status: { state: 'completed' } }),
    record('command_active', id, { action: 'all', status: { state: 'active' } }),
    record('command_levitating', id, { action: 0, status: { state: 'levitating' } }),
    accepted('no command'),
  );
  expect(states(id)).toEqual([]);
  expect(world.plane.agent('site-1').auditReceipted).toBe(5);
});

test('killed between storing an upload and reading it, it reads it when it starts again', async () => {
  const auditDb = openDatabase(':memory:', { synchronous: 'FULL' });
  const first = World.ready({ auditDb });
  const agent = first.agents['site-1'];
  const { id } = first.plane.submitOrder(signedOrder(1)).commands[0]!;
  const killed = first.store.serialize();
  for (const one of [accepted(id), rung(id, { state: 'active' })]) agent.audit.append(one);
  agent.uploads(agent.audit.pending(131_072)!);
  world = new World({ store: killed, auditDb, clock: first.clock });
  expect(states(id)).toEqual([]);
  world.plane.start();
  expect(states(id)).toEqual(['accepted', 'active']);
  await first.plane.stop();
});

test('no audit record is signed for before the rungs that it tells are stored', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const { id } = world.plane.submitOrder(signedOrder(1)).commands[0]!;
  agent.hears(world.bus.take('site-1/command')[0]!);
  const full = vi.spyOn(world.store, 'addRung').mockImplementation(() => {
    throw new Error('SQLITE_FULL');
  });
  uploads(agent, accepted(id), rung(id, { state: 'active' }));
  expect(world.bus.take('audit-receipt')).toEqual([]);
  expect(states(id)).toEqual([]);
  full.mockRestore();
  // The agent has heard nothing, and says the same again.
  uploads(agent);
  expect(world.bus.take('audit-receipt')).toHaveLength(1);
  expect(states(id)).toEqual(['accepted', 'active']);
  expect(world.plane.agent('site-1').waiting).toBe(0);
});

test('a damaged audit log of one site is an alarm at the start, keeps no other site waiting, and is read once it is whole', async () => {
  const auditDb = openDatabase(':memory:', { synchronous: 'FULL' });
  const first = World.ready({ auditDb });
  const ids = (['site-1', 'site-2'] as const).map((site, at) => {
    const target = { site, actions: [setpoint(50)], assumes: {} };
    const order = signedOrder(at + 1, { order: { targets: [target], reason: 'x' } });
    return first.plane.submitOrder(order).commands[0]!.id;
  });
  const killed = first.store.serialize();
  uploads(first.agents['site-1'], accepted(ids[0]!));
  const whole = auditDb
    .prepare<[], { key: number; record: Buffer }>('SELECT key, record FROM audit_leaf')
    .get()!;
  const write = auditDb.prepare('UPDATE audit_leaf SET record = ? WHERE key = ?');
  uploads(first.agents['site-2'], accepted(ids[1]!));
  write.run(null, whole.key);
  world = new World({ store: killed, auditDb, clock: first.clock });
  world.plane.start();
  expect(world.events).toMatchObject([
    { type: 'alarm', code: 'work_failed', site: 'site-1' },
    { type: 'command', id: ids[1] },
  ]);
  write.run(whole.record, whole.key);
  await world.clock.advance(1_000);
  expect(ids.map(states)).toEqual([['accepted'], ['accepted']]);
  await first.plane.stop();
});

test('what an agent writes down of its devices is an alarm, once, with the time when it was', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const foreign = record('foreign_setpoint', 'battery', { detail: 'wrote 40, reads 25' });
  uploads(agent, foreign, record('model_fault', '', { fault: 'late', detail: '' }));
  uploads(agent, record('readings_doubted', '', { doubts: 'meter: does not agree' }));
  const raised = world.events.filter(({ type }) => type === 'alarm');
  expect(raised).toMatchObject([
    {
      code: 'device_foreign_setpoint',
      site: 'site-1',
      detail: 'battery: wrote 40, reads 25 (since 1970-01-01T00:00:00Z)',
    },
    { code: 'device_doubted', detail: 'meter: does not agree (since 1970-01-01T00:00:00Z)' },
  ]);
});

test('no alarm of a device is lost where the rung beside it cannot be shown', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const { id } = world.plane.submitOrder(signedOrder(1)).commands[0]!;
  const broken = vi.spyOn(world.store, 'rungs').mockImplementation(() => {
    throw new Error('SQLITE_IOERR');
  });
  uploads(agent, accepted(id), record('write_failed', 'battery', { detail: 'refused' }));
  broken.mockRestore();
  uploads(agent);
  const raised = world.events.filter(({ type }) => type === 'alarm');
  expect(raised).toMatchObject([{ code: 'device_not_written', site: 'site-1' }]);
});

test('the alarm of a device says no time where its gateway knew none, and no more than fits', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const one = record('write_failed', 'battery', { detail: 'x'.repeat(1_000) });
  for (const clock of ['untrusted', 'trusted'] as const) {
    uploads(agent, { ...one, clock, wallMs: Number.MAX_SAFE_INTEGER });
    const raised = world.events.at(-1);
    expect(raised).toMatchObject({ code: 'device_not_written' });
    expect(raised?.type === 'alarm' && raised.detail.length).toBeLessThanOrEqual(300);
  }
});
