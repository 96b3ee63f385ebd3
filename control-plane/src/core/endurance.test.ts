import type { Action } from '@tieline/protocol';
import { afterEach, expect, test, vi } from 'vitest';
import { SqliteControlStore } from '../adapters/sqlite/sqlite-control-store.ts';
import type { CommandRecord } from '../ports/records.ts';
import { setpoint, signedOrder, signedPolicy } from '../testing/deployment.ts';
import { World } from '../testing/world.ts';

let world: World;
afterEach(async () => {
  vi.restoreAllMocks();
  await world.plane.stop();
});

/** With these names 31 actions just fit a plan, or an order; the command holds them once more. */
const [IN_PLAN, IN_ORDER] = ['a'.repeat(32), 'a'.repeat(26)];

/** A policy that lets assets with such names be commanded. */
function policyWithLongNames() {
  const { sites } = world.plane.policy()!.policy;
  const [site] = sites;
  const [battery] = site!.assets;
  const named = [IN_PLAN, IN_ORDER].map((asset) => ({ ...battery!, asset }));
  const assets = [...site!.assets, ...named];
  return signedPolicy(2, { sites: [{ ...site!, assets }, ...sites.slice(1)] });
}

function many(asset: string): Action[] {
  const action: Action = {
    ...{ ...setpoint(50.125), asset, reactivePowerKvar: 10.125 },
    ...{ rampKwPerS: 1.125, rampOutKwPerS: 1.125, startWithinMs: 3_600_000 },
    ...{ validForMs: 86_400_000, revert: { to: 'value', activePowerKw: 1.125 } },
    supersedes: new Uint8Array(16),
  };
  return Array.from({ length: 31 }, () => action);
}

function alarms(): (string | null)[] {
  return world.events.flatMap((event) => (event.type === 'alarm' ? [event.code] : []));
}

test('a plan or an order that no command can hold is refused, and nothing of it is kept', async () => {
  world = World.ready();
  world.plane.acceptPolicy(policyWithLongNames());
  expect(() => world.plane.plan('site-1', many(IN_PLAN), 'too much')).toThrow('command_too_large');
  const targets = [{ site: 'site-1', actions: many(IN_ORDER), assumes: {} }];
  expect(() =>
    world.plane.submitOrder(signedOrder(1, { order: { targets, reason: 'x' } })),
  ).toThrow('command_too_large');
  expect(world.plane.commands({ limit: 9 })).toEqual([]);
  expect(world.store.order('01'.repeat(16))).toBeNull();
  world.agents['site-1'].policy = { ...world.agents['site-1'].policy, version: 2 };
  await world.live(10_000);
  expect(world.plane.plan('site-1', [setpoint(50)], 'a little').state).toBe('offered');
});

test('a command that cannot be sent is given up with a code and an alarm; those behind it go out', async () => {
  const store = new SqliteControlStore(':memory:');
  const command: CommandRecord = {
    ...{ id: 'ab'.repeat(16), site: 'site-1', orderId: null, reason: 'x', boundSess: null },
    ...{ basis: { type: 'plan', bytes: new Uint8Array(8_192) }, actions: many(IN_PLAN) },
    ...{ createdWallMs: 0, notBeforeWallMs: 0, notAfterWallMs: 2 ** 45 },
    control: { state: 'queued', code: null },
  };
  store.addCommand(command);
  world = World.ready({ store: store.serialize() });
  await world.live(20_000);
  expect(world.plane.command(command.id)).toMatchObject({
    state: 'refused',
    detail: 'message_too_large',
    final: true,
  });
  expect(world.plane.plan('site-1', [setpoint(50)], 'next').state).toBe('offered');
  const again = new World({ store: world.store.serialize(), clock: world.clock });
  expect(again.plane.agent('site-1').waiting).toBe(1);
});

test('on a full disk it keeps serving: who is lost is shown so, nothing is sent that is not stored, one alarm a minute', async () => {
  world = World.ready();
  const full = () => {
    throw new Error('SQLITE_FULL');
  };
  const { id } = world.plane.plan('site-2', [setpoint(50)], 'offered before');
  world.bus.take('/command');
  for (const name of ['transaction', 'saveAgent', 'setVerdict', 'addCommand', 'raise'] as const) {
    vi.spyOn(world.store, name).mockImplementation(full);
  }
  expect(() => world.plane.plan('site-1', [setpoint(50)], 'not stored')).toThrow('SQLITE_FULL');
  world.bus.down();
  world.bus.up();
  await world.live(50_000, ['site-3']);
  expect(world.plane.health().status).toBe('ok');
  expect(world.plane.agent('site-3').link).toBe('lost');
  expect(world.plane.agent('site-1').link).toBe('present');
  expect(world.bus.take('/command')).toEqual([]);
  expect(world.plane.command(id).state).toBe('offered');
  const works = world.events.flatMap((event) =>
    event.type === 'alarm' ? [`${event.detail.split(':')[0]} ${event.site}`] : [],
  );
  expect(new Set(works).size).toBe(works.length);
  expect(works).toContain('dispatch site-2');

  vi.restoreAllMocks();
  await world.live(20_000, ['site-3']);
  expect(world.bus.take('site-2/command').length).toBeGreaterThan(0);
  const heard = new Map(world.store.agents().map((agent) => [agent.site, agent.heardWallMs]));
  expect(heard.get('site-1')).toBeGreaterThan(heard.get('site-3')!);
});

test('a release that could not be stored is not acknowledged, and has not happened', () => {
  world = World.ready();
  const agent = world.agents['site-1'];
  agent.boots();
  agent.boots({ boot: 1 });
  vi.spyOn(world.store, 'saveAgent').mockImplementationOnce(() => {
    throw new Error('SQLITE_FULL');
  });
  expect(() => world.plane.release('site-1', 'seen on site')).toThrow('SQLITE_FULL');
  expect(world.plane.agent('site-1').quarantine?.code).toBe('boot_fell');
  expect(world.plane.release('site-1', 'seen on site').quarantine).toBeNull();
  expect(alarms()).toEqual(['agent_quarantined']);
});
