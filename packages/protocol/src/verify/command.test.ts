import { concatBytes, fromHex, toHex } from '@tieline/kernel';
import { describe, expect, test } from 'vitest';
import { encodeCbor } from '../cbor/codec.ts';
import { addressedAad, signSign1 } from '../cose/envelope.ts';
import type { Claims } from '../cose/headers.ts';
import { sha256 } from '../crypto/digest.ts';
import { KINDS, typOf } from '../kinds.ts';
import { Command } from '../messages/command.ts';
import { openTrust, signTrust } from '../trust/trust.ts';
import type { Arrival } from './addressed.ts';
import { actionsDigest } from './basis.ts';
import { VerificationBudget } from './budget.ts';
import { type CommandOutcome, commandIdOf, verifyCommand } from './command.ts';
import type { CommandState, CommandTime, StoredCommand } from './command-state.ts';
import { VerifyError } from './failure.ts';
import {
  battery,
  CTI,
  command,
  keys,
  NOW_S,
  order,
  orderBasis,
  orderedCommand,
  plannedCommand,
  policy,
  SESS,
  setpoint,
  signOrder,
  siteState,
  TIME,
  trust,
  trustBytes,
  trustDocument,
} from './test-site.ts';

function outcome(
  arrival: Arrival,
  state: CommandState = siteState(),
  time: CommandTime = TIME,
): CommandOutcome {
  return verifyCommand(arrival, trust, state, time);
}

function refused(
  arrival: Arrival,
  change: Partial<CommandState> = {},
  time: CommandTime = TIME,
  under = trust,
): VerifyError {
  try {
    verifyCommand(arrival, under, siteState(change), time);
  } catch (thrown) {
    if (thrown instanceof VerifyError) return thrown;
    throw thrown;
  }
  throw new Error('was accepted');
}

/** `8 signature_wrong`, and whether an author is known. */
const verdict = (...given: Parameters<typeof refused>): string => {
  const { failure, authenticated } = refused(...given);
  return `${failure.step} ${failure.code}${authenticated ? ' by author' : ''}`;
};

/** An envelope whose header and payload need not be honest, signed all the same. */
function envelope(
  claims: Claims,
  payload: Uint8Array,
  typ = typOf(KINDS.command),
  key = keys.dispatch,
): Arrival {
  const topic = 'tl1/demo/site-1/command';
  const aad = addressedAad(trust.anchor, topic);
  return { topic, payload: signSign1({ typ, claims }, payload, aad, key.signer), retained: false };
}

const honest = command();
const basis = orderBasis(signOrder(order()));
const body: Command = {
  id: commandIdOf(basis, 'site-1'),
  notAfterSessionMs: 120_000,
  actions: [setpoint()],
  basis,
};
const claims: Claims = {
  iss: 'dispatch',
  aud: 'site-1',
  iat: NOW_S,
  cti: CTI,
  epoch: 1,
  seq: 1,
  sess: SESS,
  pol: 4,
};
const without = (name: keyof Claims): Claims =>
  Object.fromEntries(Object.entries(claims).filter(([key]) => key !== name));

describe('what is accepted', () => {
  test('an order of a person, wrapped by the dispatcher', () => {
    const result = outcome(honest);
    expect(result).toMatchObject({
      outcome: 'new',
      command: body,
      basis: { type: 'order', principals: ['alice'], rank: 'routine' },
      replay: { epoch: 1, kid: keys.dispatch.signer.kid, seq: 1 },
      stored: { actionsDigest: actionsDigest([setpoint()]), rank: 'routine' },
    });
    expect(result.offer).toEqual({
      commandId: sha256(concatBytes(signOrder(order()), new TextEncoder().encode('site-1'))).slice(
        0,
        16,
      ),
      cti: CTI,
      messageDigest: sha256(honest.payload),
      principal: 'dispatch',
      kid: toHex(keys.dispatch.signer.kid),
    });
  });

  test('a plan of the control plane inside its margin', () => {
    const result = outcome(plannedCommand([setpoint({ activePowerKw: 50 })]));
    expect(result).toMatchObject({ outcome: 'new', basis: { type: 'plan', rank: 'plan' } });
  });

  test('a critical order of two people, for this boot', () => {
    const bytes = signOrder(order([setpoint()], { class: 'critical' }, { sess: SESS }), [
      keys.alice,
      keys.bob,
    ]);
    expect(outcome(command(orderBasis(bytes)))).toMatchObject({
      basis: { principals: ['alice', 'bob'], rank: 'critical' },
    });
  });

  test('a command accepted before, offered again, changes nothing', () => {
    const stored: StoredCommand = { actionsDigest: actionsDigest([setpoint()]), rank: 'routine' };
    const again = command(basis, [setpoint()], { claims: { seq: 9, cti: new Uint8Array(16) } });
    const result = outcome(again, siteState({ storedCommand: () => stored }));
    expect(result).toMatchObject({ outcome: 'known', stored });
  });

  test('the received bytes, whatever Buffer they arrive in', () => {
    const shifted = Buffer.concat([Buffer.from('xx'), honest.payload]).subarray(2);
    expect(outcome({ ...honest, payload: shifted }).outcome).toBe('new');
  });
});

