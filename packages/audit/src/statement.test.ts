import {
  AuditReceipt,
  addressedAad,
  type Claims,
  documentAad,
  emptyRoot,
  signSign1,
} from '@tieline/protocol';
import { describe, expect, test } from 'vitest';
import { openCheckpoint, openReceipt } from './statement.ts';
import { ANCHOR, failureOf, identityOf, keyOf, keysOf } from './test-support.ts';

const KEYS = keysOf('site-1');
const HEAD = { size: 0, root: emptyRoot() };
const TYP = 'application/vnd.tieline.audit-receipt.v1+cose';
const TOPIC = 'tl1/demo/site-1/audit-receipt';

interface Parts {
  readonly typ: string;
  readonly claims: Claims;
  readonly payload: Uint8Array;
  readonly aad: Uint8Array;
}

/** A receipt put together by hand, signed by the witness: right in everything but what is changed. */
function receiptWith(change: Partial<Parts>): Uint8Array {
  const { typ, claims, payload, aad } = {
    typ: TYP,
    claims: { iss: 'witness', aud: 'site-1', iat: 5 },
    payload: AuditReceipt.encode({ origin: 'demo/site-1', ...HEAD }),
    aad: addressedAad(ANCHOR, TOPIC),
    ...change,
  };
  return signSign1({ typ, claims }, payload, aad, keyOf('witness').signer);
}
const open = (message: Uint8Array) => openReceipt(message, identityOf('site-1'), KEYS);

test('a receipt put together by hand is one', () => {
  expect(open(receiptWith({}))).toEqual(HEAD);
});

const other = 'application/vnd.tieline.checkpoint.v1+cose';
const foreignBody = AuditReceipt.encode({ origin: 'demo/site-2', ...HEAD });

describe('the witness signed it, and yet it is refused', () => {
  test.each<[string, string, Partial<Parts>]>([
    ['of another type', 'signature_refused', { typ: other }],
    ['of another issuer', 'signature_refused', { claims: { iss: 'ada', aud: 'site-1', iat: 5 } }],
    ['without its date', 'signature_refused', { claims: { iss: 'witness', aud: 'site-1' } }],
    ['to another', 'signature_refused', { claims: { iss: 'witness', aud: 'site-2', iat: 5 } }],
    [
      'with a claim more',
      'signature_refused',
      { claims: { iss: 'witness', aud: 'site-1', iat: 5, exp: 6 } },
    ],
    ['on another topic', 'signature_refused', { aad: addressedAad(ANCHOR, `${TOPIC}s`) }],
    ['as a document', 'signature_refused', { aad: documentAad(ANCHOR, 'audit-receipt') }],
    ['about another log', 'origin_foreign', { payload: foreignBody }],
    ['about nothing', 'signature_refused', { payload: new Uint8Array([0xa0]) }],
  ])('%s: %s', (_, code, change) => {
    expect(failureOf(() => open(receiptWith(change)))).toMatchObject({ code, what: 'receipt' });
  });

  test('as a checkpoint', () => {
    const message = receiptWith({ typ: other, claims: { iss: 'witness' } });
    const asCheckpoint = () => openCheckpoint(message, identityOf('site-1'), KEYS);
    expect(failureOf(asCheckpoint)).toMatchObject({ code: 'signature_refused' });
  });
});
