import { type CborValue, decodeCbor, encodeCbor } from '../cbor/codec.ts';
import { KID_BYTES } from '../crypto/digest.ts';
import type { ClaimName } from '../kinds.ts';
import { COUNTER_MAX, SECONDS_MAX, VERSION_MAX } from '../messages/fields.ts';
import { envelopeFailure } from './failure.ts';

/** `Ed25519` by its own name (RFC 9864); the older polymorphic `EdDSA` (−8) is for foreign envelopes only. */
export const ALG_ED25519 = -19;
export const ALG_EDDSA = -8;

/** Labels of protected headers: RFC 9052 §3.1, RFC 9597 (15), RFC 9596 (16). */
export const HEADER_LABELS = { alg: 1, kid: 4, claims: 15, typ: 16 } as const;

/** CWT claim keys (RFC 8392 §4), and ours below −65536, where RFC 8392 leaves room for private use. */
export const CLAIM_LABELS = {
  iss: 1,
  sub: 2,
  aud: 3,
  exp: 4,
  nbf: 5,
  iat: 6,
  cti: 7,
  epoch: -65_537,
  seq: -65_538,
  sess: -65_539,
  pol: -65_540,
} as const satisfies Record<ClaimName, number>;

/** Claims of one message. Times in whole seconds since 1970. */
export interface Claims {
  /** Principal of the signing key. */
  readonly iss?: string;
  readonly sub?: string;
  readonly aud?: string;
  readonly exp?: number;
  readonly nbf?: number;
  readonly iat?: number;
  /** 16 random bytes: names this one message. */
  readonly cti?: Uint8Array;
  /** The control plane's leadership term. */
  readonly epoch?: number;
  /** Rises within an epoch and key. */
  readonly seq?: number;
  /** 16 bytes: the agent's boot that the message speaks of. */
  readonly sess?: Uint8Array;
  /** Policy version that the sender went by. */
  readonly pol?: number;
}

export interface ContentHeader {
  readonly typ: string;
  readonly claims: Claims;
}
export interface KeyHeader {
  readonly alg: number;
  readonly kid: Uint8Array;
}
export type Sign1Header = ContentHeader & KeyHeader;

const TEXT_MAX = 128;
const ID_BYTES = 16;

type ClaimRule = (value: CborValue) => boolean;
const isText: ClaimRule = (value) =>
  typeof value === 'string' && value.length > 0 && value.length <= TEXT_MAX;
/** A claim says no more than a body can hold: a birth tells the highest epoch and sequence number that were seen. */
const upTo =
  (max: number): ClaimRule =>
  (value) =>
    Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= max;
const isId: ClaimRule = (value) => value instanceof Uint8Array && value.length === ID_BYTES;

const CLAIM_RULES: Readonly<Record<ClaimName, ClaimRule>> = {
  iss: isText,
  sub: isText,
  aud: isText,
  exp: upTo(SECONDS_MAX),
  nbf: upTo(SECONDS_MAX),
  iat: upTo(SECONDS_MAX),
  cti: isId,
  epoch: upTo(VERSION_MAX),
  seq: upTo(COUNTER_MAX),
  sess: isId,
  pol: upTo(VERSION_MAX),
};
const CLAIM_NAMES = Object.keys(CLAIM_LABELS) as ClaimName[];
const CLAIM_OF_LABEL: ReadonlyMap<number, ClaimName> = new Map(
  CLAIM_NAMES.map((name) => [CLAIM_LABELS[name], name]),
);

export function encodeHeader(header: Partial<Sign1Header>): Uint8Array {
  const map = new Map<number, unknown>();
  if (header.alg !== undefined) map.set(HEADER_LABELS.alg, header.alg);
  if (header.kid !== undefined) map.set(HEADER_LABELS.kid, header.kid);
  if (header.claims !== undefined) map.set(HEADER_LABELS.claims, claimsMap(header.claims));
  if (header.typ !== undefined) map.set(HEADER_LABELS.typ, header.typ);
  return encodeCbor(map);
}

/** Exactly `alg`, `kid`, claims and `typ`: the protected header of a COSE_Sign1. */
export function parseSign1Header(bytes: Uint8Array): Sign1Header {
  const map = headerMap(bytes, ['alg', 'kid', 'claims', 'typ'], 'protected header');
  return { ...contentOf(map), ...keyOf(map) };
}

/** Exactly claims and `typ`: the body header of a COSE_Sign. */
export function parseContentHeader(bytes: Uint8Array): ContentHeader {
  return contentOf(headerMap(bytes, ['claims', 'typ'], 'body header'));
}

/** Exactly `alg` and `kid`: the header of one signature of a COSE_Sign. */
export function parseKeyHeader(bytes: Uint8Array, place: string): KeyHeader {
  return keyOf(headerMap(bytes, ['alg', 'kid'], place));
}

function headerMap(
  bytes: Uint8Array,
  names: readonly (keyof typeof HEADER_LABELS)[],
  place: string,
): ReadonlyMap<number, CborValue> {
  const map = decodeCbor(bytes);
  if (!(map instanceof Map)) throw envelopeFailure('header_shape_wrong', place);
  const labels: readonly number[] = names.map((name) => HEADER_LABELS[name]);
  for (const label of map.keys()) {
    if (!labels.includes(label)) throw envelopeFailure('header_label_unknown', `label ${label}`);
  }
  const missing = names.find((name) => !map.has(HEADER_LABELS[name]));
  if (missing !== undefined) throw envelopeFailure('header_label_missing', `${place}: ${missing}`);
  return map;
}

function contentOf(map: ReadonlyMap<number, CborValue>): ContentHeader {
  const typ = map.get(HEADER_LABELS.typ);
  if (typeof typ !== 'string' || typ.length > TEXT_MAX) {
    throw envelopeFailure('header_shape_wrong', 'typ');
  }
  return { typ, claims: claimsOf(map.get(HEADER_LABELS.claims)) };
}

function keyOf(map: ReadonlyMap<number, CborValue>): KeyHeader {
  const alg = map.get(HEADER_LABELS.alg);
  const kid = map.get(HEADER_LABELS.kid);
  if (typeof alg !== 'number') throw envelopeFailure('header_shape_wrong', 'alg');
  if (!(kid instanceof Uint8Array) || kid.length !== KID_BYTES) {
    throw envelopeFailure('header_shape_wrong', 'kid');
  }
  return { alg, kid };
}

function claimsOf(value: CborValue | undefined): Claims {
  if (!(value instanceof Map)) throw envelopeFailure('header_shape_wrong', 'claims');
  const claims: Partial<Record<ClaimName, CborValue>> = {};
  for (const [label, held] of value as ReadonlyMap<number, CborValue>) {
    const name = CLAIM_OF_LABEL.get(label);
    if (name === undefined) throw envelopeFailure('header_label_unknown', `claim ${label}`);
    if (!CLAIM_RULES[name](held)) throw envelopeFailure('header_shape_wrong', `claim ${name}`);
    claims[name] = held;
  }
  // Each name's rule above has checked the type that `Claims` states for it.
  return claims as Claims;
}

function claimsMap(claims: Claims): Map<number, unknown> {
  const map = new Map<number, unknown>();
  for (const name of CLAIM_NAMES) {
    if (claims[name] !== undefined) map.set(CLAIM_LABELS[name], claims[name]);
  }
  return map;
}