describe('steps 1 to 8 prove no author', () => {
  const tooLarge = { ...honest, payload: new Uint8Array(16_385) };
  const padded = { ...honest, payload: concatBytes(honest.payload, new Uint8Array(1)) };
  const forged = { ...honest, payload: honest.payload.slice() };
  forged.payload[forged.payload.length - 1]! ^= 1;
  const otherDeployment = openTrust(signTrust({ ...trustDocument, issuedAt: 1 }, [keys.root]));

  test.each<[string, string, Arrival, Partial<CommandState>?, CommandTime?]>([
    ['too large', '1 message_too_large', tooLarge],
    ['retained', '1 message_retained', { ...honest, retained: true }],
    ['trailing bytes', '2 cbor_trailing', padded],
    ['a payload that is no CBOR', '2 cbor_truncated', envelope(claims, new Uint8Array())],
    ['another tag', '3 envelope_tag_wrong', { ...honest, payload: honest.payload.subarray(1) }],
    ['a body of another shape', '3 message_malformed', envelope(claims, encodeCbor({}))],
    ['a missing claim', '3 claim_missing', envelope(without('seq'), Command.encode(body))],
    [
      'a claim too many',
      '3 claim_forbidden',
      envelope({ ...claims, exp: 1 }, Command.encode(body)),
    ],
    ['another type', '4 typ_wrong', envelope(claims, Command.encode(body), typOf(KINDS.presence))],
    ['another site’s topic', '4 topic_wrong', { ...honest, topic: 'tl1/demo/site-2/command' }],
    ['another kind’s topic', '4 topic_wrong', { ...honest, topic: 'tl1/demo/site-1/presence' }],
    [
      'another deployment’s topic',
      '4 topic_wrong',
      { ...honest, topic: 'tl1/live/site-1/command' },
    ],
    ['a topic that is none', '4 topic_wrong', { ...honest, topic: 'command' }],
    [
      'another audience',
      '4 audience_wrong',
      envelope({ ...claims, aud: 'site-2' }, Command.encode(body)),
    ],
    ['an earlier boot', '5 session_other', honest, { sess: new Uint8Array(16) }],
    [
      'trust that has expired',
      '6 trust_expired',
      honest,
      {},
      { sessionMs: 0, wallS: trustDocument.expires + 1 },
    ],
    ['an unknown key', '6 key_unknown', command(basis, undefined, { key: keys.stranger })],
    [
      'a key that has expired',
      '6 key_expired',
      command(basis, undefined, { key: keys.otherDispatch }),
      {},
      { sessionMs: 0, wallS: NOW_S + 3_601 },
    ],
    [
      'an issuer that is not the key’s holder',
      '6 issuer_wrong',
      envelope({ ...claims, iss: 'dispatch-2' }, Command.encode(body)),
    ],
    ['a role that may not', '6 role_missing', command(basis, undefined, { key: keys.alice })],
    ['a changed signature', '8 signature_wrong', forged],
  ])('%s: %s', (_name, expected, arrival, state, time) => {
    expect(verdict(arrival, state, time)).toBe(expected);
  });

  test('the same keys in another deployment do not carry a command over', () => {
    expect(verdict(honest, {}, TIME, otherDeployment)).toBe('8 signature_wrong');
    expect(openTrust(trustBytes).anchor).toEqual(trust.anchor);
  });

  test('an algorithm is the key’s, never the message’s', () => {
    const eddsa = honest.payload.slice();
    // The protected header begins with {1: −19, …}: −18 is as long, and as wrong as any other.
    const at = Buffer.from(eddsa).indexOf(Buffer.from('a40132', 'hex'));
    expect(at).toBeGreaterThan(0);
    eddsa[at + 2] = 0x31;
    expect(verdict({ ...honest, payload: eddsa })).toBe('6 algorithm_wrong');
  });

  test('the budget bounds what a stranger can make an agent verify, and fills again', () => {
    const budget = new VerificationBudget(2, 1);
    const attempt = (sessionMs: number): string =>
      verdict(forged, { budget }, { sessionMs, wallS: NOW_S });
    expect([attempt(0), attempt(0), attempt(0)]).toEqual([
      '8 signature_wrong',
      '8 signature_wrong',
      '7 budget_spent',
    ]);
    expect(attempt(999)).toBe('7 budget_spent');
    expect([attempt(1_500), attempt(1_500)]).toEqual(['8 signature_wrong', '7 budget_spent']);
  });

  test('what is refused before the budget does not spend it', () => {
    const budget = new VerificationBudget(1, 1);
    expect(verdict(padded, { budget })).toBe('2 cbor_trailing');
    expect(verdict(command(basis, undefined, { key: keys.stranger }), { budget })).toBe(
      '6 key_unknown',
    );
    expect(outcome(honest, siteState({ budget })).outcome).toBe('new');
  });
});

