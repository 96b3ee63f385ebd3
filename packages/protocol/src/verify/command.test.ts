import { concatBytes, fromHex, toHex, utf8 } from '@tieline/kernel';
import { describe, expect, test } from 'vitest';
import { decodeCbor, encodeCbor } from '../cbor/codec.ts';
import { parseSign } from '../cose/envelope.ts';
import type { Claims } from '../cose/headers.ts';
import { sha256 } from '../crypto/digest.ts';
import { Command } from '../messages/command.ts';
import type { Arrival } from './addressed.ts';
import { actionsDigest } from './basis.ts';
import { VerificationBudget } from './budget.ts';
import { commandIdOf } from './command.ts';
import type { CommandState, CommandTime, StoredCommand } from './command-state.ts';
import {
  basis,
  body,
  envelope,
  honest,
  outcome,
  refused,
  verdict,
  without,
} from './fixture-command.ts';
import {
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
} from './fixture-site.ts';

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
    const { headerBytes, payload } = parseSign(signOrder(order()));
    expect(result.offer).toEqual({
      commandId: sha256(concatBytes(headerBytes, payload, utf8('site-1'))).slice(0, 16),
      cti: CTI,
      messageDigest: sha256(honest.payload),
      principal: 'dispatch',
      kid: toHex(keys.dispatch.signer.kid),
      epoch: 1,
      seq: 1,
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
    [
      'a dispatcher for other assets, at whose terminal a limit is to stand',
      '13 action_out_of_scope',
      orderedCommand(
        [
          {
            ...{ type: 'limit', point: 'battery-1', importMaxKw: 10, exportMaxKw: 10 },
            ...{ startWithinMs: 0, validForMs: 60_000 },
          },
        ],
        { key: keys.narrowDispatch },
      ),
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

test('a command’s id is bound to its basis and its site, and stays the same when wrapped again', () => {
  const other = commandIdOf(basis, 'site-2');
  expect(toHex(commandIdOf(basis, 'site-1'))).not.toBe(toHex(other));
  const again = command(basis, [setpoint()], { claims: { seq: 2, cti: new Uint8Array(16) } });
  expect(outcome(again).offer.commandId).toEqual(outcome(honest).offer.commandId);
  expect(commandIdOf({ type: 'plan', plan: fromHex('a0') ?? SESS }, 's')).toEqual(
    sha256(new Uint8Array([0xa0, 0x73])).slice(0, 16),
  );
});

test('an order stays one command whoever else signs it, and in whatever order its signatures stand', () => {
  const bytes = signOrder(order(), [keys.alice, keys.bob]);
  const one = toHex(commandIdOf(orderBasis(bytes), 'site-1'));
  const [, , , signatures] = decodeCbor(bytes.subarray(2)) as [
    unknown,
    unknown,
    unknown,
    unknown[],
  ];
  const rearranged = (list: readonly unknown[]): Uint8Array => {
    const parts = decodeCbor(bytes.subarray(2)) as unknown[];
    return concatBytes(bytes.subarray(0, 2), encodeCbor([...parts.slice(0, 3), list]));
  };
  const swapped = rearranged([...signatures].reverse());
  const dropped = rearranged(signatures.slice(0, 1));
  for (const other of [swapped, dropped]) {
    expect(toHex(other)).not.toBe(toHex(bytes));
    expect(toHex(commandIdOf(orderBasis(other), 'site-1'))).toBe(one);
    expect(outcome(command(orderBasis(other))).outcome).toBe('new');
  }
});

test('what is no order at all has a name too, and is refused for what is wrong with it', () => {
  const nothing = orderBasis(new Uint8Array([1, 2, 3]));
  expect(verdict(command(nothing))).toBe('14 order_envelope_tag_wrong by author');
});
