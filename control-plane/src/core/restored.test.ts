import { openDatabase } from '@tieline/audit';
import { EPOCH_STEP_MAX } from '@tieline/protocol';
import { afterEach, expect, test } from 'vitest';
import type { AgentDouble } from '../testing/agent-double.ts';
import { setpoint } from '../testing/deployment.ts';
import { World } from '../testing/world.ts';

/* A control plane whose data was restored from an older copy than its agents remember. */

let world: World;
afterEach(() => world.plane.stop());

function alarms(code: string): { site: string | null; detail: string }[] {
  return world.events.flatMap((event) =>
    event.type === 'alarm' && event.code === code
      ? [{ site: event.site, detail: event.detail }]
      : [],
  );
}

/** The newest command to the agent, judged by it. */
function outcome(agent: AgentDouble): string {
  return agent.hears(world.bus.take(`${agent.site}/command`).at(-1)!).outcome;
}

/** Hands the agents of one world to another: they keep their sessions, logs and memory. */
function restoredFrom(copy: Buffer, agents: World['agents'], before: World): World {
  const restored = new World({ store: copy, auditDb: before.auditDb, clock: before.clock, agents });
  restored.plane.start();
  restored.bus.up();
  return restored;
}

test('agents that have followed a later term raise an alarm and lead the term above it; commands are taken again', async () => {
  const first = World.ready();
  const copy = first.store.serialize();
  await first.plane.stop();
  const later = new World({
    ...{ store: first.store.serialize(), auditDb: first.auditDb },
    ...{ clock: first.clock, agents: first.agents },
  });
  later.plane.start();
  later.bus.up();
  world = later;
  const agent = first.agents['site-1'];
  agent.boots();
  later.plane.plan('site-1', [setpoint(50)], 'under term 2');
  expect(outcome(agent)).toBe('new');
  await later.plane.stop();

  world = restoredFrom(copy, first.agents, later);
  expect(world.plane.epoch).toBe(2);
  // The same term, and a sequence number that is used up already.
  agent.boots();
  expect(alarms('term_behind')).toMatchObject([{ site: 'site-1' }]);
  expect(world.plane.epoch).toBe(3);
  world.plane.plan('site-1', [setpoint(60)], 'after the copy');
  expect(outcome(agent)).toBe('new');

  agent.boots({ epochSeen: 9, seqSeen: 1 });
  expect(world.plane.health().epoch).toBe(10);
  expect(world.bus.take('site-1/presence').length).toBeGreaterThan(0);
  const again = new World({ store: world.store.serialize(), clock: world.clock });
  expect(again.plane.epoch).toBe(11);
});

test('one agent cannot lead the term beyond what the others would follow', () => {
  world = World.ready();
  const { epoch } = world.plane;
  world.agents['site-1'].boots({ epochSeen: EPOCH_STEP_MAX });
  expect(world.plane.epoch).toBe(epoch);
  expect(alarms('term_behind')).toHaveLength(1);
  world.agents['site-1'].boots({ epochSeen: EPOCH_STEP_MAX / 2 - 1 });
  expect(world.plane.epoch).toBe(EPOCH_STEP_MAX / 2);
  world.plane.plan('site-2', [setpoint(50)], 'to one that has never heard a command');
  expect(outcome(world.agents['site-2'])).toBe('new');
});

test('a refusal for a stale term leads above it as well, where no birth has told', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  world.plane.plan('site-1', [setpoint(50)], 'x');
  const heard = agent.hears(world.bus.take('site-1/command')[0]!);
  agent.answers(heard, { state: 'refused', code: 'epoch_stale', facts: { epoch: 1, seen: 7 } });
  expect(world.plane.epoch).toBe(8);
  agent.answers(heard, { state: 'refused', code: 'seq_replayed', facts: { seq: 1, seen: 1 } });
  expect(world.plane.epoch).toBe(8);
});

test('an agent that holds receipts for more than is held here raises one alarm, until its uploads are taken', () => {
  const before = World.ready();
  const agent = before.agents['site-1'];
  agent.notes(5);
  agent.uploads(agent.audit.pending(131_072)!);
  const copy = openDatabase(before.auditDb.serialize(), { synchronous: 'FULL' });
  agent.notes(5);
  agent.uploads(agent.audit.pending(131_072)!);
  for (const { payload } of before.bus.take('audit-receipt')) agent.believes(payload);
  expect(agent.audit.receiptedSize).toBe(10);

  world = new World({
    ...{ store: before.store.serialize(), auditDb: copy },
    ...{ clock: before.clock, agents: before.agents },
  });
  world.plane.start();
  world.bus.up();
  agent.boots();
  expect(alarms('audit_behind')).toEqual([
    { site: 'site-1', detail: 'it has receipts for 10, 5 are here' },
  ]);
  agent.notes(2);
  agent.uploads(agent.audit.pending(131_072)!);
  agent.uploads(agent.audit.pending(131_072)!);
  expect(world.plane.counters.get('messages_refused', 'upload_gap')).toBe(2);
  expect(alarms('audit_behind')).toHaveLength(1);
  expect(world.plane.agent('site-1').auditReceipted).toBe(5);
});
