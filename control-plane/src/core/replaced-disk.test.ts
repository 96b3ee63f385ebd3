import { auditKeysOf, verifyExport } from '@tieline/audit';
import { concatBytes } from '@tieline/kernel';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { AgentDouble } from '../testing/agent-double.ts';
import { setpoint, trust } from '../testing/deployment.ts';
import { World } from '../testing/world.ts';

/* A gateway that comes back on another disk under the same key. */

let world: World;
let agent: AgentDouble;
afterEach(() => world.plane.stop());

beforeEach(() => {
  world = World.ready();
  agent = world.agents['site-1'];
  for (let boot = 2; boot <= 5; boot += 1) agent.boots();
  agent.notes(5);
  takeUpload();
});

function takeUpload(): void {
  agent.uploads(agent.audit.pending(131_072)!);
  for (const { payload } of world.bus.take('site-1/audit-receipt')) agent.believes(payload);
}

/** Commands the site and has it answer; the command's state then. */
function commanded(reason: string): string {
  const { id } = world.plane.plan('site-1', [setpoint(50)], reason);
  const outcome = agent.hears(world.bus.take('site-1/command').at(-1)!);
  agent.answers(outcome, { state: 'accepted' });
  return world.plane.command(id).state;
}

/** Another process on the same data, to which the agents speak from now on. */
function restarted(): World {
  const { store, auditDb, clock, agents } = world;
  const again = new World({ store: store.serialize(), auditDb, clock, agents });
  again.plane.start();
  again.bus.up();
  return again;
}

const quarantine = () => world.plane.agent('site-1').quarantine?.code;
const exported = (closed?: number) =>
  verifyExport(concatBytes(...world.plane.exportAudit('site-1', closed)), auditKeysOf(trust));

test('with an empty disk it is quarantined once; released, its log, boots and receipts begin anew, and the old log is kept', async () => {
  expect([commanded('one'), commanded('two')]).toEqual(['accepted', 'accepted']);
  const first = world.plane.commands({ limit: 9 }).map(({ id }) => id);
  agent.getsNewDisk();
  agent.boots();
  expect(quarantine()).toBe('boot_fell');
  world.plane.release('site-1', 'disk replaced');
  world.bus.take('/command');
  agent.notes(2, 'on the new disk');
  takeUpload();
  expect([commanded('three'), commanded('four')]).toEqual(['accepted', 'accepted']);
  agent.boots();
  expect(quarantine()).toBeUndefined();
  expect(exported()).toMatchObject({ size: 2, receiptedSize: 2 });
  expect(exported(1)).toMatchObject({ size: 5, receiptedSize: 5 });
  expect(world.plane.agent('site-1').generation).toBe(1);
  for (const id of first) expect(world.plane.command(id).state).toBe('accepted');
  expect(world.events.filter((event) => event.type === 'alarm')).toHaveLength(1);

  const again = restarted();
  agent.boots();
  expect(again.plane.agent('site-1').quarantine).toBeNull();
  await again.plane.stop();
});

test('a recorded receipt of the old disk takes no number of the new one', () => {
  world.plane.plan('site-1', [setpoint(50)], 'before');
  const outcome = agent.hears(world.bus.take('site-1/command').at(-1)!);
  const recorded = agent.answers(outcome, { state: 'accepted' });
  agent.getsNewDisk();
  agent.boots();
  world.plane.release('site-1', 'disk replaced');
  world.bus.deliver(recorded);
  expect(world.plane.counters.get('messages_ignored', 'receipt_known')).toBe(1);
  expect(commanded('after')).toBe('accepted');
});

test('a copy of an older disk is not released: its log can be neither continued nor begun', () => {
  const copy = agent.audit;
  agent.notes(3);
  takeUpload();
  agent.getsNewDisk();
  agent.audit = copy;
  agent.boots({ boot: 9, audit: { size: 5, root: copy.root(5) }, receipted: 5 });
  expect(quarantine()).toBe('log_truncated');
  expect(() => world.plane.release('site-1', 'restored')).toThrow('log_not_new');
  expect(quarantine()).toBe('log_truncated');
  agent.getsNewDisk();
  agent.boots();
  expect(world.plane.release('site-1', 'started on an empty disk').quarantine).toBeNull();
});

