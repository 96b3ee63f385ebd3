import { concatBytes, fromHex, seededRng, toHex, utf8 } from '@tieline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CborError, encodeCbor } from '../cbor/codec.ts';
import { cborDiagnostic } from '../cbor/diagnostic.ts';
import { nodeSigner, nodeVerifier } from '../crypto/node-ed25519.ts';
import {
  addressedAad,
  documentAad,
  parseSign,
  parseSign1,
  sign1Bytes,
  signBytes,
  signSign,
  signSign1,
  verifySign1,
  verifySignature,
} from './envelope.ts';
import { EnvelopeError } from './failure.ts';
import { verifyForeignSign1 } from './foreign.ts';
import { type Claims, encodeHeader, parseSign1Header } from './headers.ts';

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array();
const NOTHING = new Uint8Array();
const CONTENT = utf8('This is the content.');
const anchor = new Uint8Array(32).fill(0xab);
const aad = addressedAad(anchor, 'tl1/demo/site-1/command');
const random = seededRng(2).stream('keys');
const [one, two] = [nodeSigner(random.bytes(32)), nodeSigner(random.bytes(32))];
const content = {
  typ: 'application/vnd.tieline.command.v1+cose',
  claims: { iss: 'dispatch', aud: 'site-1', iat: 1_700_000_000, epoch: 3, seq: 9, pol: 1 },
};

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

test.each([0, 23, 24, 255, 256, 65_535, 65_536])(
  'what is signed is plain CBOR, with a payload of %i bytes',
  (length) => {
    const payload = new Uint8Array(length).fill(7);
    const header = hex('a10132');
    expect(toHex(sign1Bytes(header, aad, payload))).toBe(
      toHex(encodeCbor(['Signature1', header, aad, payload])),
    );
    expect(toHex(signBytes(header, header, aad, payload))).toBe(
      toHex(encodeCbor(['Signature', header, header, aad, payload])),
    );
  },
);

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
    ['another tag', 'd8628443a10126a0404100'],
    ['three parts', 'd28343a10126a040'],
    ['a detached payload', 'd28443a10126a0f64100'],
    ['a header that is no map', 'd284418040404100'],
    ['a header that is no CBOR', 'd28441a1a0404100'],
  ])('%s is no COSE_Sign1 that can be verified', (_name, bytes) => {
    expect(failureOf(() => report(hex(bytes)))).toMatch(/^envelope_/);
  });
});

