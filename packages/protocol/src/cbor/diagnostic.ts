import { toHex } from '@tieline/kernel';
import { CborError } from './failure.ts';
import { type CborNode, readCborNode } from './node.ts';

/**
 * CBOR diagnostic notation (RFC 8949 §8) of one well-formed data item, for people.
 * @throws {CborError} where the bytes are not well-formed CBOR, with the offset
 */
export function cborDiagnostic(bytes: Uint8Array): string {
  return nodeDiagnostic(readCborNode(bytes));
}

/** The notation where the bytes are CBOR, else `h'…'`: a payload need not be CBOR. */
export function cborDiagnosticOrHex(bytes: Uint8Array): string {
  try {
    return cborDiagnostic(bytes);
  } catch (thrown) {
    if (thrown instanceof CborError) return `h'${toHex(bytes)}'`;
    throw thrown;
  }
}

export function nodeDiagnostic(node: CborNode): string {
  switch (node.type) {
    case 'integer':
      return String(node.value);
    case 'bytes':
      return node.chunks ? chunked(node.chunks) : `h'${toHex(node.bytes)}'`;
    case 'text':
      return node.chunks ? chunked(node.chunks) : quoted(node.text);
    case 'array':
      return `[${node.indefinite ? '_ ' : ''}${node.items.map(nodeDiagnostic).join(', ')}]`;
    case 'map': {
      const pairs = node.pairs.map(
        ([key, held]) => `${nodeDiagnostic(key)}: ${nodeDiagnostic(held)}`,
      );
      return `{${node.indefinite ? '_ ' : ''}${pairs.join(', ')}}`;
    }
    case 'tag':
      return `${node.tag}(${nodeDiagnostic(node.content)})`;
    case 'simple':
      return SIMPLE_NAMES.get(node.value) ?? `simple(${node.value})`;
    case 'float':
      return floatText(node.value);
  }
}

const SIMPLE_NAMES: ReadonlyMap<number, string> = new Map([
  [20, 'false'],
  [21, 'true'],
  [22, 'null'],
  [23, 'undefined'],
]);

function chunked(chunks: readonly CborNode[]): string {
  return `(_ ${chunks.map(nodeDiagnostic).join(', ')})`;
}

/** JSON's escapes, and every character that a terminal could obey escaped as well. */
function quoted(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A float is never printed as an integer would be. */
function floatText(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  if (Object.is(value, -0)) return '-0.0';
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}
