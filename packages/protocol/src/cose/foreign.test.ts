import { concatBytes, fromHex, seededRng, toHex, utf8 } from '@tieline/kernel';
import { describe, expect, test } from 'vitest';
import { CborError, encodeCbor } from '../cbor/codec.ts';
import { nodeSigner, nodeVerifier } from '../crypto/node-ed25519.ts';
import { sign1Bytes, signBytes } from './envelope.ts';
import { EnvelopeError } from './failure.ts';
import { verifyForeignSign1 } from './foreign.ts';

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array();
const NOTHING = new Uint8Array();
const CONTENT = utf8('This is the content.');
const one = nodeSigner(seededRng(2).stream('keys').bytes(32));

const failureOf = (run: () => unknown): string => {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof EnvelopeError) return `${thrown.code} ${thrown.failure.place}`;
    if (thrown instanceof CborError) return thrown.code;
    throw thrown;
  }
  return 'accepted';
};

// github.com/cose-wg/Examples (the examples of RFC 9052): key "11" of the Ed25519 cases.
const WG_KEY = nodeVerifier(
  hex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'),
);
/** eddsa-examples/eddsa-sig-01 */
const WG_SIGN1 = hex(
  'd28445a201270300a10442313154546869732069732074686520636f6e74656e742e58407142fd2ff96d56db85bee905a76ba1d0b7321a95c8c4d3607c5781932b7afb8711497dfa751bf40b58b3bcc32300b1487f3db34085eef013bf08f4a44d6fef0d',
);
/** eddsa-examples/eddsa-01: its one signature, over body header a10300 and signer header a10127. */
const WG_SIGN_SIGNATURE = hex(
  '77f3eacd11852c4bf9cb1d72fabe6b26fba1d76092b2b5b7ec83b83557652264e69690dbc1172ddc0bf88411c0d25a507fdb247a20c40d5e245fabd3fc9ec106',
);

describe('the examples of the COSE working group', () => {
  test('sign1-tests/sign-pass-02: what is signed, with external data', () => {
    const signed = sign1Bytes(hex('a10126'), hex('11aa22bb33cc44dd55006699'), CONTENT);
    expect(toHex(signed)).toBe(
      '846a5369676e61747572653143a101264c11aa22bb33cc44dd5500669954546869732069732074686520636f6e74656e742e',
    );
  });

  test('eddsa-examples/eddsa-sig-01 verifies, and shows its headers and payload', () => {
    expect(verifyForeignSign1(WG_SIGN1, WG_KEY, -8, NOTHING)).toEqual({
      verified: true,
      reason: null,
      alg: -8,
      protectedHeader: '{1: -8, 3: 0}',
      unprotectedHeader: "{4: h'3131'}",
      payload: CONTENT,
    });
  });

  test('eddsa-examples/eddsa-01: one signature of a COSE_Sign', () => {
    const signed = signBytes(hex('a10300'), hex('a10127'), NOTHING, CONTENT);
    expect(WG_KEY.verify(signed, WG_SIGN_SIGNATURE)).toBe(true);
  });
});

describe('foreign envelopes', () => {
  const body = (bytes: Uint8Array): string => toHex(bytes).slice(2);

  test('need not be tagged, nor be deterministic', () => {
    const untagged = WG_SIGN1.subarray(1);
    expect(verifyForeignSign1(untagged, WG_KEY, -8, NOTHING).verified).toBe(true);
    const loose = hex(`d29f${body(WG_SIGN1).slice(2)}ff`);
    expect(verifyForeignSign1(loose, WG_KEY, -8, NOTHING).verified).toBe(true);
  });

  test('the algorithm is the caller’s, and external data and every byte count', () => {
    const other = verifyForeignSign1(WG_SIGN1, WG_KEY, -19, NOTHING);
    expect(other).toMatchObject({ verified: false, reason: 'alg_other', alg: -8 });
    const aside = verifyForeignSign1(WG_SIGN1, WG_KEY, -8, hex('00'));
    expect(aside).toMatchObject({ verified: false, reason: 'signature_wrong' });
    const changed = WG_SIGN1.slice();
    changed[20] = changed[20]! ^ 1;
    expect(verifyForeignSign1(changed, WG_KEY, -8, NOTHING).verified).toBe(false);
  });

  const sign1 = (header: string, unprotected: string): Uint8Array =>
    concatBytes(
      hex(`d284`),
      encodeCbor(hex(header)),
      hex(unprotected),
      encodeCbor(CONTENT),
      encodeCbor(one.sign(sign1Bytes(hex(header), NOTHING, CONTENT))),
    );
  const report = (bytes: Uint8Array) =>
    verifyForeignSign1(bytes, nodeVerifier(one.publicKey), -19, NOTHING);

  test('a critical header that nobody here understands is not waved through', () => {
    expect(report(sign1('a10132', 'a0')).verified).toBe(true);
    expect(report(sign1('a20132028118ff', 'a0')).reason).toBe('critical_header');
  });

  test('an algorithm outside the protected header, or a label that stands twice, is refused', () => {
    expect(report(sign1('', 'a10132')).reason).toBe('alg_missing');
    expect(failureOf(() => report(sign1('a10132', 'a10132')))).toMatch('label 1 twice');
    expect(failureOf(() => report(sign1('a201320132', 'a0')))).toMatch('label 1 twice');
  });

  test.each([
    ['another tag', 'd8628443a10132a0404100', 'envelope_tag_wrong tag 98'],
    ['no array', 'd200', 'envelope_shape_wrong COSE_Sign1'],
    ['three parts', 'd28343a10132a040', 'envelope_shape_wrong COSE_Sign1'],
    ['five parts', 'd28543a10132a040410000', 'envelope_shape_wrong COSE_Sign1'],
    ['a header outside a byte string', 'd284a0a0404100', 'envelope_shape_wrong protected header'],
    ['a header that is no map', 'd2844180a0404100', 'envelope_shape_wrong protected header'],
    ['a header that is no CBOR', 'd284411aa0404100', 'envelope_shape_wrong protected header'],
    ['an unprotected list', 'd28443a1013280404100', 'envelope_shape_wrong unprotected header'],
    ['a detached payload', 'd28443a10132a0f64100', 'envelope_shape_wrong payload'],
    ['a signature that is a number', 'd28443a10132a04000', 'envelope_shape_wrong signature'],
  ])('%s is no COSE_Sign1 that can be verified', (_name, bytes, expected) => {
    expect(failureOf(() => report(hex(bytes)))).toContain(expected);
  });
});
