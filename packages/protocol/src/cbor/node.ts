import { concatBytes } from '@tieline/kernel';
import { cborFailure } from './failure.ts';

/** One data item of any well-formed CBOR, as it was written. `indefinite` keeps what the length form was. */
export type CborNode =
  | { readonly type: 'integer'; readonly value: bigint }
  | { readonly type: 'bytes'; readonly bytes: Uint8Array; readonly chunks?: readonly CborNode[] }
  | { readonly type: 'text'; readonly text: string; readonly chunks?: readonly CborNode[] }
  | { readonly type: 'array'; readonly items: readonly CborNode[]; readonly indefinite: boolean }
  | {
      readonly type: 'map';
      readonly pairs: readonly (readonly [CborNode, CborNode])[];
      readonly indefinite: boolean;
    }
  | { readonly type: 'tag'; readonly tag: bigint; readonly content: CborNode }
  | { readonly type: 'simple'; readonly value: number }
  | { readonly type: 'float'; readonly value: number };

/** Deep enough for what people look at; foreign bytes must not exhaust the stack. */
const NODE_DEPTH_MAX = 64;
const BREAK = 0xff;

/**
 * Reads what others may write: tags, indefinite lengths, long forms, short floats, any key order. For people's
 * tools; what an agent acts on goes through `decodeCbor`.
 * @throws {CborError} where the bytes are not one well-formed data item, with the offset
 */
export function readCborNode(bytes: Uint8Array): CborNode {
  const reader = new NodeReader(bytes);
  const node = reader.item(0);
  if (reader.at !== bytes.length) throw cborFailure('cbor_trailing', reader.at);
  return node;
}

class NodeReader {
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  item(depth: number): CborNode {
    const start = this.at;
    if (depth > NODE_DEPTH_MAX) throw cborFailure('cbor_too_deep', start);
    const initial = this.#view.getUint8(this.#take(1));
    const major = initial >> 5;
    const low = initial & 0x1f;
    if (low > 27 && low < 31) throw cborFailure('cbor_reserved', start);
    if (major === 7) return this.#simple(low, start);
    if (low === 31) return this.#indefinite(major, depth, start);
    const argument = this.#argument(low);
    if (major === 0) return { type: 'integer', value: argument };
    if (major === 1) return { type: 'integer', value: -1n - argument };
    if (major === 6) return { type: 'tag', tag: argument, content: this.item(depth + 1) };
    if (argument > BigInt(this.#view.byteLength - this.at)) {
      throw cborFailure('cbor_truncated', start);
    }
    return this.#definite(major, Number(argument), depth, start);
  }

  #definite(major: number, count: number, depth: number, start: number): CborNode {
    if (major === 2) return { type: 'bytes', bytes: this.#run(count) };
    if (major === 3) return { type: 'text', text: textOf(this.#run(count), start) };
    if (major === 4) {
      const items = Array.from({ length: count }, () => this.item(depth + 1));
      return { type: 'array', items, indefinite: false };
    }
    const pairs = Array.from({ length: count }, () => this.#pair(depth));
    return { type: 'map', pairs, indefinite: false };
  }

  #pair(depth: number): readonly [CborNode, CborNode] {
    return [this.item(depth + 1), this.item(depth + 1)];
  }

  #indefinite(major: number, depth: number, start: number): CborNode {
    if (major === 4) {
      return { type: 'array', items: this.#until(() => this.item(depth + 1)), indefinite: true };
    }
    if (major === 5) {
      return { type: 'map', pairs: this.#until(() => this.#pair(depth)), indefinite: true };
    }
    if (major !== 2 && major !== 3) throw cborFailure('cbor_reserved', start);
    const chunks = this.#until(() => this.#chunk(major, depth));
    if (major === 3) {
      return {
        type: 'text',
        text: chunks.map((one) => ('text' in one ? one.text : '')).join(''),
        chunks,
      };
    }
    const parts = chunks.map((one) => ('bytes' in one ? one.bytes : new Uint8Array()));
    return { type: 'bytes', bytes: concatBytes(...parts), chunks };
  }

  /** A piece of an indefinite string: of the same type, and definite itself. */
  #chunk(major: number, depth: number): CborNode {
    const initial = this.#peek();
    if (initial >> 5 !== major || (initial & 0x1f) === 31) {
      throw cborFailure('cbor_indefinite', this.at);
    }
    return this.item(depth + 1);
  }

  #until<T>(read: () => T): T[] {
    const all: T[] = [];
    while (this.#peek() !== BREAK) all.push(read());
    this.#take(1);
    return all;
  }

  #simple(low: number, start: number): CborNode {
    if (low === 24) return { type: 'simple', value: this.#view.getUint8(this.#take(1)) };
    if (low === 25) return { type: 'float', value: halfFloat(this.#view.getUint16(this.#take(2))) };
    if (low === 26) return { type: 'float', value: this.#view.getFloat32(this.#take(4)) };
    if (low === 27) return { type: 'float', value: this.#view.getFloat64(this.#take(8)) };
    if (low === 31) throw cborFailure('cbor_reserved', start);
    return { type: 'simple', value: low };
  }

  #argument(low: number): bigint {
    if (low < 24) return BigInt(low);
    if (low === 24) return BigInt(this.#view.getUint8(this.#take(1)));
    if (low === 25) return BigInt(this.#view.getUint16(this.#take(2)));
    if (low === 26) return BigInt(this.#view.getUint32(this.#take(4)));
    return this.#view.getBigUint64(this.#take(8));
  }

  #run(length: number): Uint8Array {
    const at = this.#take(length);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length).slice();
  }

  #peek(): number {
    if (this.at >= this.#view.byteLength) throw cborFailure('cbor_truncated', this.at);
    return this.#view.getUint8(this.at);
  }

  #take(length: number): number {
    const at = this.at;
    if (length > this.#view.byteLength - at) throw cborFailure('cbor_truncated', at);
    this.at = at + length;
    return at;
  }
}

function textOf(bytes: Uint8Array, start: number): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw cborFailure('cbor_utf8', start);
  }
}

/** IEEE 754 binary16 (RFC 8949, appendix D). */
function halfFloat(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1_024 + fraction) * 2 ** (exponent - 25);
}