test('the right disk put back is released, and goes on with the log that is held', () => {
  agent.boots({ boot: 1 });
  expect(quarantine()).toBe('boot_fell');
  world.plane.release('site-1', 'the clock of boots was wrong');
  agent.notes(1);
  takeUpload();
  expect(exported()).toMatchObject({ size: 6 });
  expect(() => exported(1)).toThrow('log_unknown');
});

test('a new disk that has outgrown the old log is found by its upload, and released as a new one', () => {
  agent.getsNewDisk();
  agent.boot = 9;
  agent.notes(8, 'another history');
  agent.boots();
  expect(quarantine()).toBeUndefined();
  agent.uploads(agent.audit.pending(131_072)!);
  expect(quarantine()).toBe('log_forked');
  // The receipt that greeted it, and that it does not believe.
  world.bus.take('audit-receipt');
  world.plane.release('site-1', 'disk replaced');
  takeUpload();
  expect(exported()).toMatchObject({ size: 8 });
});

test('a command that the old disk may have taken is not offered to the new one: it is unknown, and those behind it go on', () => {
  const [taken, behind] = ['taken', 'behind'].map((reason) =>
    world.plane.plan('site-1', [setpoint(50)], reason),
  );
  expect(agent.hears(world.bus.take('site-1/command').at(-1)!).outcome).toBe('new');
  agent.getsNewDisk();
  agent.boots();
  world.plane.release('site-1', 'disk replaced');
  const lost = { state: 'unknown', detail: 'disk_replaced', final: true };
  expect(world.plane.command(taken!.id)).toMatchObject(lost);
  const offers = world.bus.take('site-1/command').map((offer) => agent.hears(offer));
  expect(offers).toMatchObject([{ outcome: 'new' }]);
  agent.answers(offers[0]!, { state: 'accepted' });
  expect(world.plane.command(behind!.id).state).toBe('accepted');
});

test('started again between the new disk and its release, the control plane still knows what was offered to the old one', async () => {
  const { id } = world.plane.plan('site-1', [setpoint(50)], 'taken');
  agent.getsNewDisk();
  agent.boots();
  const again = restarted();
  agent.boots();
  again.plane.release('site-1', 'disk replaced');
  expect(again.plane.command(id)).toMatchObject({ state: 'unknown', detail: 'disk_replaced' });
  expect(again.bus.take('site-1/command')).toEqual([]);
  await again.plane.stop();
});

test('a new disk whose boots fell, and whose log has outgrown the old one since, is released as a new one', () => {
  expect(commanded('before')).toBe('accepted');
  agent.getsNewDisk();
  agent.boots();
  expect(quarantine()).toBe('boot_fell');
  agent.notes(8, 'on the new disk');
  agent.beats();
  expect(world.plane.release('site-1', 'disk replaced').generation).toBe(1);
  expect(commanded('after')).toBe('accepted');
  takeUpload();
  expect(exported()).toMatchObject({ size: 8 });
});

test('a clone that forks the log of an agent in its first session is released without closing the good log', () => {
  agent.beats();
  const good = agent.audit;
  agent.getsNewDisk();
  agent.notes(8, 'of a clone');
  agent.uploads(agent.audit.pending(131_072)!);
  expect(quarantine()).toBe('log_forked');
  // The receipts that the clone was sent, and that are not for it.
  world.bus.take('audit-receipt');
  agent.audit = good;
  expect(world.plane.release('site-1', 'clone taken away').generation).toBe(0);
  agent.notes(1);
  takeUpload();
  expect(exported()).toMatchObject({ size: 6, receiptedSize: 6 });
});

test('started again, the control plane releases a new disk by its heartbeat alone, and none before its first word', async () => {
  agent.getsNewDisk();
  agent.boots();
  const again = restarted();
  const release = () => again.plane.release('site-1', 'disk replaced');
  expect(release).toThrow('log_not_new');
  agent.beats();
  expect(release()).toMatchObject({ quarantine: null, generation: 1 });
  await again.plane.stop();
});
