import { type Action, KINDS } from '@tieline/protocol';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { AttackedSite } from './attacked-site.ts';
import {
  harbourOperator,
  limitOperator,
  mallory,
  OTHER_SITE,
  SITE,
  START_MS,
  START_S,
  secondOperator,
} from './deployment.ts';
import {
  flipped,
  forgeCommand,
  misnamedPresence,
  planOf,
  sealOrder,
  setpoint,
  withSignatures,
} from './forge.ts';

let at: AttackedSite;
beforeEach(async () => {
  at = await AttackedSite.start();
});
afterEach(() => at.stop());

/** The battery was asked for nothing but rest, in every single second. */
function expectRest(): void {
  expect(at.asked.length).toBeGreaterThanOrEqual(10);
  expect(new Set(at.asked)).toEqual(new Set([0]));
  expect(at.records('command_accepted')).toEqual([]);
}

test('the command that all these attacks are made from is accepted as it is, and acted on', async () => {
  await at.strike(forgeCommand(at));
  expect(at.asked).toContain(50);
  expect(at.records('command_accepted')).toHaveLength(1);
  expect(at.view().reported?.refused).toEqual({});
});

describe('without a proven author: nothing done, counted, on record once a minute, never answered', () => {
  test.each<[what: string, code: string, forge: () => ReturnType<typeof forgeCommand>]>([
    ['signed by an unknown key', 'key_unknown', () => forgeCommand(at, { key: mallory })],
    ['with one bit flipped', 'signature_wrong', () => tampered(forgeCommand(at))],
    [
      'signed by a key of another role',
      'role_missing',
      () => forgeCommand(at, { key: at.deployment.control.time }),
    ],
    [
      'that names another issuer than its key',
      'issuer_wrong',
      () =>
        forgeCommand(at, { key: { ...at.deployment.control.dispatch, principal: 'operator-ada' } }),
    ],
    [
      "replayed from another site's topic",
      'audience_wrong',
      () => ({ ...forgeCommand(at, { site: OTHER_SITE }), topic: at.topic('command') }),
    ],
    [
      'for another session',
      'session_other',
      () => forgeCommand(at, { sess: new Uint8Array(16).fill(7) }),
    ],
    ['that is too large', 'message_too_large', () => raw(new Uint8Array(16_385))],
    ['that is no CBOR', 'envelope_tag_wrong', () => raw(new Uint8Array([0xff, 0x00]))],
    ['whose CBOR has no end', 'cbor_indefinite', () => raw(new Uint8Array([0xd2, 0x9f, 0xff]))],
    [
      'of another kind in the same envelope',
      'message_malformed',
      () => raw(at.heardOf('birth')[0]!.payload),
    ],
  ])('a command %s: %s', async (_what, code, forge) => {
    const attack = forge();
    await at.strike(attack, attack, attack);
    expectRest();
    expect(at.view().reported?.refused).toEqual({ [code]: 3 });
    const onRecord = at.records('message_refused');
    expect(onRecord.map(({ actor, body }) => [actor, body['code']])).toEqual([['unproven', code]]);
    expect(at.receipts()).toEqual([]);
  });

  test('a command that the broker kept: message_retained', async () => {
    const attack = { ...forgeCommand(at, { key: mallory }), retain: true };
    await at.strike(attack);
    at.network.reset('mill-lane');
    await at.world.advance(330_000);
    expectRest();
    expect(at.refused('message_retained')).toBe(1);
    expect(at.records('message_refused').map(({ body }) => body['code'])).toEqual([
      'key_unknown',
      'message_retained',
    ]);
  });

  test('words chosen by a stranger are cut where they may be, and stop no cycle', async () => {
    // The refusal repeats the name and is cut somewhere: one of these lengths cuts a character in half.
    const names = Array.from({ length: 40 }, (_, k) => `${'x'.repeat(160 + k)}😀`);
    for (const name of names) {
      await at.strike(misnamedPresence(at, name));
      // A record of each code a minute: then the next name is on record.
      await at.world.advance(60_000);
    }
    expect(new Set(at.asked.slice(-10))).toEqual(new Set([0]));
    expect(at.records('message_refused').length).toBe(names.length);
    expect(at.receipts()).toEqual([]);
  });

  test('a command of the session before the last restart: session_other', async () => {
    const withheld = forgeCommand(at);
    await at.stopAgent();
    at.startAgent();
    await at.world.advance(11_000);
    await at.strike(withheld);
    expectRest();
    expect(at.refused('session_other')).toBe(1);
    expect(at.receipts()).toEqual([]);
  });
});

