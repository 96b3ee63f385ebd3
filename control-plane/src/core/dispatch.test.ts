import { openDatabase } from '@tieline/audit';
import type { Action, CommandOutcome } from '@tieline/protocol';
import { afterEach, expect, test } from 'vitest';
import type { AgentDouble } from '../testing/agent-double.ts';
import {
  alice,
  bob,
  carol,
  mallory,
  setpoint,
  signedOrder,
  signedPolicy,
} from '../testing/deployment.ts';
import { World } from '../testing/world.ts';

let world: World;
afterEach(() => world.plane.stop());

/** The one command that the agent was sent, judged by it. */
function heard(agent: AgentDouble): CommandOutcome {
  const sent = world.bus.take(`${agent.site}/command`);
  expect(sent).toHaveLength(1);
  return agent.hears(sent[0]!);
}

test('an order becomes one command for each site, which the agents accept, and climbs the ladder of their receipts', async () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const { order, commands } = world.plane.submitOrder(signedOrder(1));
  expect(order).toBe('01'.repeat(16));
  const { id } = commands[0]!;
  const outcome = heard(agent);
  expect(outcome.outcome).toBe('new');
  agent.answers(outcome, { state: 'accepted' });
  agent.answers(outcome, { state: 'active' }, { action: 0 });
  agent.answers(outcome, { state: 'confirmed', by: 'device', measuredKw: 120 }, { action: 0 });
  agent.answers(outcome, { state: 'confirmed', by: 'meter', measuredKw: 119.6 }, { action: 0 });
  agent.answers(outcome, { state: 'completed' }, { action: 0 });
  expect(world.told(id)).toEqual([
    'queued',
    'offered',
    'accepted',
    'active',
    'confirmed(device)',
    'confirmed(meter)',
    'completed',
  ]);
  const shown = world.plane.command(id);
  expect(shown).toMatchObject({ state: 'completed', confirmedBy: 'meter', final: true });
  expect(shown.ladder.map((rung) => rung.auditIndex)).toEqual([1, 2, 3, 4, 5]);
});

test('a command without a receipt is unknown, never failed, and a late receipt still resolves it', async () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const { commands } = world.plane.submitOrder(signedOrder(1));
  const { id } = commands[0]!;
  const outcome = heard(agent);
  await world.live(20_000);
  expect(world.plane.command(id)).toMatchObject({ state: 'unknown', final: false });
  agent.answers(outcome, { state: 'accepted' });
  expect(world.plane.command(id).state).toBe('accepted');
});

test('an unanswered command is offered again under the same id, and the agent knows it', async () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  world.plane.submitOrder(signedOrder(1));
  const first = heard(agent);
  await world.live(20_000);
  const again = heard(agent);
  expect([first.outcome, again.outcome]).toEqual(['new', 'known']);
  expect(again.offer.commandId).toEqual(first.offer.commandId);
  expect(again.offer.cti).not.toEqual(first.offer.cti);
});

test('a command that cannot be accepted any more stays unknown where it was offered, and expires where it never was', async () => {
  world = World.ready();
  const [offered] = world.plane.submitOrder(signedOrder(1)).commands;
  await world.clock.advance(40_000);
  const [kept] = world.plane.submitOrder(signedOrder(2)).commands;
  expect(world.plane.command(kept!.id).state).toBe('queued');
  await world.clock.advance(600_000);
  expect(world.plane.command(offered!.id)).toMatchObject({ state: 'unknown', detail: 'too_late' });
  expect(world.plane.command(kept!.id)).toMatchObject({ state: 'expired', final: true });
  world.bus.take('/command');
  world.agents['site-1'].beats();
  expect(world.bus.take('/command')).toHaveLength(0);
});

test('a command that was given up stays so over restarts, and is not told of again', async () => {
  const first = World.ready();
  const [offered] = first.plane.submitOrder(signedOrder(1)).commands;
  await first.clock.advance(640_000);
  expect(first.plane.command(offered!.id)).toMatchObject({ detail: 'too_late', final: true });
  await first.plane.stop();
  world = new World({ store: first.store.serialize(), clock: first.clock });
  world.plane.start();
  await world.clock.advance(5_000);
  expect(world.told(offered!.id)).toEqual([]);
  expect(world.plane.agent('site-1').waiting).toBe(0);
});

test('after a birth the same command is offered to the new session with a later sequence number', async () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const { id } = world.plane.submitOrder(signedOrder(1)).commands[0]!;
  world.bus.take('/command');
  agent.boots();
  const outcome = heard(agent);
  expect(outcome.outcome).toBe('new');
  const offers = world.plane.command(id).offers;
  expect(offers).toHaveLength(2);
  expect(offers[1]!.seq).toBe(offers[0]!.seq + 1);
  expect(offers[1]!.sess).not.toBe(offers[0]!.sess);
});

test('one agent has one unacknowledged command; the next goes out with the receipt of the one before', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  world.plane.submitOrder(signedOrder(1));
  world.plane.submitOrder(signedOrder(2));
  const first = heard(agent);
  agent.answers(first, { state: 'refused', code: 'quota_spent', facts: {} });
  expect(heard(agent).outcome).toBe('new');
});

