import { concatBytes, fromHex, seededRng, toHex } from '@tieline/kernel';
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
    const upTo = (max: number) => fc.integer({ min: 0, max });
    const claims: fc.Arbitrary<Claims> = fc.record(
      {
        iss: text,
        sub: text,
        aud: text,
        exp: upTo(2 ** 40),
        nbf: upTo(2 ** 40),
        iat: upTo(2 ** 40),
        cti: id,
        epoch: upTo(2 ** 40),
        seq: upTo(2 ** 48),
        sess: id,
        pol: upTo(2 ** 40),
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

  test.each<[keyof Claims, number]>([
    ['exp', 2 ** 40],
    ['nbf', 2 ** 40],
    ['iat', 2 ** 40],
    ['epoch', 2 ** 40],
    ['seq', 2 ** 48],
    ['pol', 2 ** 40],
  ])('a claim %s says no more than a body can tell of it', (name, max) => {
    const reading = (value: number) => () =>
      parseSign1Header(
        encodeHeader({ alg: -19, kid: one.kid, typ: 'x', claims: { [name]: value } }),
      );
    expect(reading(max)).not.toThrow();
    expect(reading(max + 1)).toThrow(`claim ${name}`);
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
    [
      'a header that is a list',
      envelope(encodeCbor([]), {}, NOTHING, signature),
      'header_shape_wrong protected header',
    ],
    [
      'a header that is empty',
      envelope(encodeCbor({}), {}, NOTHING, signature),
      'header_shape_wrong protected header',
    ],
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