describe('with a proven author: nothing done, counted, each on record and answered', () => {
  test.each<[what: string, code: string, forge: () => ReturnType<typeof forgeCommand>]>([
    [
      'whose id is not its own',
      'command_id_wrong',
      () => forgeCommand(at, { body: { id: new Uint8Array(16) } }),
    ],
    [
      'that would burn the epochs',
      'epoch_step_too_large',
      () => forgeCommand(at, { epoch: 1_000_000 }),
    ],
    [
      'that is out of time on the session clock',
      'session_time_over',
      () => forgeCommand(at, { body: { notAfterSessionMs: 1 } }),
    ],
    ['under a policy nobody has here', 'policy_newer', () => forgeCommand(at, { pol: 3 })],
    [
      'to an asset that is not there',
      'asset_unknown',
      () => forgeCommand(at, { actions: [setpoint({ asset: 'reactor' })] }),
    ],
    [
      'beyond the policy limit',
      'beyond_policy_limit',
      () => forgeCommand(at, { actions: [setpoint({ activePowerKw: 75 })] }),
    ],
    [
      'beyond the nameplate',
      'beyond_rating',
      () => forgeCommand(at, { actions: [setpoint({ activePowerKw: 99_000 })] }),
    ],
    [
      'that leaves a dangerous value behind',
      'beyond_policy_limit',
      () =>
        forgeCommand(at, { actions: [setpoint({ revert: { to: 'value', activePowerKw: 75 } })] }),
    ],
    [
      'steeper than the ramp allowed',
      'beyond_ramp',
      () => forgeCommand(at, { actions: [setpoint({ rampKwPerS: 1_000 })] }),
    ],
    [
      'of a plan beyond the automatic margin',
      'beyond_margin',
      () => plan(setpoint({ activePowerKw: 70 })),
    ],
    [
      'of a plan that would leave a value to hold for ever',
      'action_not_for_plan',
      () => plan(setpoint({ activePowerKw: 10, revert: { to: 'value', activePowerKw: 10 } })),
    ],
    [
      'of a plan that would lift a limit',
      'action_not_for_plan',
      () =>
        plan({
          ...{ type: 'limit', point: 'meter', importMaxKw: 9_000, exportMaxKw: 9_000 },
          ...{ startWithinMs: 0, validForMs: 60_000 },
        }),
    ],
    [
      'whose plan says something else',
      'basis_actions_differ',
      () => forgeCommand(at, { basis: planOf([setpoint({ activePowerKw: 10 })]) }),
    ],
    [
      'with an order for another site',
      'order_not_for_site',
      () => forgeCommand(at, { basis: order({ site: OTHER_SITE }) }),
    ],
    [
      'whose order says something else',
      'basis_actions_differ',
      () => forgeCommand(at, { basis: order({ actions: [setpoint({ activePowerKw: 10 })] }) }),
    ],
    [
      'whose order has expired',
      'order_document_expired',
      () => forgeCommand(at, { basis: order({ exp: START_S + 5 }) }),
    ],
    [
      'whose order nobody known has signed',
      'order_key_unknown',
      () => forgeCommand(at, { basis: order({ keys: [mallory] }) }),
    ],
    [
      'whose order has one bit flipped',
      'order_signature_wrong',
      () => {
        const basis = { type: 'order', order: flipped(sealOrder(at)) } as const;
        return forgeCommand(at, { basis });
      },
    ],
    [
      'whose order was signed by no operator',
      'order_role_missing',
      () => forgeCommand(at, { basis: order({ keys: [at.deployment.policyKey] }) }),
    ],
    [
      'whose order was signed by an operator of another site',
      'order_site_out_of_scope',
      () => forgeCommand(at, { basis: order({ keys: [harbourOperator] }) }),
    ],
    [
      'whose order was signed by an operator who may not set power',
      'order_action_out_of_scope',
      () => forgeCommand(at, { basis: order({ keys: [limitOperator] }) }),
    ],
    [
      'whose critical order has one signature of two',
      'order_quorum_missed',
      () => forgeCommand(at, { basis: order({ body: critical() }) }),
    ],
  ])('a command %s: %s', async (_what, code, forge) => {
    const attack = forge();
    await at.strike(attack);
    expectRest();
    expect(at.view().reported?.refused).toEqual({ [code]: 1 });
    expect(at.records('message_refused')).toEqual([]);
    const [record, ...more] = at.records('command_refused');
    expect(more).toEqual([]);
    expect(record).toMatchObject({ actor: 'control-dispatch', body: { code } });
    const [receipt] = at.receipts();
    expect(receipt).toMatchObject({ status: { state: 'refused', code }, auditIndex: record?.seq });
  });

  test('a command of a control plane that has lost its leadership: epoch_stale', async () => {
    await at.strike(forgeCommand(at, { epoch: 9, actions: [setpoint({ activePowerKw: 0 })] }));
    await at.strike(forgeCommand(at, { epoch: 8, seq: 1_000_000 }));
    expect(new Set(at.asked)).toEqual(new Set([0]));
    expect(at.view().reported?.refused).toEqual({ epoch_stale: 1 });
  });

  test('a command overtaken by a later one: seq_replayed', async () => {
    const [overtaken, later] = [forgeCommand(at, { seq: 10 }), forgeCommand(at, { seq: 11 })];
    await at.strike(later, overtaken);
    expect(at.records('command_accepted')).toHaveLength(1);
    expect(at.view().reported?.refused).toEqual({ seq_replayed: 1 });
  });

  test('more commands in an hour than the policy allows: quota_spent', async () => {
    const [actions, hour] = [[setpoint({ activePowerKw: 0, validForMs: 1 })], 61];
    for (let k = 0; k < hour; k += 1) {
      await at.say(forgeCommand(at, { actions }));
      await at.world.advance(50);
    }
    await at.strike();
    expect(at.records('command_accepted')).toHaveLength(60);
    expect(at.view().reported?.refused).toEqual({ quota_spent: 1 });
  });

  test('a plan that would wake a store which people ordered to idle: rank_too_low', async () => {
    const timing = { startWithinMs: 0, validForMs: 600_000 };
    const actions: Action[] = [{ type: 'mode', mode: 'idle', ...timing }];
    await at.strike(forgeCommand(at, { actions }));
    const woken = [setpoint({ activePowerKw: 10 })];
    await at.strike(forgeCommand(at, { actions: woken, basis: planOf(woken) }));
    expect(at.view().reported?.refused).toEqual({ rank_too_low: 1 });
    expect(new Set(at.asked)).toEqual(new Set([0]));
  });

  test('more actions under way than a snapshot holds: quota_spent', async () => {
    const actions = Array.from({ length: 30 }, () => setpoint({ activePowerKw: 0 }));
    await at.strike(...Array.from({ length: 3 }, () => forgeCommand(at, { actions })));
    expect(at.records('command_accepted')).toHaveLength(2);
    expect(at.view().reported?.refused).toEqual({ quota_spent: 1 });
  });
});

