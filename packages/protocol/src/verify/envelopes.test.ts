import { describe, expect, test } from 'vitest';
import { documentAad, parseSign, signSign } from '../cose/envelope.ts';
import { KINDS, type Kind, typOf } from '../kinds.ts';
import type { PolicyIndex } from '../messages/policy.ts';
import { openTrust, signTrust } from '../trust/trust.ts';
import {
  type Arrival,
  CONTROL_AUDIENCE,
  openAddressed,
  type Receiver,
  sealAddressed,
} from './addressed.ts';
import { VerificationBudget } from './budget.ts';
import { documentNameOf, openDocument, sealDocument } from './document.ts';
import { VerifyError } from './failure.ts';
import { CTI, keys, NOW_S, order, SESS, trust, trustDocument, trustKey } from './fixture-site.ts';

const receiver = (change: Partial<Receiver> = {}): Receiver => ({
  trust,
  site: null,
  sess: SESS,
  budget: new VerificationBudget(),
  nowMs: 0,
  wallS: NOW_S,
  ...change,
});
const from = (key: keyof typeof keys, site = 'site-1') => ({
  anchor: trust.anchor,
  deployment: 'demo',
  site,
  key: keys[key],
});
const verdict = (run: () => unknown): string => {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof VerifyError) return `${thrown.failure.step} ${thrown.failure.code}`;
    throw thrown;
  }
  return 'accepted';
};
const died = (key: keyof typeof keys, site = 'site-1'): Arrival => ({
  ...sealAddressed(KINDS.death, { boot: 3 }, from(key, site), { iat: NOW_S, sess: SESS }),
  retained: false,
});
const open = (arrival: Arrival, change: Partial<Receiver> = {}, kind: Kind = KINDS.death): string =>
  verdict(() => openAddressed(kind, arrival, receiver(change)));

describe('addressed messages', () => {
  test('an agent’s word reaches the control plane, with its author and topic', () => {
    const opened = openAddressed(KINDS.death, died('agent'), receiver());
    expect(opened).toMatchObject({
      body: { boot: 3 },
      claims: { iss: 'site-1', aud: CONTROL_AUDIENCE, sess: SESS },
      author: { principal: 'site-1' },
      topic: { deployment: 'demo', site: 'site-1', kind: 'death' },
    });
  });

  test('an agent cannot speak for another site, whatever topic it finds', () => {
    expect(open(died('otherAgent', 'site-1'))).toBe('6 site_out_of_scope');
    expect(open({ ...died('agent'), topic: 'tl1/demo/site-2/death' })).toBe('6 site_out_of_scope');
    expect(open(died('otherAgent', 'site-2'))).toBe('accepted');
  });

  test('a session other than the known one is refused; where any may begin, none is', () => {
    expect(open(died('agent'), { sess: new Uint8Array(16) })).toBe('5 session_other');
    expect(open(died('agent'), { sess: null })).toBe('accepted');
  });

  test('a dispatcher outside its area is refused, with its signature proven', () => {
    const presence = {
      ...sealAddressed(KINDS.presence, {}, from('awayDispatch'), {
        iat: NOW_S,
        epoch: 1,
        sess: SESS,
      }),
      retained: false,
    };
    expect(open(presence, { site: 'site-1' }, KINDS.presence)).toBe('13 site_out_of_scope');
  });

  test('agents are still heard when trust has expired: only commands and orders stop', () => {
    expect(open(died('agent'), { wallS: trustDocument.expires + 1 })).toBe('accepted');
  });

  test('what is sealed has exactly the claims of its kind', () => {
    const seal = (claims: object) => () =>
      sealAddressed(KINDS.death, { boot: 1 }, from('agent'), claims);
    expect(verdict(seal({ iat: NOW_S }))).toBe('3 claim_missing');
    expect(verdict(seal({ iat: NOW_S, sess: SESS, cti: CTI }))).toBe('3 claim_forbidden');
  });

  test('what one side says to the other cannot be sent back', () => {
    const receipt = {
      ...sealAddressed(
        KINDS.auditReceipt,
        { origin: 'demo/site-1', size: 1, root: new Uint8Array(32) },
        from('witness'),
        { iat: NOW_S },
      ),
      retained: false,
    };
    expect(open(receipt, { site: 'site-1' }, KINDS.auditReceipt)).toBe('accepted');
    const turned = { ...receipt, topic: 'tl1/demo/site-1/death' };
    expect(open(turned)).toBe('3 message_malformed');
  });
});