test('a command that is never answered does not block those behind it for ever', async () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  world.plane.submitOrder(signedOrder(1));
  world.plane.submitOrder(signedOrder(2));
  world.bus.take('/command');
  await world.live(20_000);
  const next = heard(agent);
  expect(Buffer.from(next.offer.commandId).toString('hex')).toBe(
    world.plane.commandsOfOrder('02'.repeat(16))[0]!.id,
  );
});

test('the same order again is the same commands; the same id with other bytes is refused', () => {
  world = World.ready();
  const once = world.plane.submitOrder(signedOrder(1));
  const again = world.plane.submitOrder(signedOrder(1));
  expect(again.commands.map(({ id }) => id)).toEqual(once.commands.map(({ id }) => id));
  expect(world.bus.take('/command')).toHaveLength(1);
  const other = signedOrder(1, { order: { reason: 'another reason' } });
  expect(() => world.plane.submitOrder(other)).toThrow('order_conflict');
});

test('receipts that are forged, repeated, of another site or for no offer change nothing and are counted', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const { id } = world.plane.submitOrder(signedOrder(1)).commands[0]!;
  const outcome = heard(agent);
  const { counters } = world.plane;
  const forged = agent.answers(outcome, { state: 'completed' }, {}, false);
  forged.payload[forged.payload.length - 5]! ^= 1;
  world.bus.deliver(forged);
  expect(counters.get('messages_refused', 'signature_wrong')).toBe(1);
  world.agents['site-2'].answers(outcome, { state: 'completed' });
  agent.answers(outcome, { state: 'completed' }, { cti: new Uint8Array(16) });
  expect(counters.get('messages_ignored', 'receipt_unmatched')).toBe(2);
  expect(world.plane.command(id).state).toBe('offered');

  const accepted = agent.answers(outcome, { state: 'accepted' });
  world.bus.deliver(accepted);
  expect(counters.get('messages_ignored', 'receipt_known')).toBe(1);
  agent.counter -= 1;
  agent.answers(outcome, { state: 'completed' });
  expect(counters.get('messages_ignored', 'receipt_conflict')).toBe(1);
  expect(world.plane.command(id).state).toBe('accepted');
  expect(world.events.at(-1)).toMatchObject({ type: 'alarm', code: 'receipt_conflict' });
});

test('receipts that arrive out of order tell the same story', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const { id } = world.plane.submitOrder(signedOrder(1)).commands[0]!;
  const outcome = heard(agent);
  const accepted = agent.answers(outcome, { state: 'accepted' }, {}, false);
  const active = agent.answers(outcome, { state: 'active' }, { action: 0 }, false);
  world.bus.deliver(active);
  world.bus.deliver(accepted);
  expect(world.plane.command(id).state).toBe('active');
});

test('killed and started again on the same file, it goes on under a higher epoch and loses nothing', async () => {
  const auditDb = openDatabase(':memory:', { synchronous: 'FULL' });
  const first = World.ready({ auditDb });
  const { id } = first.plane.submitOrder(signedOrder(1)).commands[0]!;
  const before = first.plane.command(id).offers[0]!;
  const killed = first.store.serialize();
  world = new World({ store: killed, auditDb, clock: first.clock });
  world.plane.start();
  world.bus.up();
  expect(world.plane.command(id)).toMatchObject({ state: 'unknown', final: false });
  expect(world.plane.policy()?.policy.version).toBe(1);
  const agent = world.agents['site-1'];
  agent.boots();
  agent.boots();
  const outcome = heard(agent);
  expect(outcome.outcome).toBe('new');
  const after = world.plane.command(id).offers.at(-1)!;
  expect(after.epoch).toBe(before.epoch + 1);
  expect(after.seq).toBeGreaterThan(before.seq);
  agent.answers(outcome, { state: 'accepted' });
  expect(world.plane.command(id).state).toBe('accepted');
  await first.plane.stop();
});

test('an agent that is away gets its command when it is back', async () => {
  world = World.ready();
  await world.clock.advance(31_000);
  const { id } = world.plane.submitOrder(signedOrder(1)).commands[0]!;
  expect(world.plane.command(id).state).toBe('queued');
  world.agents['site-1'].beats();
  expect(heard(world.agents['site-1']).outcome).toBe('new');
});

test('an agent with an older policy gets no command until it reports the one that it was judged by', async () => {
  world = World.ready();
  world.plane.acceptPolicy(signedPolicy(2));
  const { id } = world.plane.submitOrder(signedOrder(1)).commands[0]!;
  expect(world.plane.command(id).state).toBe('queued');
  await world.clock.advance(1_000);
  world.agents['site-1'].policy = { ...world.agents['site-1'].policy, version: 2 };
  world.agents['site-1'].beats();
  await world.clock.advance(1_000);
  expect(world.plane.command(id).state).toBe('offered');
});

