import { type AuditEntry, openDatabase } from '@tieline/audit';
import { KINDS } from '@tieline/protocol';
import { afterEach, expect, test } from 'vitest';
import { auditLogOf } from '../testing/agent-double.ts';
import { agentKeys, setpoint, signedOrder } from '../testing/deployment.ts';
import { World } from '../testing/world.ts';
import { Counters } from './counters.ts';

function note(subject: string): AuditEntry {
  return {
    wallMs: 1,
    monotonicMs: 1,
    clock: 'trusted',
    actor: 'double',
    kind: 'note',
    subject,
    body: {},
    digests: {},
  };
}

let world: World;
afterEach(() => world.plane.stop());

test('an agent that is silent for 30 s is lost, since when it was last heard; its next word brings it back', async () => {
  world = World.ready();
  const heardMs = world.clock.wallMs();
  await world.clock.advance(30_000);
  expect(world.plane.agent('site-1').link).toBe('present');
  await world.clock.advance(1_000);
  expect(world.plane.agent('site-1')).toMatchObject({ link: 'lost', sinceWallMs: heardMs });
  world.agents['site-1'].beats();
  expect(world.plane.agent('site-1')).toMatchObject({
    link: 'present',
    sinceWallMs: world.clock.wallMs(),
  });
  expect(world.changes('site-1')).toEqual(['lost', 'back']);
});

test('the will of the present session means lost at once; that of an earlier session means nothing', async () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const oldWill = agent.send(KINDS.death, { boot: agent.boot }, false);
  agent.boots();
  world.bus.deliver(oldWill);
  expect(world.plane.agent('site-1').link).toBe('present');
  agent.dies();
  expect(world.plane.agent('site-1').link).toBe('lost');
});

test('a heartbeat heard before keeps nobody alive', async () => {
  world = World.ready();
  const recorded = world.agents['site-1'].beats();
  for (let second = 0; second < 32; second += 1) {
    await world.clock.advance(1_000);
    world.bus.deliver(recorded);
  }
  expect(world.plane.agent('site-1').link).toBe('lost');
  expect(world.plane.counters.get('messages_ignored', 'replayed')).toBe(32);
});

test('a birth of an earlier session, sent again, does not bring that session back', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const recorded = agent.boots();
  agent.boots();
  const sess = world.plane.agent('site-1').sess;
  world.bus.deliver(recorded);
  expect(world.plane.agent('site-1').sess).toBe(sess);
});

test('a session whose birth was missed is taken from its heartbeat once the one before is silent', async () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const before = world.plane.agent('site-1').sess;
  world.bus.down();
  agent.boot += 1;
  agent.sess = new Uint8Array(16).fill(99);
  world.bus.up();
  agent.beats();
  expect(world.plane.agent('site-1').sess).toBe(before);
  await world.clock.advance(31_000);
  agent.beats();
  expect(world.plane.agent('site-1').sess).toBe('63'.repeat(16));
  expect(world.changes('site-1')).toEqual(['lost', 'session', 'back']);
});

test('a message of another site, a stranger, or a broker’s store is refused and counted by code', () => {
  world = World.ready();
  const { counters } = world.plane;
  const mine = world.agents['site-1'].send(KINDS.heartbeat, beat(), false);
  world.bus.deliver({ ...mine, topic: mine.topic.replace('site-1', 'site-2') });
  expect(counters.get('messages_refused', 'site_out_of_scope')).toBe(1);
  world.bus.deliver({ ...mine, retained: true });
  expect(counters.get('messages_refused', 'message_retained')).toBe(1);
  const forged = mine.payload.slice();
  forged[forged.length - 1]! ^= 1;
  world.bus.deliver({ ...mine, payload: forged });
  expect(counters.get('messages_refused', 'signature_wrong')).toBe(1);
  world.bus.deliver({ ...mine, topic: 'tl1/test/site-9/heartbeat' });
  expect(counters.get('messages_refused', 'site_unknown')).toBe(1);
  world.bus.deliver({ ...mine, topic: 'nonsense' });
  expect(counters.get('messages_refused', 'topic_unknown')).toBe(1);
});

function beat() {
  return {
    sessionMs: 5,
    wallMs: 1,
    trust: 1,
    policy: 1,
    model: null,
    audit: { size: 0, root: new Uint8Array(32) },
    clock: 'trusted' as const,
    mode: 'automatic' as const,
    control: 'present' as const,
    buffered: { receipts: 0, auditRecords: 0, telemetryPoints: 0 },
    refused: {},
  };
}

test('an agent that knows less than was signed for is quarantined, says why, and gets no command until released', async () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  agent.audit.append(note('a note'));
  const upload = agent.audit.pending(131_072);
  agent.uploads(upload!);
  expect(world.bus.take('audit-receipt')).toHaveLength(1);
  expect(world.plane.agent('site-1').auditReceipted).toBe(1);

  agent.audit = auditLogOf('site-1', agentKeys['site-1']!);
  agent.boots();
  const { quarantine } = world.plane.agent('site-1');
  expect(quarantine).toMatchObject({ code: 'log_truncated', facts: { size: 0, receipted: 1 } });
  expect(world.events.filter((event) => event.type === 'alarm')).toHaveLength(1);

  const { commands } = world.plane.submitOrder(signedOrder(1));
  await world.live(20_000);
  expect(world.plane.command(commands[0]!.id).state).toBe('queued');
  world.plane.release('site-1', 'disk replaced, seen on site');
  expect(world.plane.command(commands[0]!.id).state).toBe('offered');
  expect(() => world.plane.release('site-1', 'again')).toThrow('agent_not_quarantined');
});

