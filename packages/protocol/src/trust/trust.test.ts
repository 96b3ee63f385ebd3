import { seededRng, toHex } from '@tieline/kernel';
import { describe, expect, test } from 'vitest';
import { CborError } from '../cbor/codec.ts';
import { documentAad, signSign, signSign1 } from '../cose/envelope.ts';
import { EnvelopeError } from '../cose/failure.ts';
import { kidOf, sha256 } from '../crypto/digest.ts';
import type { HeldKey } from '../crypto/key-file.ts';
import { nodeSigner } from '../crypto/node-ed25519.ts';
import { typOf } from '../kinds.ts';
import { MessageError } from '../messages/define.ts';
import { keys, NOW_S, trust, trustBytes, trustDocument, trustKey } from '../verify/fixture-site.ts';
import { TRUST_KEYS_MAX, TRUST_KIND, TrustDocument } from './document.ts';
import {
  openTrust,
  resolveKey,
  scopeCoversAction,
  signTrust,
  TrustError,
  thresholdOf,
} from './trust.ts';

const EVERYTHING = { sites: '*', actions: '*' } as const;

const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (thrown) {
    const expected = [TrustError, CborError, EnvelopeError, MessageError];
    if (!expected.some((kind) => thrown instanceof kind)) throw thrown;
    return (thrown as TrustError).code;
  }
  return 'accepted';
};
const signed = (change: Partial<TrustDocument>, roots: readonly HeldKey[] = [keys.root]): string =>
  codeOf(() => openTrust(signTrust({ ...trustDocument, ...change }, roots)));
const withKey = (key: TrustDocument['keys'][number]): Partial<TrustDocument> => ({
  keys: [...trustDocument.keys, key],
});