test('an early order is kept until its time', async () => {
  world = World.ready();
  const nowS = Math.floor(world.clock.wallMs() / 1_000);
  const order = signedOrder(1, { nbf: nowS + 60, exp: nowS + 600 });
  const { id } = world.plane.submitOrder(order).commands[0]!;
  await world.live(50_000);
  expect(world.plane.command(id).state).toBe('queued');
  await world.live(20_000);
  expect(world.plane.command(id).state).toBe('offered');
  expect(heard(world.agents['site-1']).outcome).toBe('new');
});

test('an order is refused with the code and the facts that an agent would give', () => {
  world = World.ready();
  const sess = new Uint8Array(16).fill(1);
  const target = { site: 'site-1', actions: [setpoint(120)], assumes: {} };
  const open = { ...target, actions: [switching()] };
  const refused = (bytes: Uint8Array) => () => world.plane.submitOrder(bytes);
  const to = (change: object) => signedOrder(9, { order: { targets: [{ ...target, ...change }] } });
  expect(refused(signedOrder(9, { signers: [mallory] }))).toThrow('key_unknown');
  expect(world.plane.counters.get('orders_refused', 'key_unknown')).toBe(1);
  expect(refused(signedOrder(9, { exp: 1_700_000_000 - 1 }))).toThrow('document_expired');
  expect(refused(signedOrder(9, { exp: 1_800_000_000 }))).toThrow('order_too_long');
  expect(refused(to({ site: 'site-9' }))).toThrow('site_unknown');
  expect(refused(to({ actions: [setpoint(201)] }))).toThrow('beyond_policy_limit');
  expect(refused(to({ actions: [{ ...setpoint(1), asset: 'x' }] }))).toThrow(
    'asset_without_policy',
  );
  expect(refused(to({ actions: [{ ...setpoint(1), rampKwPerS: 51 }] }))).toThrow('beyond_ramp');
  expect(refused(to({ actions: [switching()] }))).toThrow('order_class_too_low');
  expect(
    refused(
      signedOrder(9, { signers: [carol], order: { targets: [{ ...target, site: 'site-2' }] } }),
    ),
  ).toThrow('order_action_out_of_scope');
  expect(refused(signedOrder(9, { order: { policyVersionMin: 2 } }))).toThrow('order_policy_newer');
  expect(refused(signedOrder(9, { order: { targets: [target, target] } }))).toThrow(
    'order_site_twice',
  );
  const critical = (signers: (typeof alice)[], bound?: Uint8Array) =>
    signedOrder(9, {
      signers,
      order: { class: 'critical', targets: [bound ? { ...open, sess: bound } : open] },
    });
  expect(refused(critical([alice, bob]))).toThrow('order_session_missing');
  expect(refused(critical([alice, bob], sess))).toThrow('order_session_other');
  const present = world.agents['site-1'].sess;
  expect(refused(critical([alice], present))).toThrow('order_quorum_missed');
  expect(refused(critical([alice, alice], present))).toThrow('principal_doubled');
  expect(world.plane.submitOrder(critical([alice, bob], present)).commands).toHaveLength(1);
});

function switching(): Action {
  const timing = { startWithinMs: 0, validForMs: 1_000 };
  return { type: 'switch', asset: 'tie-1', position: 'open', ...timing };
}

test('a critical order is for one boot: after another it is given up, not offered again', async () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const targets = [{ site: 'site-1', actions: [switching()], assumes: {}, sess: agent.sess }];
  const order = signedOrder(1, { signers: [alice, bob], order: { class: 'critical', targets } });
  const { id } = world.plane.submitOrder(order).commands[0]!;
  world.bus.take('/command');
  agent.boots();
  expect(world.bus.take('/command')).toHaveLength(0);
  expect(world.plane.command(id)).toMatchObject({
    state: 'unknown',
    detail: 'order_session_other',
  });
});

test('a plan inside the margins needs nobody; beyond them, or for what only people may do, it is refused', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  const plan = world.plane.plan('site-1', [setpoint(-100)], 'recharge at night');
  expect(plan).toMatchObject({ basis: 'plan', order: null, state: 'offered' });
  expect(heard(agent)).toMatchObject({ outcome: 'new', basis: { type: 'plan' } });
  const planned = (action: Action) => () => world.plane.plan('site-1', [action], 'no');
  expect(planned(setpoint(101))).toThrow('beyond_margin');
  expect(world.plane.counters.get('orders_refused', 'beyond_margin')).toBe(1);
  expect(planned(setpoint(300))).toThrow('beyond_policy_limit');
  expect(planned(switching())).toThrow('action_not_for_plan');
  expect(planned(chargeTo(0.1))).toThrow('below_reserve');
});

function chargeTo(stateOfCharge: number): Action {
  const timing = { startWithinMs: 0, validForMs: 1_000 };
  return { type: 'charge-target', asset: 'battery-1', stateOfCharge, powerMaxKw: 50, ...timing };
}

test('no more than a bounded number of commands waits for one agent', async () => {
  world = World.ready();
  await world.clock.advance(31_000);
  for (let nr = 0; nr < 64; nr += 1) world.plane.plan('site-1', [setpoint(nr)], 'wait');
  expect(() => world.plane.plan('site-1', [setpoint(1)], 'wait')).toThrow('too_many_waiting');
});