describe('documents', () => {
  const reader = { trust, site: 'site-1', wallS: NOW_S };
  const body: PolicyIndex = {
    version: 4,
    deployment: 'demo',
    issuedAt: NOW_S,
    approvals: { routine: 1, critical: 2 },
    pages: { 'site-1': new Uint8Array(32) },
  };
  const sealed = (signers: (keyof typeof keys)[] = ['policy']) =>
    sealDocument(
      KINDS.policy,
      body,
      trust.anchor,
      signers.map((name) => keys[name]),
      { iat: NOW_S },
    );
  const opening = (bytes: Uint8Array, kind: Kind = KINDS.policy, change = {}) =>
    verdict(() => openDocument(kind, bytes, { ...reader, ...change }));

  test('a policy comes back with its signers', () => {
    const opened = openDocument(KINDS.policy, sealed(), reader);
    expect(opened.body).toEqual(body);
    expect(opened.signers.map(({ principal }) => principal)).toEqual(['policy-1']);
    expect(opened.claims).toEqual({ iss: 'policy-1', iat: NOW_S });
  });

  test('every flipped byte is refused', () => {
    const bytes = sealed();
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = bytes.slice();
      flipped[at] = flipped[at]! ^ 0x10;
      expect(opening(flipped)).not.toBe('accepted');
    }
  });

  test('signatures of others, of too few, or of one person twice', () => {
    expect(opening(sealed(['alice']))).toBe('6 role_missing');
    expect(opening(sealed(['policy', 'policy']))).toBe('6 principal_doubled');
    const strict = openTrust(
      signTrust(
        {
          ...trustDocument,
          keys: [...trustDocument.keys, trustKey(keys.stranger, ['policy'])],
          thresholds: { policy: 2 },
        },
        [keys.root],
      ),
    );
    const bytes = sealDocument(KINDS.policy, body, strict.anchor, [keys.policy], { iat: NOW_S });
    expect(opening(bytes, KINDS.policy, { trust: strict })).toBe('6 threshold_missed');
  });

  test('a document that names another issuer than its signers, or another type', () => {
    const aad = documentAad(trust.anchor, 'policy');
    const signedAs = (iss: string, typ: string): Uint8Array =>
      signSign({ typ, claims: { iss, iat: NOW_S } }, parseSign(sealed()).payload, aad, [
        keys.policy.signer,
      ]);
    expect(opening(signedAs('policy-1', typOf(KINDS.policy)))).toBe('accepted');
    expect(opening(signedAs('alice', typOf(KINDS.policy)))).toBe('6 issuer_wrong');
    expect(opening(signedAs('policy-1', typOf(KINDS.order)))).toBe('4 typ_wrong');
  });

  test('an order of a key that has expired, or under trust that has', () => {
    const expired = openTrust(
      signTrust(
        {
          ...trustDocument,
          keys: [
            ...trustDocument.keys,
            trustKey(keys.stranger, ['operator'], undefined, NOW_S - 1),
          ],
        },
        [keys.root],
      ),
    );
    const window = { iat: NOW_S, nbf: NOW_S - 60, exp: NOW_S + 600 };
    const signed = (anchor: Uint8Array, by: 'stranger' | 'alice'): Uint8Array =>
      sealDocument(KINDS.order, order(), anchor, [keys[by]], window);
    const byStranger = signed(expired.anchor, 'stranger');
    expect(opening(byStranger, KINDS.order, { trust: expired })).toBe('6 key_expired');
    expect(opening(byStranger, KINDS.order, { trust: expired, wallS: null })).toBe('accepted');
    const late = { wallS: trustDocument.expires + 1 };
    expect(opening(signed(trust.anchor, 'alice'), KINDS.order, late)).toBe('6 trust_expired');
  });

  test('a signer whose area leaves the site out', () => {
    const narrow = openTrust(
      signTrust(
        {
          ...trustDocument,
          keys: [
            ...trustDocument.keys,
            trustKey(keys.stranger, ['policy'], { sites: ['site-2'], actions: '*' }),
          ],
        },
        [keys.root],
      ),
    );
    const bytes = sealDocument(KINDS.policy, body, narrow.anchor, [keys.stranger], { iat: 1 });
    expect(opening(bytes, KINDS.policy, { trust: narrow })).toBe('6 site_out_of_scope');
    expect(opening(bytes, KINDS.policy, { trust: narrow, site: 'site-2' })).toBe('accepted');
    expect(opening(bytes, KINDS.policy, { trust: narrow, site: null })).toBe('accepted');
  });

  test('a document of one kind is none of another, nor of another deployment', () => {
    const checkpoint = sealDocument(
      KINDS.checkpoint,
      { origin: 'demo/site-1', size: 0, root: new Uint8Array(32) },
      trust.anchor,
      [keys.agent],
      {},
    );
    expect(opening(checkpoint, KINDS.checkpoint)).toBe('accepted');
    expect(opening(checkpoint)).toBe('3 envelope_tag_wrong');
    expect(opening(sealed(), KINDS.order)).toBe('3 message_malformed');
    const elsewhere = sealDocument(KINDS.policy, body, SESS, [keys.policy], { iat: NOW_S });
    expect(opening(elsewhere)).toBe('8 signature_wrong');
  });

  test('a window is judged where the clock can judge it', () => {
    const bytes = sealDocument(
      KINDS.freshness,
      { version: 1, issuedAt: NOW_S, trust: 1, policy: 4 },
      trust.anchor,
      [keys.director],
      { iat: NOW_S, exp: NOW_S + 10 },
    );
    expect(opening(bytes, KINDS.freshness, { wallS: NOW_S + 10 })).toBe('accepted');
    expect(opening(bytes, KINDS.freshness, { wallS: NOW_S + 11 })).toBe('11 document_expired');
    expect(opening(bytes, KINDS.freshness, { wallS: null })).toBe('accepted');
  });

  test('a body too large for its kind is not sealed, and not opened', () => {
    const { bytesMax } = KINDS.order.message;
    const long = { ...order(), reason: '€'.repeat(500) };
    const targets = Array.from({ length: 64 }, () => long.targets[0]!);
    const sealedOrder = () =>
      sealDocument(KINDS.order, { ...long, targets }, trust.anchor, [keys.alice], {
        ...{ iat: NOW_S, nbf: NOW_S, exp: NOW_S + 60 },
      });
    // Nothing is signed that no agent could read.
    expect(sealedOrder).toThrow('message_too_large');
    expect(opening(new Uint8Array(bytesMax + 1), KINDS.order)).toBe('1 message_too_large');
  });

  test('external data names a document without its topic', () => {
    expect(documentNameOf(KINDS.desiredModel)).toBe('model');
    expect(documentNameOf(KINDS.order)).toBe('order');
  });
});
