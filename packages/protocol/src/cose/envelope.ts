import { assert, concatBytes } from '@tieline/kernel';
import { type CborValue, decodeCbor, encodeCbor } from '../cbor/codec.ts';
import { SIGNATURE_BYTES } from '../crypto/digest.ts';
import type { Signer, Verifier } from '../crypto/port.ts';
import { envelopeFailure } from './failure.ts';
import {
  ALG_ED25519,
  type ContentHeader,
  encodeHeader,
  type KeyHeader,
  parseContentHeader,
  parseKeyHeader,
  parseSign1Header,
  type Sign1Header,
} from './headers.ts';

/*
 * COSE_Sign1 (tag 18) and COSE_Sign (tag 98) of RFC 9052, and of those only what this protocol uses: Ed25519,
 * attached payload, nothing unprotected. What is verified are the received bytes of the headers and the
 * payload; a header is decoded to be read, and never encoded again to be verified.
 */

/** Tag 18 is one byte, tag 98 two. */
const SIGN1_TAG = [0xd2] as const;
const SIGN_TAG = [0xd8, 0x62] as const;
/** The contexts of a Sig_structure, as CBOR texts. */
const SIGNATURE1 = encodeCbor('Signature1');
const SIGNATURE = encodeCbor('Signature');
/** Each costs a verification; more people than this never sign one document. */
const SIGNATURES_MAX = 16;