describe('steps 9 to 13 have an author', () => {
  const stored = (rank: StoredCommand['rank']): StoredCommand => ({
    actionsDigest: new Uint8Array(32),
    rank,
  });
  const dispatched = (given: Partial<Claims>, key = keys.dispatch): Arrival =>
    command(basis, [setpoint()], { claims: given, key });
  const seen = { epoch: 5, kid: keys.dispatch.signer.kid, seq: 10 };

  test.each<[string, string, Arrival, Partial<CommandState>?, CommandTime?]>([
    [
      'an id that does not follow from the basis',
      '9 command_id_wrong',
      command(basis, undefined, { body: { id: new Uint8Array(16) } }),
    ],
    [
      'a known id with other actions',
      '9 command_changed',
      honest,
      { storedCommand: () => stored('routine') },
    ],
    ['an earlier epoch', '10 epoch_stale', dispatched({ epoch: 4 }), { replay: seen }],
    [
      'an epoch too far ahead',
      '10 epoch_step_too_large',
      dispatched({ epoch: 5 + 65_537 }),
      { replay: seen },
    ],
    [
      'the same epoch from another key',
      '10 epoch_key_other',
      dispatched({ epoch: 5, seq: 11 }, keys.otherDispatch),
      { replay: seen },
    ],
    ['a used number', '10 seq_replayed', dispatched({ epoch: 5, seq: 10 }), { replay: seen }],
    [
      'a session time gone by',
      '11 session_time_over',
      honest,
      {},
      { sessionMs: 120_001, wallS: NOW_S },
    ],
    ['no policy held', '12 policy_missing', honest, { policy: null }],
    ['a policy not held yet', '12 policy_newer', dispatched({ pol: 5 })],
    [
      'a dispatcher for other assets',
      '13 action_out_of_scope',
      dispatched({}, keys.narrowDispatch),
    ],
    ['a dispatcher of another area', '13 site_out_of_scope', dispatched({}, keys.awayDispatch)],
  ])('%s: %s', (_name, expected, arrival, state, time) => {
    expect(verdict(arrival, state, time)).toBe(`${expected} by author`);
  });

  test('a new epoch may come from another key and starts its numbers anew', () => {
    const taken = dispatched({ epoch: 6, seq: 0 }, keys.otherDispatch);
    expect(outcome(taken, siteState({ replay: seen }))).toMatchObject({
      replay: { epoch: 6, kid: keys.otherDispatch.signer.kid, seq: 0 },
    });
    expect(outcome(dispatched({ epoch: 5, seq: 11 }), siteState({ replay: seen })).outcome).toBe(
      'new',
    );
    const farthest = dispatched({ epoch: 5 + 65_536 });
    expect(outcome(farthest, siteState({ replay: seen })).outcome).toBe('new');
  });

  test('the last moment of the session time still counts', () => {
    expect(outcome(honest, siteState(), { sessionMs: 120_000, wallS: NOW_S }).outcome).toBe('new');
  });

  test('a refusal names its author and the offer, so that it can be answered', () => {
    const error = refused(honest, { policy: null });
    expect(error.offer).toMatchObject({ commandId: body.id, cti: CTI, principal: 'dispatch' });
    expect(error.message).toBe('step 12: policy_missing (pol 4)');
  });
});

