import type { BusPublication } from '@tieline/bus';
import { type HeldKey, KINDS, type Receipt, sealAddressed } from '@tieline/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AttackedSite } from './attacked-site.ts';
import { mallory, OTHER_SITE, SITE } from './deployment.ts';
import { flipped, sealOrder, setpoint } from './forge.ts';

let at: AttackedSite;
beforeEach(async () => {
  at = await AttackedSite.start();
  // One heartbeat more: the control plane knows that the agent's clock is attested.
  await at.strike();
});
afterEach(() => at.stop());

const refusedHere = (code: string): number => at.control.counters.get('messages_refused', code);
const senderOf = (key: HeldKey, site = SITE) => {
  const { trust, simulated } = at.deployment;
  return { anchor: trust.anchor, deployment: simulated.deployment, site, key };
};

describe('towards the control plane', () => {
  /** "Done, and measured": what an attacker who withholds a command would like the operator to read. */
  const confirmation = (key: HeldKey, command: Uint8Array): BusPublication => {
    const body: Receipt = {
      ...{ command, cti: new Uint8Array(16), messageDigest: new Uint8Array(32) },
      ...{ counter: 900, auditIndex: 900, action: 0, atSessionMs: 1, wallMs: 1, clock: 'trusted' },
      status: { state: 'confirmed', by: 'meter', measuredKw: 50 },
    };
    const { claims } = at.newest('birth').header;
    const { iat = 0, cti = new Uint8Array(16), sess = new Uint8Array(16) } = claims;
    return { ...sealAddressed(KINDS.receipt, body, senderOf(key), { iat, cti, sess }), qos: 1 };
  };

  test.each<[who: string, code: string, key: () => HeldKey]>([
    ['nobody known', 'key_unknown', () => mallory],
    ['the agent of another site', 'site_out_of_scope', () => at.deployment.agents.get(OTHER_SITE)!],
    ['the control plane’s own dispatch key', 'role_missing', () => at.deployment.control.dispatch],
  ])('a receipt signed by %s confirms nothing: %s', async (_who, code, key) => {
    at.network.cut(SITE);
    const { commands } = at.control.submitOrder(sealOrder(at));
    const [command] = commands;
    await at.strike(confirmation(key(), Buffer.from(command!.id, 'hex')));
    expect(refusedHere(code)).toBe(1);
    expect(at.control.command(command!.id)).toMatchObject({ state: 'offered', ladder: [] });
  });

  test('a receipt of the agent itself for an offer that was never made confirms nothing', async () => {
    at.network.cut(SITE);
    const { commands } = at.control.submitOrder(sealOrder(at));
    const id = commands[0]!.id;
    await at.strike(confirmation(at.deployment.agents.get(SITE)!, Buffer.from(id, 'hex')));
    expect(at.control.counters.get('messages_ignored', 'receipt_unmatched')).toBe(1);
    expect(at.control.command(id).ladder).toEqual([]);
  });

  test('a recorded receipt of an earlier command confirms no later one, and is no second rung', async () => {
    const first = at.control.submitOrder(sealOrder(at)).commands[0]!;
    await at.world.advance(30_000);
    const rungs = at.control.command(first.id).ladder.length;
    expect(rungs).toBeGreaterThan(1);
    at.network.cut(SITE);
    const second = at.control.submitOrder(sealOrder(at)).commands[0]!;
    await at.strike(
      ...at.heardOf('receipt').map(({ topic, payload }) => ({ topic, payload, qos: 1 }) as const),
    );
    expect(at.control.command(first.id).ladder).toHaveLength(rungs);
    expect(at.control.command(second.id).ladder).toEqual([]);
  });

  test('a heartbeat signed by the agent of another site says nothing of this one: site_out_of_scope', async () => {
    const own = at.newest('heartbeat');
    const body = KINDS.heartbeat.message.decode(own.payload);
    const key = at.deployment.agents.get(OTHER_SITE)!;
    const { iat = 0, sess = new Uint8Array(16) } = own.header.claims;
    const lie = { ...body, sessionMs: body.sessionMs + 60_000, policy: 77 };
    const sealed = sealAddressed(KINDS.heartbeat, lie, senderOf(key), { iat, sess });
    await at.say({ ...sealed, qos: 0 });
    await at.world.advance(100);
    expect(refusedHere('site_out_of_scope')).toBe(1);
    expect(at.view().reported?.policy).toBe(2);
  });

  test('recorded heartbeats do not keep a dead agent alive, and recorded births do not bring it back', async () => {
    const recorded = [...at.heardOf('birth'), ...at.heardOf('heartbeat')];
    at.network.crash(SITE);
    await at.world.advance(1_000);
    expect(at.view().link).toBe('lost');
    await at.strike(...recorded.map(({ topic, payload }) => ({ topic, payload, qos: 1 }) as const));
    expect(at.view().link).toBe('lost');
    expect(at.control.counters.get('messages_ignored', 'replayed')).toBe(recorded.length);
  });

  test('a will made by others does not declare a living agent dead', async () => {
    const { iat = 0, sess = new Uint8Array(16) } = at.newest('birth').header.claims;
    const forge = (key: HeldKey): BusPublication => ({
      ...sealAddressed(KINDS.death, { boot: 1 }, senderOf(key), { iat, sess }),
      qos: 1,
    });
    await at.say(forge(mallory), forge(at.deployment.agents.get(OTHER_SITE)!));
    await at.world.advance(100);
    expect(at.view().link).toBe('present');
    expect([refusedHere('key_unknown'), refusedHere('site_out_of_scope')]).toEqual([1, 1]);
  });

  test('an audit upload that others signed, or with one bit flipped, is not stored', async () => {
    const { topic, payload } = at.heardOf('audit').at(-1)!;
    const before = at.view().auditReceipted;
    await at.say({ topic, payload: flipped(payload), qos: 1 });
    const body = KINDS.audit.message.decode(at.newest('audit').payload);
    const { iat = 0, sess = new Uint8Array(16) } = at.newest('audit').header.claims;
    await at.say({
      ...sealAddressed(KINDS.audit, body, senderOf(mallory), { iat, sess }),
      qos: 1,
    });
    await at.world.advance(100);
    expect([refusedHere('signature_wrong'), refusedHere('key_unknown')]).toEqual([1, 1]);
    expect(at.view().auditReceipted).toBe(before);
  });

  test('an order that nobody may give is refused before it reaches an agent', async () => {
    const actions = [setpoint()];
    for (const keys of [[mallory], [at.deployment.policyKey]]) {
      expect(() => at.control.submitOrder(sealOrder(at, { actions, keys }))).toThrow(/step 6/);
    }
    await at.world.advance(11_000);
    expect(at.heardOf('command')).toEqual([]);
  });
});
