import { CborError } from '../cbor/codec.ts';
import { nodeDiagnostic } from '../cbor/diagnostic.ts';
import { type CborNode, readCborNode } from '../cbor/node.ts';
import type { Verifier } from '../crypto/port.ts';
import { sign1Bytes } from './envelope.ts';
import { type EnvelopeError, envelopeFailure } from './failure.ts';
import { HEADER_LABELS } from './headers.ts';

/** A COSE_Sign1 of anyone's, and what a key says about it. Headers and payload in diagnostic notation. */
export interface ForeignSign1Report {
  readonly verified: boolean;
  /** Why not, where it is not the signature itself. */
  readonly reason: 'alg_missing' | 'alg_other' | 'critical_header' | 'signature_wrong' | null;
  readonly alg: number | null;
  readonly protectedHeader: string;
  readonly unprotectedHeader: string;
  /** As received. */
  readonly payload: Uint8Array;
}

const TAG_SIGN1 = 18n;
const LABEL_CRIT = 2n;

/**
 * Verifies a COSE_Sign1 that need not follow this protocol: any headers, any payload, tagged or not, in any
 * well-formed CBOR. The algorithm is the caller's, pinned to the key: the message may only agree with it.
 * @param alg  −19 (`Ed25519`) or −8 (`EdDSA`)
 * @throws {CborError | EnvelopeError} where the bytes are not a COSE_Sign1 with an attached payload
 */
export function verifyForeignSign1(
  bytes: Uint8Array,
  verifier: Verifier,
  alg: number,
  externalAad: Uint8Array,
): ForeignSign1Report {
  const { headerBytes, header, unprotected, payload, signature } = readSign1(bytes);
  const stated = algOf(header);
  const report = {
    alg: stated,
    protectedHeader: nodeDiagnostic(header),
    unprotectedHeader: nodeDiagnostic(unprotected),
    payload,
  };
  const refuse = (reason: ForeignSign1Report['reason']): ForeignSign1Report => ({
    ...report,
    verified: false,
    reason,
  });
  if (stated === null) return refuse('alg_missing');
  if (stated !== alg) return refuse('alg_other');
  if (header.pairs.some(([label]) => isLabel(label, LABEL_CRIT))) return refuse('critical_header');
  const signed = sign1Bytes(headerBytes, externalAad, payload);
  return verifier.verify(signed, signature)
    ? { ...report, verified: true, reason: null }
    : refuse('signature_wrong');
}

type MapNode = Extract<CborNode, { type: 'map' }>;
interface ForeignSign1 {
  readonly headerBytes: Uint8Array;
  readonly header: MapNode;
  readonly unprotected: MapNode;
  readonly payload: Uint8Array;
  readonly signature: Uint8Array;
}

function readSign1(bytes: Uint8Array): ForeignSign1 {
  const whole = readCborNode(bytes);
  if (whole.type === 'tag' && whole.tag !== TAG_SIGN1) {
    throw envelopeFailure('envelope_tag_wrong', `tag ${whole.tag}`);
  }
  const array = whole.type === 'tag' ? whole.content : whole;
  if (array.type !== 'array' || array.items.length !== 4) throw shapeWrong('COSE_Sign1');
  const [protectedNode, unprotected, payload, signature] = array.items;
  if (protectedNode?.type !== 'bytes') throw shapeWrong('protected header');
  if (unprotected?.type !== 'map') throw shapeWrong('unprotected header');
  if (payload?.type !== 'bytes') throw shapeWrong('payload (a detached one is not supported)');
  if (signature?.type !== 'bytes') throw shapeWrong('signature');
  const header = headerMap(protectedNode.bytes);
  assertLabelsOnce(header, unprotected);
  return {
    headerBytes: protectedNode.bytes,
    header,
    unprotected,
    payload: payload.bytes,
    signature: signature.bytes,
  };
}

/** An empty protected header is a byte string of length zero (RFC 9052 §3). */
function headerMap(bytes: Uint8Array): MapNode {
  if (bytes.length === 0) return { type: 'map', pairs: [], indefinite: false };
  let node: CborNode;
  try {
    node = readCborNode(bytes);
  } catch (thrown) {
    if (thrown instanceof CborError) throw shapeWrong('protected header');
    throw thrown;
  }
  if (node.type !== 'map') throw shapeWrong('protected header');
  return node;
}

/** A label that stands twice, in one header or in both, has no one meaning (RFC 9052 §3). */
function assertLabelsOnce(...headers: readonly MapNode[]): void {
  const seen = new Set<string>();
  for (const [label] of headers.flatMap((header) => header.pairs)) {
    const text = nodeDiagnostic(label);
    if (seen.has(text)) throw shapeWrong(`label ${text} twice`);
    seen.add(text);
  }
}

function algOf(header: MapNode): number | null {
  const alg = header.pairs.find(([label]) => isLabel(label, BigInt(HEADER_LABELS.alg)))?.[1];
  return alg?.type === 'integer' ? Number(alg.value) : null;
}

function isLabel(node: CborNode, label: bigint): boolean {
  return node.type === 'integer' && node.value === label;
}

function shapeWrong(place: string): EnvelopeError {
  return envelopeFailure('envelope_shape_wrong', place);
}