describe('the order of the steps', () => {
  const forged = (arrival: Arrival): Arrival => {
    const payload = arrival.payload.slice();
    payload[payload.length - 1]! ^= 1;
    return { ...arrival, payload };
  };
  const actions = [setpoint({ activePowerKw: 101 })];
  const stale = { epoch: 9, kid: keys.dispatch.signer.kid, seq: 1 };
  const lateTime = { sessionMs: 120_001, wallS: NOW_S };
  const early = signOrder(order(actions), [keys.alice], { nbf: NOW_S + 60 });
  const wrongInMany = command(orderBasis(early), actions, {
    key: keys.narrowDispatch,
    claims: { pol: 9 },
  });
  const wrongId = command(basis, undefined, { body: { id: new Uint8Array(16) } });
  const spent = (): VerificationBudget => {
    const budget = new VerificationBudget(1, 1);
    budget.spend(honest.topic, TIME.sessionMs);
    return budget;
  };

  // Each is wrong at the step named and at the one after it, and fails at the earlier.
  test.each<[string, () => string]>([
    ['1', () => verdict({ ...honest, payload: new Uint8Array(16_385) })],
    ['2', () => verdict(envelope(without('seq'), new Uint8Array([0xff])))],
    ['3', () => verdict(envelope(without('seq'), Command.encode(body), 'x'))],
    ['4', () => verdict({ ...honest, topic: 'x' }, { sess: new Uint8Array(16) })],
    [
      '5',
      () =>
        verdict(command(basis, undefined, { key: keys.stranger }), { sess: new Uint8Array(16) }),
    ],
    ['6', () => verdict(command(basis, undefined, { key: keys.stranger }), { budget: spent() })],
    ['7', () => verdict(forged(honest), { budget: spent() })],
    ['8', () => verdict(forged(wrongId))],
    ['9', () => verdict(wrongId, { replay: stale })],
    ['10', () => verdict(honest, { replay: stale }, lateTime)],
    ['11', () => verdict(honest, { policy: null }, lateTime)],
    ['12', () => verdict(wrongInMany)],
    ['13', () => verdict(wrongInMany, { policy: { ...policy, version: 9 } })],
    ['14', () => verdict(command(orderBasis(early), actions))],
    ['15', () => verdict(orderedCommand(actions))],
  ])('step %s is asked before the next one', (step, run) => {
    expect(run().split(' ')[0]).toBe(step);
  });
});