test('a boot count that falls quarantines', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  agent.boots();
  agent.boots({ boot: 1 });
  expect(world.plane.agent('site-1').quarantine?.code).toBe('boot_fell');
});

test('a forked audit log is refused and stores nothing; its site is quarantined, with one alarm', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  agent.audit.append(note('one history'));
  agent.uploads(agent.audit.pending(131_072)!);
  agent.audit = auditLogOf('site-1', agentKeys['site-1']!);
  agent.audit.append(note('another'));
  agent.audit.append(note('and more'));
  agent.uploads(agent.audit.pending(131_072)!);
  agent.uploads(agent.audit.pending(131_072)!);
  expect(world.plane.agent('site-1').auditReceipted).toBe(1);
  expect(world.plane.counters.get('messages_refused', 'log_forked')).toBe(2);
  expect(world.plane.agent('site-1').quarantine?.code).toBe('log_forked');
  const alarms = world.events.filter((event) => event.type === 'alarm');
  expect(alarms).toMatchObject([{ code: 'agent_quarantined' }]);
  expect(world.plane.plan('site-1', [setpoint(50)], 'held back').state).toBe('queued');
});

test('every agent hears every ten seconds that the control plane is alive, and of which session and epoch it speaks', async () => {
  world = World.ready();
  await world.live(30_000);
  expect(world.bus.take('site-1/presence')).toHaveLength(3);
  expect(world.bus.take('site-2/presence')).toHaveLength(3);
});

test('an agent that asks for the time is answered with its nonce', () => {
  world = World.ready();
  const nonce = new Uint8Array(16).fill(3);
  world.agents['site-1'].send(KINDS.timeAsk, { nonce });
  expect(world.bus.take('site-1/time/tell')).toHaveLength(1);
});

test('telemetry of a session that is over is refused', async () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const series = [{ asset: 'meter', quantity: 'active-power-kw' as const, values: [-1] }];
  const batch = { startSessionMs: 1, startWallMs: 1, clock: 'trusted' as const, stepMs: 1_000 };
  const late = agent.send(KINDS.telemetry, { ...batch, series }, false);
  agent.boots();
  world.bus.deliver(late);
  await world.clock.advance(1_000);
  expect(world.plane.counters.get('messages_refused', 'session_other')).toBe(1);
});

test('what is known of agents outlives the process, under a higher epoch', async () => {
  const auditDb = openDatabase(':memory:', { synchronous: 'FULL' });
  const first = World.ready({ auditDb });
  const { epoch } = first.plane;
  await first.plane.stop();
  world = new World({ store: first.store.serialize(), auditDb, clock: first.clock });
  expect(world.plane.epoch).toBe(epoch + 1);
  expect(world.plane.agent('site-1')).toMatchObject({
    link: 'unheard',
    boot: 1,
    software: 'double/1',
  });
  world.plane.start();
  world.bus.up();
  const recorded = first.agents['site-1'].send(KINDS.heartbeat, { ...beat(), sessionMs: 0 }, false);
  world.bus.deliver(recorded);
  expect(world.plane.agent('site-1').link).toBe('unheard');
});

test('an agent that died while the control plane was away is lost 30 s after its start, since it was last heard', async () => {
  const first = World.ready();
  const heardMs = first.clock.wallMs();
  await first.plane.stop();
  await first.clock.advance(3_600_000);
  world = new World({ store: first.store.serialize(), clock: first.clock, agents: first.agents });
  world.plane.start();
  world.bus.up();
  await world.live(31_000, ['site-1']);
  expect(world.plane.agent('site-1')).toMatchObject({ link: 'lost', sinceWallMs: heardMs });
  expect(world.plane.agent('site-2').link).toBe('present');
  const fresh = new World({ clock: first.clock });
  fresh.plane.start();
  await fresh.clock.advance(60_000);
  expect(fresh.plane.agent('site-1').link).toBe('unheard');
  await fresh.plane.stop();
});

test('with each connection to the broker every site is told what is in force', () => {
  world = World.ready();
  world.plane.directModel('site-1', null);
  world.bus.down();
  world.bus.sent.splice(0);
  world.bus.up();
  for (const kind of ['policy', 'freshness']) {
    expect(world.bus.take(`/desired/${kind}`)).toMatchObject(
      Array(3).fill({ retain: true, qos: 1 }),
    );
  }
  expect(world.bus.take('/desired/model')).toHaveLength(1);
  expect(world.bus.take('/presence')).toHaveLength(3);
});

test('a birth is answered with the newest receipt of the audit log, which the agent may have missed', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  agent.audit.append(note('a note'));
  agent.uploads(agent.audit.pending(131_072)!);
  const [receipt] = world.bus.take('audit-receipt');
  agent.boots();
  expect(world.bus.take('audit-receipt')).toMatchObject([{ payload: receipt!.payload }]);
});

test('counting what strangers send takes bounded memory', () => {
  const counters = new Counters();
  for (let nr = 0; nr < 1_000; nr += 1) counters.add('messages_refused', `code-${nr}`);
  expect(counters.of('messages_refused').size).toBe(301);
  expect(counters.get('messages_refused', 'other')).toBe(700);
});

test('killed at any moment, it still knows to the minute when an agent was last heard', async () => {
  world = World.ready();
  await world.live(300_000);
  const killed = new World({ store: world.store.serialize(), clock: world.clock });
  const { heardWallMs } = killed.plane.agent('site-1');
  expect(world.clock.wallMs() - heardWallMs!).toBeLessThanOrEqual(70_000);
});