describe('opening the trust file', () => {
  test('the first document is its own anchor, and its keys are found by kid', () => {
    expect(trust.anchor).toEqual(sha256(trustBytes));
    expect(trust.document).toEqual(trustDocument);
    expect(trust.keys.size).toBe(trustDocument.keys.length);
    const alice = trust.keys.get(toHex(keys.alice.signer.kid));
    expect(alice).toMatchObject({ principal: 'alice', expiresS: null });
    expect(alice?.verifier.verify(trustBytes, keys.alice.signer.sign(trustBytes))).toBe(true);
  });

  test('every flipped byte is refused', () => {
    const root = trustKey(keys.root, ['root']);
    const bytes = signTrust({ ...trustDocument, keys: [root] }, [keys.root]);
    expect(openTrust(bytes).keys.size).toBe(1);
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = bytes.slice();
      flipped[at] = flipped[at]! ^ 0x01;
      expect(codeOf(() => openTrust(flipped))).not.toBe('accepted');
    }
  });

  test.each([200, 1_000])('%i agents are known, each at its own site', (count) => {
    const random = seededRng(count).stream('agents');
    const agents = Array.from({ length: count }, (_, k) => {
      const held = { principal: `site-${k}`, signer: nodeSigner(random.bytes(32)) };
      return trustKey(held, ['agent'], { sites: [held.principal], actions: '*' });
    });
    const bytes = signTrust(
      { ...trustDocument, keys: [trustKey(keys.root, ['root']), ...agents] },
      [keys.root],
    );
    const opened = openTrust(bytes);
    expect(opened.keys.size).toBe(count + 1);
    expect(resolveKey(opened, agents.at(-1)!.kid, 'agent', NOW_S).principal).toBe(
      `site-${count - 1}`,
    );
  });

  test('more keys, items or bytes than there may be are refused by name', () => {
    const root = trustKey(keys.root, ['root']);
    const places = Array.from({ length: 1_000 }, (_, k) => `site-${k}`);
    const wide = trustKey(keys.root, ['root'], { sites: places, actions: '*' });
    const held = (count: number, key: TrustDocument['keys'][number]) =>
      codeOf(() => signTrust({ ...trustDocument, keys: Array(count).fill(key) }, [keys.root]));
    expect(held(TRUST_KEYS_MAX, root)).toBe('accepted');
    expect(held(TRUST_KEYS_MAX + 1, root)).toBe('message_malformed');
    expect(held(32, wide)).toBe('accepted');
    expect(held(33, wide)).toBe('cbor_too_many_items');
    const padded = new Uint8Array(TrustDocument.bytesMax + 1);
    expect(codeOf(() => TrustDocument.decode(padded))).toBe('message_too_large');
  });

  const unsound = new Uint8Array(32);
  test.each<[string, string, Partial<TrustDocument>, HeldKey[]?]>([
    ['a later version', 'trust_not_first', { version: 2 }],
    ['a signer who is no root', 'role_missing', {}, [keys.alice]],
    ['a signer who is not in it', 'key_unknown', {}, [keys.stranger]],
    ['fewer roots than it asks for', 'trust_threshold_missed', { thresholds: { root: 2 } }],
    ['more people than can sign', 'trust_threshold_wrong', { thresholds: { operator: 4 } }],
    ['two people where one can sign', 'trust_threshold_wrong', { thresholds: { policy: 2 } }],
    [
      'several signers of what carries one signature',
      'trust_threshold_wrong',
      { thresholds: { dispatch: 2 } },
    ],
    ['a key that stands twice', 'trust_key_doubled', withKey(trustKey(keys.alice, ['policy']))],
    [
      'a key of small order',
      'trust_key_unsound',
      withKey({ ...trustKey(keys.alice, ['policy']), publicKey: unsound, kid: kidOf(unsound) }),
    ],
    [
      'a kid that is another key’s',
      'trust_key_unsound',
      withKey({ ...trustKey(keys.stranger, ['policy']), kid: new Uint8Array(16) }),
    ],
    [
      'an agent for two sites',
      'trust_agent_scope_wrong',
      withKey(trustKey(keys.stranger, ['agent'], { ...EVERYTHING, sites: ['stranger', 'site-2'] })),
    ],
    [
      'an agent for every site',
      'trust_agent_scope_wrong',
      withKey(trustKey(keys.stranger, ['agent'])),
    ],
    [
      'an agent of another name than its site',
      'trust_agent_scope_wrong',
      withKey(trustKey(keys.stranger, ['agent'], { ...EVERYTHING, sites: ['site-3'] })),
    ],
    [
      'an agent that may dispatch',
      'trust_agent_scope_wrong',
      withKey(
        trustKey(keys.stranger, ['agent', 'dispatch'], { ...EVERYTHING, sites: ['stranger'] }),
      ),
    ],
  ])('%s: %s', (_name, expected, change, roots) => {
    expect(signed(change, roots)).toBe(expected);
  });

  test('two roots count where they are two people, and only then', () => {
    const second: HeldKey = { principal: 'root-2', signer: keys.stranger.signer };
    const sameAgain: HeldKey = { principal: 'root-1', signer: keys.stranger.signer };
    const two = (root: HeldKey): Partial<TrustDocument> => ({
      ...withKey(trustKey(root, ['root'])),
      thresholds: { root: 2 },
    });
    expect(signed(two(second), [keys.root, second])).toBe('accepted');
    expect(signed(two(sameAgain), [keys.root, sameAgain])).toBe('trust_threshold_missed');
    expect(signed(two(second), [keys.root, keys.root])).toBe('trust_threshold_missed');
  });

  const resigned = (change: {
    typ?: string;
    claims?: object;
    document?: string;
    anchor?: Uint8Array;
  }): string => {
    const aad = documentAad(change.anchor ?? new Uint8Array(), change.document ?? 'trust');
    const claims = { iss: 'root-1', iat: 1, ...change.claims };
    const header = { typ: change.typ ?? typOf(TRUST_KIND), claims };
    const payload = TrustDocument.encode(trustDocument);
    return codeOf(() => openTrust(signSign(header, payload, aad, [keys.root.signer])));
  };

  test('the signature is over this kind, these claims and no anchor', () => {
    expect(resigned({})).toBe('accepted');
    expect(resigned({ typ: 'application/vnd.tieline.policy.v1+cose' })).toBe('trust_typ_wrong');
    expect(resigned({ claims: { exp: 5 } })).toBe('trust_claims_wrong');
    expect(resigned({ claims: { iss: 'alice' } })).toBe('trust_claims_wrong');
    expect(resigned({ document: 'policy' })).toBe('trust_signature_wrong');
    expect(resigned({ anchor: trust.anchor })).toBe('trust_signature_wrong');
  });

  test('a COSE_Sign1 of the same content is no trust document', () => {
    const header = { typ: typOf(TRUST_KIND), claims: { iss: 'root-1', iat: 1 } };
    const aad = documentAad(new Uint8Array(), 'trust');
    const bytes = signSign1(header, TrustDocument.encode(trustDocument), aad, keys.root.signer);
    expect(codeOf(() => openTrust(bytes))).toBe('envelope_tag_wrong');
  });
});

describe('resolving a key', () => {
  const resolve = (key: HeldKey, role: 'operator' | 'dispatch', wallS: number | null): string =>
    codeOf(() => resolveKey(trust, key.signer.kid, role, wallS));

  test('needs a known key, its role, and a time before its end where the time is known', () => {
    expect(resolve(keys.alice, 'operator', NOW_S)).toBe('accepted');
    expect(resolve(keys.alice, 'dispatch', NOW_S)).toBe('role_missing');
    expect(resolve(keys.stranger, 'operator', NOW_S)).toBe('key_unknown');
    expect(resolve(keys.otherDispatch, 'dispatch', NOW_S + 3_600)).toBe('accepted');
    expect(resolve(keys.otherDispatch, 'dispatch', NOW_S + 3_601)).toBe('key_expired');
    expect(resolve(keys.otherDispatch, 'dispatch', null)).toBe('accepted');
  });

  test('one signer is enough where the document asks for no more', () => {
    expect(thresholdOf(trust, 'policy')).toBe(1);
  });

  test('a scope of classes says nothing about actions on no asset', () => {
    const scope = { sites: '*', actions: ['mode', 'setpoint'], assetClasses: ['pv'] } as const;
    const covers = (action: 'mode' | 'setpoint' | 'tap', kind: 'pv' | 'battery' | null): boolean =>
      scopeCoversAction(
        { ...scope, actions: [...scope.actions], assetClasses: [...scope.assetClasses] },
        action,
        kind,
      );
    expect([covers('mode', null), covers('setpoint', 'pv')]).toEqual([true, true]);
    expect([covers('setpoint', 'battery'), covers('tap', 'pv')]).toEqual([false, false]);
  });
});