describe('step 14: the order', () => {
  const withOrder = (bytes: Uint8Array): Arrival => command(orderBasis(bytes));
  const ordered = (...given: Parameters<typeof order>): Arrival =>
    withOrder(signOrder(order(...given)));
  const critical = { class: 'critical' } as const;
  const tampered = signOrder(order());
  tampered[tampered.length - 1]! ^= 1;
  const assumed = (assumes: ReturnType<typeof order>['targets'][number]['assumes']): Arrival =>
    ordered([setpoint()], {}, { assumes });
  const twoPeople = [keys.alice, keys.bob];

  test.each<[string, string, Arrival, Partial<CommandState>?, CommandTime?]>([
    ['bytes that are no order', 'order_envelope_tag_wrong', withOrder(new Uint8Array([0]))],
    ['a changed signature', 'order_signature_wrong', withOrder(tampered)],
    [
      'someone who is no operator',
      'order_role_missing',
      withOrder(signOrder(order(), [keys.dispatch])),
    ],
    ['a stranger', 'order_key_unknown', withOrder(signOrder(order(), [keys.stranger]))],
    [
      'one person with two keys',
      'order_principal_doubled',
      withOrder(
        signOrder(order([setpoint()], critical, { sess: SESS }), [keys.alice, keys.aliceAgain]),
      ),
    ],
    [
      'too few people',
      'order_quorum_missed',
      withOrder(signOrder(order([setpoint()], critical, { sess: SESS }))),
    ],
    [
      'one of two without the right to it',
      'order_action_out_of_scope',
      withOrder(signOrder(order(), [keys.alice, keys.intern])),
    ],
    ['a newer policy', 'order_policy_newer', ordered([setpoint()], { policyVersionMin: 5 })],
    ['another site', 'order_not_for_site', ordered([setpoint()], {}, { site: 'site-2' })],
    [
      'the site twice',
      'order_not_for_site',
      ordered([setpoint()], { targets: [...order().targets, ...order().targets] }),
    ],
    ['other actions', 'basis_actions_differ', ordered([setpoint({ activePowerKw: 41 })])],
    ['one action more', 'basis_actions_differ', ordered([setpoint(), setpoint()])],
    [
      'not yet',
      'order_document_early',
      withOrder(signOrder(order(), [keys.alice], { nbf: NOW_S + 1 })),
    ],
    [
      'no longer',
      'order_document_expired',
      withOrder(signOrder(order(), [keys.alice], { exp: NOW_S - 1 })),
    ],
    [
      'a critical one without a boot',
      'order_session_missing',
      withOrder(signOrder(order([setpoint()], critical), twoPeople)),
    ],
    [
      'one for another boot',
      'order_session_other',
      ordered([setpoint()], {}, { sess: new Uint8Array(16) }),
    ],
    [
      'one without a boot under an untrusted clock',
      'order_session_missing',
      honest,
      {},
      { sessionMs: 0, wallS: null },
    ],
    [
      'import out of its range',
      'assumption_failed',
      assumed({ siteImportKw: { min: 81, max: 99 } }),
    ],
    [
      'import not measured',
      'assumption_unknown',
      assumed({ siteImportKw: { min: 0, max: 99 } }),
      { siteImportKw: null },
    ],
    [
      'too little charge',
      'assumption_failed',
      assumed({ stateOfChargeMin: [{ asset: 'battery-1', min: 0.61 }] }),
    ],
    [
      'charge of nothing known',
      'assumption_unknown',
      assumed({ stateOfChargeMin: [{ asset: 'battery-7', min: 0.1 }] }),
    ],
    ['other switching', 'assumption_failed', assumed({ topology: new Uint8Array(32) })],
    [
      'switching not known',
      'assumption_unknown',
      assumed({ topology: new Uint8Array(32) }),
      { topology: null },
    ],
  ])('%s: %s', (_name, expected, arrival, state, time) => {
    expect(verdict(arrival, state, time)).toBe(`14 ${expected} by author`);
  });

  test('a switch is never routine', () => {
    const open = {
      type: 'switch',
      asset: 'battery-1',
      position: 'open',
      startWithinMs: 0,
      validForMs: 1_000,
    } as const;
    expect(verdict(orderedCommand([open]))).toBe('14 order_class_too_low by author');
  });

  test('what was taken for granted and holds, lets it pass; so does a boot where no clock can judge', () => {
    const holds = assumed({
      siteImportKw: { min: 80, max: 80 },
      stateOfChargeMin: [{ asset: 'battery-1', min: 0.6 }],
      topology: new Uint8Array(32).fill(1),
    });
    expect(outcome(holds).outcome).toBe('new');
    const bound = withOrder(
      signOrder(order([setpoint()], {}, { sess: SESS }), [keys.alice], { exp: 1 }),
    );
    expect(outcome(bound, siteState(), { sessionMs: 0, wallS: null }).outcome).toBe('new');
  });

  test('a plan that is none, or that says something else', () => {
    const nonsense = { type: 'plan', plan: new Uint8Array([0xff]) } as const;
    expect(verdict(command(nonsense))).toBe('14 plan_malformed by author');
    const plan = plannedCommand([setpoint()], { body: { actions: [setpoint({ priority: 4 })] } });
    expect(verdict(plan)).toBe('14 basis_actions_differ by author');
  });
});

