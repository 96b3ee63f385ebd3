import { concatBytes } from '@tieline/kernel';
import { describe, expect, test } from 'vitest';
import { encodeCbor } from '../cbor/codec.ts';
import { KINDS, typOf } from '../kinds.ts';
import { Command } from '../messages/command.ts';
import { openTrust, signTrust } from '../trust/trust.ts';
import type { Arrival } from './addressed.ts';
import { VerificationBudget } from './budget.ts';
import type { CommandState, CommandTime } from './command-state.ts';
import {
  basis,
  body,
  claims,
  envelope,
  honest,
  outcome,
  verdict,
  without,
} from './fixture-command.ts';
import {
  command,
  keys,
  NOW_S,
  siteState,
  TIME,
  trust,
  trustBytes,
  trustDocument,
} from './fixture-site.ts';

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