describe('COSE_Sign1 of this protocol', () => {
  const message = signSign1(content, encodeCbor({ a: 1 }), aad, one);

  test('has these bytes', () => {
    expect(cborDiagnostic(message)).toMatch(
      /^18\(\[h'a4[0-9a-f]+', \{\}, h'a1616101', h'[0-9a-f]{128}'\]\)$/,
    );
    expect(cborDiagnostic(parseSign1(message).headerBytes)).toBe(
      `{1: -19, 4: h'${toHex(one.kid)}', 15: {1: "dispatch", 3: "site-1", 6: 1700000000, -65537: 3, ` +
        '-65538: 9, -65540: 1}, 16: "application/vnd.tieline.command.v1+cose"}',
    );
  });

  test('comes back as it was made, and verifies under its key, anchor and topic alone', () => {
    const parsed = parseSign1(message);
    expect(parsed.header).toEqual({ ...content, alg: -19, kid: one.kid });
    const verifier = nodeVerifier(one.publicKey);
    expect(verifySign1(parsed, aad, verifier)).toBe(true);
    expect(verifySign1(parsed, aad, nodeVerifier(two.publicKey))).toBe(false);
    const elsewhere = addressedAad(anchor, 'tl1/demo/site-2/command');
    expect(verifySign1(parsed, elsewhere, verifier)).toBe(false);
    expect(verifySign1(parsed, addressedAad(NOTHING, 'tl1/demo/site-1/command'), verifier)).toBe(
      false,
    );
    expect(verifySign1(parsed, documentAad(anchor, 'command'), verifier)).toBe(false);
  });

  test('is a COSE_Sign1 to everyone else as well', () => {
    const verifier = nodeVerifier(one.publicKey);
    expect(verifyForeignSign1(message, verifier, -19, aad).verified).toBe(true);
  });

  test('claims of any values survive the header', () => {
    const id = fc.uint8Array({ minLength: 16, maxLength: 16 });
    const text = fc.string({ minLength: 1, maxLength: 32 });
    const claims: fc.Arbitrary<Claims> = fc.record(
      {
        iss: text,
        sub: text,
        aud: text,
        exp: fc.maxSafeNat(),
        nbf: fc.maxSafeNat(),
        iat: fc.maxSafeNat(),
        cti: id,
        epoch: fc.maxSafeNat(),
        seq: fc.maxSafeNat(),
        sess: id,
        pol: fc.maxSafeNat(),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(claims, (given) => {
        const header = { alg: -19, kid: one.kid, typ: 'x', claims: given };
        expect(parseSign1Header(encodeHeader(header))).toEqual(header);
      }),
    );
  });

  const envelope = (...items: unknown[]): Uint8Array => concatBytes(hex('d2'), encodeCbor(items));
  const header = (extra: [number, unknown][], without?: number): Uint8Array => {
    const map = new Map<number, unknown>([
      [1, -19],
      [4, one.kid],
      [15, new Map([[1, 'dispatch']])],
      [16, 'typ'],
      ...extra,
    ]);
    if (without !== undefined) map.delete(without);
    return encodeCbor(map);
  };
  const signature = new Uint8Array(64);
  const claims = (...pairs: [number, unknown][]): Uint8Array => header([[15, new Map(pairs)]]);

  test.each([
    ['no tag', message.subarray(1), 'envelope_tag_wrong tag 18 expected'],
    ['the tag of COSE_Sign', concatBytes(hex('d862'), message.subarray(1)), 'envelope_tag_wrong'],
    ['a byte too many', concatBytes(message, hex('00')), 'cbor_trailing'],
    ['three parts', envelope(header([]), {}, NOTHING), 'envelope_shape_wrong'],
    [
      'five parts',
      envelope(header([]), {}, NOTHING, signature, 0),
      'envelope_shape_wrong COSE_Sign1',
    ],
    ['a detached payload', envelope(header([]), {}, null, signature), 'envelope_shape_wrong'],
    ['a short signature', envelope(header([]), {}, NOTHING, new Uint8Array(63)), 'envelope_shape'],
    [
      'something unprotected',
      envelope(header([]), new Map([[4, one.kid]]), NOTHING, signature),
      'header_unprotected',
    ],
    [
      'unprotected bytes',
      envelope(header([]), NOTHING, NOTHING, signature),
      'envelope_shape_wrong COSE_Sign1',
    ],
    ['an empty header', envelope(NOTHING, {}, NOTHING, signature), 'cbor_truncated'],
    ['a critical header', envelope(header([[2, [1]]]), {}, NOTHING, signature), 'label 2'],
    ['a content type', envelope(header([[3, 0]]), {}, NOTHING, signature), 'label 3'],
    ['no alg', envelope(header([], 1), {}, NOTHING, signature), 'header_label_missing'],
    ['no kid', envelope(header([], 4), {}, NOTHING, signature), 'header_label_missing'],
    ['no claims', envelope(header([], 15), {}, NOTHING, signature), 'header_label_missing'],
    ['no typ', envelope(header([], 16), {}, NOTHING, signature), 'header_label_missing'],
    ['a short kid', envelope(header([[4, hex('00')]]), {}, NOTHING, signature), 'kid'],
    ['alg by name', envelope(header([[1, 'EdDSA']]), {}, NOTHING, signature), 'alg'],
    ['typ by number', envelope(header([[16, 60]]), {}, NOTHING, signature), 'typ'],
    ['an unknown claim', envelope(claims([8, 1]), {}, NOTHING, signature), 'claim 8'],
    ['iss that is no text', envelope(claims([1, 1]), {}, NOTHING, signature), 'claim iss'],
    ['iat with a fraction', envelope(claims([6, 0.5]), {}, NOTHING, signature), 'claim iat'],
    ['seq below zero', envelope(claims([-65_538, -1]), {}, NOTHING, signature), 'claim seq'],
    ['a short cti', envelope(claims([7, hex('00')]), {}, NOTHING, signature), 'claim cti'],
    ['claims by name', envelope(header([[15, { iss: 'x' }]]), {}, NOTHING, signature), 'claims'],
  ])('%s is refused', (_name, bytes, expected) => {
    expect(failureOf(() => parseSign1(bytes))).toContain(expected);
  });
});

describe('COSE_Sign of this protocol', () => {
  const orderAad = documentAad(anchor, 'order');
  const payload = encodeCbor({ id: 1 });
  const document = signSign(content, payload, orderAad, [one, two]);

  test('carries one signature of each signer, none of which fits another', () => {
    const parsed = parseSign(document);
    expect(parsed.header).toEqual(content);
    expect(parsed.payload).toEqual(payload);
    expect(parsed.signatures.map(({ header }) => header)).toEqual([
      { alg: -19, kid: one.kid },
      { alg: -19, kid: two.kid },
    ]);
    const verdicts = parsed.signatures.map((signature) =>
      [one, two].map(({ publicKey }) =>
        verifySignature(parsed, signature, orderAad, nodeVerifier(publicKey)),
      ),
    );
    expect(verdicts).toEqual([
      [true, false],
      [false, true],
    ]);
    const policyAad = documentAad(anchor, 'policy');
    const [first] = parsed.signatures;
    expect(verifySignature(parsed, first!, policyAad, nodeVerifier(one.publicKey))).toBe(false);
  });

  test('a signature of a COSE_Sign does not pass as one of a COSE_Sign1', () => {
    const { headerBytes } = parseSign(document);
    expect(toHex(sign1Bytes(headerBytes, orderAad, payload))).not.toBe(
      toHex(signBytes(headerBytes, headerBytes, orderAad, payload)),
    );
    expect(failureOf(() => parseSign1(document))).toContain('envelope_tag_wrong');
  });

  const parts = parseSign(document);
  const sealed = ({ headerBytes, signature }: (typeof parts.signatures)[number]) => [
    headerBytes,
    {},
    signature,
  ];
  const withSignatures = (list: unknown): Uint8Array =>
    concatBytes(hex('d862'), encodeCbor([parts.headerBytes, {}, parts.payload, list]));
  const good = sealed(parts.signatures[0]!);

  test.each([
    ['no signatures', withSignatures([])],
    ['seventeen signatures', withSignatures(new Array(17).fill(good))],
    ['signatures that are no list', withSignatures(good[2])],
    ['a signature of two parts', withSignatures([good.slice(0, 2)])],
    ['a signature of four parts', withSignatures([[...good, 0]])],
    ['a signature whose header is text', withSignatures([['a', {}, good[2]]])],
    ['an unprotected header', withSignatures([[good[0], { a: 1 }, good[2]]])],
    ['a content header with a signature', withSignatures([[parts.headerBytes, {}, good[2]]])],
  ])('%s: refused', (_name, bytes) => {
    expect(failureOf(() => parseSign(bytes))).toMatch(/^(envelope|header)_/);
  });
});