describe('step 15: plant, policy and limits', () => {
  const hold = { startWithinMs: 0, validForMs: 60_000 };
  const limit = (point: string) =>
    ({ type: 'limit', point, importMaxKw: 10, exportMaxKw: 10, ...hold }) as const;
  const charge = (stateOfCharge: number, powerMaxKw = 40) =>
    ({ type: 'charge-target', asset: 'battery-1', stateOfCharge, powerMaxKw, ...hold }) as const;
  const mode = { type: 'mode', mode: 'idle', ...hold } as const;
  const tap = { type: 'tap', asset: 'battery-1', position: 1, ...hold } as const;
  const ceded = new Uint8Array(16).fill(3);
  const cede = { type: 'cede', command: ceded } as const;
  const remembers = (rank: StoredCommand['rank']): Partial<CommandState> => ({
    storedCommand: (id) =>
      toHex(id) === toHex(ceded) ? { actionsDigest: new Uint8Array(32), rank } : null,
  });
  const active = (rank: 'plan' | 'routine' | 'critical', priority = 3): Partial<CommandState> => ({
    activeActions: [{ asset: 'battery-1', rank, priority }],
  });
  const inForce = (point: string, importMaxKw: number, exportMaxKw: number) => ({
    limits: [{ point, importMaxKw, exportMaxKw }],
  });
  const kw = (activePowerKw: number): Arrival => orderedCommand([setpoint({ activePowerKw })]);
  const lossy = (change: Partial<CommandState['assets'][number]>): Partial<CommandState> => ({
    assets: [{ ...battery('battery-1'), ...change }],
  });

  test.each<[string, string, Arrival, Partial<CommandState>?]>([
    ['too many commands this hour', 'quota_spent', honest, { acceptedLastHour: 100 }],
    [
      'a site the policy leaves out',
      'site_without_policy',
      honest,
      { policy: { ...policy, sites: [{ ...policy.sites[0]!, site: 'site-2' }] } },
    ],
    [
      'an asset that is not there',
      'asset_unknown',
      orderedCommand([setpoint({ asset: 'battery-7' })]),
    ],
    [
      'an asset the policy leaves out',
      'asset_without_policy',
      orderedCommand([setpoint({ asset: 'battery-9' })]),
    ],
    ['an asset in local control', 'asset_local', honest, lossy({ local: true })],
    [
      'a load that obeys no one',
      'action_not_offered',
      orderedCommand([setpoint({ asset: 'load-1' })]),
    ],
    ['reactive power', 'action_not_offered', orderedCommand([setpoint({ reactivePowerKvar: 5 })])],
    ['a tap where there is none', 'action_not_offered', orderedCommand([tap])],
    ['a limit at a load', 'action_not_offered', orderedCommand([limit('load-1')])],
    ['a limit at nothing', 'asset_unknown', orderedCommand([limit('nowhere')])],
    ['more than the nameplate', 'beyond_rating', kw(121)],
    ['more charge than the nameplate', 'beyond_rating', kw(-121)],
    ['more than the policy', 'beyond_policy_limit', kw(100.001)],
    ['a faster ramp in', 'beyond_ramp', orderedCommand([setpoint({ rampKwPerS: 11 })])],
    ['a faster ramp out', 'beyond_ramp', orderedCommand([setpoint({ rampOutKwPerS: 11 })])],
    [
      'a value to revert to beyond the policy',
      'beyond_policy_limit',
      orderedCommand([setpoint({ revert: { to: 'value', activePowerKw: -101 } })]),
    ],
    [
      'beyond a limit at its terminal',
      'beyond_limit_in_force',
      kw(40),
      inForce('battery-1', 100, 39),
    ],
    [
      'charging beyond a limit at its terminal',
      'beyond_limit_in_force',
      kw(-40),
      inForce('battery-1', 39, 100),
    ],
    [
      'import beyond the site’s limit',
      'beyond_limit_in_force',
      kw(-40),
      inForce('meter-1', 119, 100),
    ],
    ['import beyond the policy', 'beyond_limit_in_force', kw(-40), { siteImportKw: 161 }],
    ['export beyond the policy', 'beyond_limit_in_force', kw(40), { siteImportKw: -111 }],
    ['under an action of higher rank', 'rank_too_low', honest, active('critical')],
    ['under a higher priority', 'rank_too_low', honest, active('routine', 4)],
    [
      'a charge target under a higher rank',
      'rank_too_low',
      plannedCommand([charge(0.8)]),
      active('routine'),
    ],
    ['ending what nobody knows', 'ceded_command_unknown', orderedCommand([cede])],
    [
      'ending a command of higher rank',
      'rank_too_low',
      orderedCommand([cede]),
      remembers('critical'),
    ],
    [
      'superseding a command of higher rank',
      'rank_too_low',
      plannedCommand([setpoint({ supersedes: ceded })]),
      remembers('routine'),
    ],
    ['charging faster than the policy', 'beyond_policy_limit', orderedCommand([charge(0.8, 101)])],
    [
      'discharging faster than the policy',
      'beyond_policy_limit',
      orderedCommand([charge(0.3, 101)]),
    ],
    [
      'a plan beyond the margin',
      'beyond_margin',
      plannedCommand([setpoint({ activePowerKw: 50.1 })]),
    ],
    [
      'a plan that charges beyond the margin',
      'beyond_margin',
      plannedCommand([setpoint({ activePowerKw: -50.1 })]),
    ],
    [
      'a plan that reverts beyond the margin',
      'beyond_margin',
      plannedCommand([setpoint({ revert: { to: 'value', activePowerKw: 60 } })]),
    ],
    ['a plan below the reserve', 'below_reserve', plannedCommand([charge(0.19)])],
    ['a plan that limits', 'action_not_for_plan', plannedCommand([limit('meter-1')])],
    ['a plan that changes the mode', 'action_not_for_plan', plannedCommand([mode])],
    ['a plan that ends an order', 'rank_too_low', plannedCommand([cede]), remembers('routine')],
  ])('%s: %s', (_name, expected, arrival, state) => {
    expect(verdict(arrival, state)).toBe(`15 ${expected} by author`);
  });

  test.each<[string, Arrival, Partial<CommandState>?]>([
    ['the policy’s bound itself', kw(100)],
    ['an order beyond the margin', kw(60)],
    ['a plan at the margin', plannedCommand([setpoint({ activePowerKw: -50 })])],
    ['the bound of a limit in force', kw(40), inForce('battery-1', 0, 40)],
    ['the site’s bound itself', kw(-40), inForce('meter-1', 120, 0)],
    ['less import, though still beyond the site’s limit', kw(40), inForce('meter-1', 10, 0)],
    ['charging while the meter is silent', kw(-40), { siteImportKw: null }],
    ['less sun for the grid', orderedCommand([setpoint({ asset: 'pv-1', activePowerKw: 10 })])],
    [
      'more room for the sun than it needs',
      orderedCommand([setpoint({ asset: 'pv-1', activePowerKw: 80 })]),
      { siteImportKw: -149 },
    ],
    ['the same priority', honest, active('routine', 3)],
    ['a lower rank below it', honest, active('plan', 9)],
    [
      'another asset under a higher rank',
      orderedCommand([setpoint({ asset: 'pv-1' })]),
      active('critical'),
    ],
    ['a charge target within both bounds', orderedCommand([charge(0.8, 100)])],
    ['a limit at the site and at an asset', orderedCommand([limit('meter-1'), limit('battery-1')])],
    ['a mode by order', orderedCommand([mode])],
    ['ending a plan by order', orderedCommand([cede]), remembers('plan')],
    ['superseding what is not known', orderedCommand([setpoint({ supersedes: ceded })])],
  ])('%s is accepted', (_name, arrival, state) => {
    expect(outcome(arrival, siteState(state)).outcome).toBe('new');
  });

  test('a refusal by a limit says what was asked and what there is', () => {
    expect(refused(kw(-40), inForce('meter-1', 119, 100)).failure.facts).toEqual({
      point: 'site',
      importKw: 120,
      importMaxKw: 119,
      exportMaxKw: 100,
    });
  });
});

test('a command’s id is bound to its basis and its site, and stays the same when wrapped again', () => {
  const other = commandIdOf(basis, 'site-2');
  expect(toHex(commandIdOf(basis, 'site-1'))).not.toBe(toHex(other));
  const again = command(basis, [setpoint()], { claims: { seq: 2, cti: new Uint8Array(16) } });
  expect(outcome(again).offer.commandId).toEqual(outcome(honest).offer.commandId);
  expect(commandIdOf({ type: 'plan', plan: fromHex('a0') ?? SESS }, 's')).toEqual(
    sha256(new Uint8Array([0xa0, 0x73])).slice(0, 16),
  );
});