/** One message, signed once. */
export interface Sign1 {
  readonly header: Sign1Header;
  /** As received. */
  readonly headerBytes: Uint8Array;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

export interface SignatureOfOne {
  readonly header: KeyHeader;
  readonly headerBytes: Uint8Array;
  readonly signature: Uint8Array;
}

/** One document, signed by several. */
export interface Sign {
  readonly header: ContentHeader;
  readonly headerBytes: Uint8Array;
  readonly payload: Uint8Array;
  readonly signatures: readonly SignatureOfOne[];
}

/** Binds an addressed message to its deployment and its topic, whatever carries it. */
export function addressedAad(anchor: Uint8Array, topic: string): Uint8Array {
  return encodeCbor(['tl1', anchor, topic]);
}

/** Binds a document to its deployment and to what it is: `order`, `policy`, `model` … */
export function documentAad(anchor: Uint8Array, document: string): Uint8Array {
  return encodeCbor(['tl1', anchor, document]);
}

/** @returns a tagged COSE_Sign1 */
export function signSign1(
  content: ContentHeader,
  payload: Uint8Array,
  externalAad: Uint8Array,
  signer: Signer,
): Uint8Array {
  const headerBytes = encodeHeader({ ...content, alg: ALG_ED25519, kid: signer.kid });
  const signature = signer.sign(sign1Bytes(headerBytes, externalAad, payload));
  return tagged(SIGN1_TAG, [headerBytes, {}, payload, signature]);
}

/** @throws {CborError | EnvelopeError} */
export function parseSign1(bytes: Uint8Array): Sign1 {
  const [headerBytes, payload, signature] = parts(untagged(bytes, SIGN1_TAG), 'COSE_Sign1');
  return {
    header: parseSign1Header(headerBytes),
    headerBytes,
    payload,
    signature: signatureBytes(signature, 'signature'),
  };
}

export function verifySign1(message: Sign1, externalAad: Uint8Array, verifier: Verifier): boolean {
  const signed = sign1Bytes(message.headerBytes, externalAad, message.payload);
  return verifier.verify(signed, message.signature);
}

/** @returns a tagged COSE_Sign with one signature of each signer */
export function signSign(
  content: ContentHeader,
  payload: Uint8Array,
  externalAad: Uint8Array,
  signers: readonly Signer[],
): Uint8Array {
  const headerBytes = encodeHeader(content);
  const signatures = signers.map((signer) => {
    const keyBytes = encodeHeader({ alg: ALG_ED25519, kid: signer.kid });
    return [keyBytes, {}, signer.sign(signBytes(headerBytes, keyBytes, externalAad, payload))];
  });
  return tagged(SIGN_TAG, [headerBytes, {}, payload, signatures]);
}

/** @throws {CborError | EnvelopeError} */
export function parseSign(bytes: Uint8Array): Sign {
  const [headerBytes, payload, list] = parts(untagged(bytes, SIGN_TAG), 'COSE_Sign');
  if (!Array.isArray(list) || list.length === 0 || list.length > SIGNATURES_MAX) {
    throw envelopeFailure('envelope_shape_wrong', `1 to ${SIGNATURES_MAX} signatures`);
  }
  return {
    header: parseContentHeader(headerBytes),
    headerBytes,
    payload,
    signatures: list.map(signatureOfOne),
  };
}

export function verifySignature(
  document: Sign,
  one: SignatureOfOne,
  externalAad: Uint8Array,
  verifier: Verifier,
): boolean {
  const { headerBytes, payload } = document;
  const signed = signBytes(headerBytes, one.headerBytes, externalAad, payload);
  return verifier.verify(signed, one.signature);
}

/** RFC 9052 §4.4, for one signer. */
export function sign1Bytes(
  headerBytes: Uint8Array,
  externalAad: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  return structure(SIGNATURE1, [headerBytes, externalAad, payload]);
}

/** RFC 9052 §4.4, for one of several signers. */
export function signBytes(
  headerBytes: Uint8Array,
  keyBytes: Uint8Array,
  externalAad: Uint8Array,
  payload: Uint8Array,
): Uint8Array {
  return structure(SIGNATURE, [headerBytes, keyBytes, externalAad, payload]);
}

/** An array of a context and byte strings, whose payload may be long: put together without a second copy of it. */
function structure(context: Uint8Array, parts: readonly Uint8Array[]): Uint8Array {
  const pieces = [Uint8Array.of(0x80 + parts.length + 1), context];
  for (const part of parts) pieces.push(byteStringHead(part.length), part);
  return concatBytes(...pieces);
}

function byteStringHead(length: number): Uint8Array {
  if (length < 24) return Uint8Array.of(0x40 + length);
  if (length < 0x100) return Uint8Array.of(0x58, length);
  if (length < 0x1_0000) return Uint8Array.of(0x59, length >> 8, length & 0xff);
  assert(length <= 0xffff_ffff, 'a message fits into memory');
  return Uint8Array.of(
    0x5a,
    length >>> 24,
    (length >> 16) & 0xff,
    (length >> 8) & 0xff,
    length & 0xff,
  );
}

function tagged(tag: readonly number[], content: unknown): Uint8Array {
  return concatBytes(Uint8Array.from(tag), encodeCbor(content));
}

function untagged(bytes: Uint8Array, tag: readonly number[]): CborValue {
  if (tag.some((byte, at) => bytes[at] !== byte)) {
    throw envelopeFailure('envelope_tag_wrong', `tag ${tag.length === 1 ? 18 : 98} expected`);
  }
  return decodeCbor(bytes.subarray(tag.length));
}

/** What both forms share: protected header, nothing unprotected, payload, and the rest. */
function parts(value: CborValue, place: string): [Uint8Array, Uint8Array, CborValue] {
  if (!Array.isArray(value) || value.length !== 4) {
    throw envelopeFailure('envelope_shape_wrong', place);
  }
  const [headerBytes, unprotected, payload, rest] = value as readonly CborValue[];
  if (!(headerBytes instanceof Uint8Array) || !(payload instanceof Uint8Array)) {
    throw envelopeFailure('envelope_shape_wrong', place);
  }
  assertNothingUnprotected(unprotected, place);
  return [headerBytes, payload, rest ?? null];
}

function signatureOfOne(value: CborValue, index: number): SignatureOfOne {
  const place = `signature ${index + 1}`;
  if (!Array.isArray(value) || value.length !== 3) {
    throw envelopeFailure('envelope_shape_wrong', place);
  }
  const [headerBytes, unprotected, signature] = value as readonly CborValue[];
  if (!(headerBytes instanceof Uint8Array)) throw envelopeFailure('envelope_shape_wrong', place);
  assertNothingUnprotected(unprotected, place);
  return {
    header: parseKeyHeader(headerBytes, place),
    headerBytes,
    signature: signatureBytes(signature ?? null, place),
  };
}

function assertNothingUnprotected(value: CborValue | undefined, place: string): void {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  if (!isMap || value instanceof Uint8Array) throw envelopeFailure('envelope_shape_wrong', place);
  const size = value instanceof Map ? value.size : Object.keys(value).length;
  if (size > 0) throw envelopeFailure('header_unprotected', place);
}

function signatureBytes(value: CborValue, place: string): Uint8Array {
  if (!(value instanceof Uint8Array) || value.length !== SIGNATURE_BYTES) {
    throw envelopeFailure('envelope_shape_wrong', place);
  }
  return value;
}