test('numbers as high as they go leave the agent able to say what it has seen', async () => {
  const seqMax = 2 ** 48;
  await at.strike(forgeCommand(at, { seq: seqMax }));
  expect(at.records('command_accepted')).toHaveLength(1);
  expect(() => forgeCommand(at, { seq: seqMax + 1 })).not.toThrow();
  await at.strike(forgeCommand(at, { seq: seqMax + 1 }));
  expect(at.refused('header_shape_wrong')).toBe(1);
  await at.stopAgent();
  at.startAgent();
  await at.world.advance(11_000);
  expect(KINDS.birth.message.decode(at.newest('birth').payload)).toMatchObject({ seqSeen: seqMax });
  expect(at.view().link).toBe('present');
});

describe('a command that was answered, replayed as it was', () => {
  test('costs no record either where there are hundreds of recordings', async () => {
    const commands = Array.from({ length: 300 }, () => forgeCommand(at, { pol: 3 }));
    const sayAll = async (): Promise<void> => {
      for (const command of commands) {
        await at.say(command);
        await at.world.advance(60);
      }
    };
    await sayAll();
    expect(at.records('command_refused')).toHaveLength(300);
    await sayAll();
    await sayAll();
    await at.strike();
    expect(at.records('command_refused')).toHaveLength(300);
    expect(at.records('message_replayed')).toHaveLength(1);
    // One whose record was signed for first needs no saying.
    expect(new Set(at.receipts().map(({ counter }) => counter)).size).toBeLessThanOrEqual(300);
    expect(at.refused('message_replayed')).toBe(600);
  });

  test('is not answered again where it was accepted: nothing is done, and a flood of it is one record a minute', async () => {
    const command = forgeCommand(at, { actions: [setpoint({ validForMs: 5_000 })] });
    await at.strike(command);
    await at.world.advance(20_000);
    const done = at.asked.filter((kw) => kw === 50).length;
    expect(done).toBeGreaterThan(0);
    const answers = at.receipts().length;
    const size = at.view().reported?.audit.size ?? 0;

    await at.strike(...Array.from({ length: 30 }, () => command));
    expect(at.asked.filter((kw) => kw === 50)).toHaveLength(done);
    expect(at.refused('message_replayed')).toBe(30);
    expect(at.records('command_accepted')).toHaveLength(1);
    expect(at.records('message_replayed')).toHaveLength(1);
    expect(at.receipts()).toHaveLength(answers);
    expect(at.view().reported?.audit.size).toBeLessThanOrEqual(size + 2);
  });

  test('is not judged again where it was refused, though it would be accepted now', async () => {
    const first = setpoint({ activePowerKw: 20, validForMs: 5_000, priority: 9 });
    const second = forgeCommand(at, { actions: [setpoint({ priority: 1 })], seq: 20_000 });
    await at.say(forgeCommand(at, { actions: [first], seq: 19_999 }));
    await at.strike(second);
    expect(at.refused('rank_too_low')).toBe(1);
    await at.world.advance(10_000);
    await at.strike(second);
    expect(at.asked).not.toContain(50);
    expect(at.records('command_accepted')).toHaveLength(1);
    expect(at.view().reported?.refused).toEqual({ rank_too_low: 1, message_replayed: 1 });
  });

  test('is not acted on after a restart either', async () => {
    const order = sealOrder(at, { actions: [setpoint({ validForMs: 5_000 })] });
    const basis = { type: 'order', order } as const;
    const actions = [setpoint({ validForMs: 5_000 })];
    await at.strike(forgeCommand(at, { basis, actions }));
    await at.stopAgent();
    at.startAgent();
    await at.world.advance(30_000);
    at.asked.splice(0);
    // The same order in a new wrapping for the new session: rightly signed, and still the same command.
    await at.strike(forgeCommand(at, { basis, actions }));
    // It rests, or recharges by its own rule.
    expect(Math.max(...at.asked.map((kw) => kw ?? 0))).toBeLessThanOrEqual(0);
    expect(at.records('command_accepted')).toHaveLength(1);
    expect(at.refused('command_repeated')).toBe(1);
    expect(at.receipts().at(-1)?.status.state).toBe('reverted');
  });

  test('is the same command where only the signatures of its order were rearranged', async () => {
    const { operator } = at.deployment;
    const actions = [setpoint({ validForMs: 5_000 })];
    const body = { targets: [{ site: SITE, actions, assumes: {} }] };
    const signed = sealOrder(at, { body, keys: [operator, secondOperator] });
    await at.strike(forgeCommand(at, { basis: { type: 'order', order: signed }, actions }));
    expect(at.records('command_accepted')).toHaveLength(1);
    for (const rearranged of [
      withSignatures(signed, (signatures) => [...signatures].reverse()),
      withSignatures(signed, (signatures) => signatures.slice(0, 1)),
    ]) {
      await at.strike(forgeCommand(at, { basis: { type: 'order', order: rearranged }, actions }));
    }
    expect(at.records('command_accepted')).toHaveLength(1);
    expect(at.refused('command_repeated')).toBe(2);
  });

  test('is remembered for as long as its order is valid, however long ago it was carried out', async () => {
    const exp = START_S + 6 * 3_600;
    const actions = [setpoint({ validForMs: 5_000 })];
    const basis = { type: 'order', order: sealOrder(at, { actions, exp }) } as const;
    await at.strike(forgeCommand(at, { basis, actions }));
    await at.stopAgent();
    await at.world.advance(4 * 3_600_000);
    at.startAgent();
    await at.world.advance(30_000);
    await at.strike(forgeCommand(at, { basis, actions }));
    expect(at.records('command_accepted')).toHaveLength(1);
    expect(at.refused('command_repeated')).toBe(1);
  });

  test('is remembered no shorter where it came while the clock stood at 1970', async () => {
    await at.stopAgent();
    at.gatewayBehindMs = START_MS;
    at.network.cut('control-plane');
    at.startAgent();
    await at.world.advance(30_000);
    const actions = [setpoint({ activePowerKw: 10, validForMs: 5_000 })];
    const basis = planOf(actions);
    await at.strike(forgeCommand(at, { basis, actions }));
    expect(at.records('command_accepted')).toMatchObject([{ clock: 'untrusted' }]);
    at.network.restore('control-plane');
    await at.world.advance(2 * 3_600_000);
    expect(at.view().reported?.clock).toBe('trusted');
    await at.strike(forgeCommand(at, { basis, actions }));
    expect(at.records('command_accepted')).toHaveLength(1);
    expect(at.refused('command_repeated')).toBe(1);
  });
});

function raw(payload: Uint8Array) {
  return { topic: at.topic('command'), payload, qos: 1 } as const;
}

function tampered(message: ReturnType<typeof forgeCommand>) {
  return { ...message, payload: flipped(message.payload) };
}

function order(terms: Parameters<typeof sealOrder>[1]) {
  return { type: 'order', order: sealOrder(at, terms) } as const;
}

function critical() {
  const actions = [setpoint()];
  const target = { site: 'mill-lane', actions, assumes: {}, sess: at.sess() };
  return { class: 'critical' as const, targets: [target] };
}

function plan(...actions: Parameters<typeof planOf>[0]) {
  return forgeCommand(at, { basis: planOf(actions), actions });
}
