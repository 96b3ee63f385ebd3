import { toHex } from '@tieline/kernel';
import { CborError, cborFailure } from './failure.ts';

/** Deep enough for what people look at; foreign bytes must not exhaust the stack. */
const DIAGNOSTIC_DEPTH_MAX = 64;
const BREAK = 0xff;

/**
 * CBOR diagnostic notation (RFC 8949 §8) of one well-formed data item, for people. Unlike `decodeCbor` it
 * reads what others write as well: tags, indefinite lengths, long forms, short floats, any key order.
 * @throws {CborError} where the bytes are not well-formed CBOR, with the offset
 */
export function cborDiagnostic(bytes: Uint8Array): string {
  const printer = new Printer(bytes);
  const text = printer.item(0);
  if (printer.at !== bytes.length) throw cborFailure('cbor_trailing', printer.at);
  return text;
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

class Printer {
  readonly #view: DataView;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  item(depth: number): string {
    const start = this.at;
    if (depth > DIAGNOSTIC_DEPTH_MAX) throw cborFailure('cbor_too_deep', start);
    const initial = this.#view.getUint8(this.#take(1));
    const major = initial >> 5;
    const low = initial & 0x1f;
    if (low > 27 && low < 31) throw cborFailure('cbor_reserved', start);
    if (major === 7) return this.#simple(low, start);
    if (low === 31) return this.#indefinite(major, depth, start);
    const argument = this.#argument(low);
    if (major === 0) return String(argument);
    if (major === 1) return String(-1n - argument);
    if (major === 6) return `${argument}(${this.item(depth + 1)})`;
    const count = this.#count(argument, start);
    if (major === 2) return `h'${toHex(this.#run(count))}'`;
    if (major === 3) return quoted(this.#run(count), start);
    const parts = Array.from({ length: count }, () => this.#part(major, depth));
    return major === 4 ? `[${parts.join(', ')}]` : `{${parts.join(', ')}}`;
  }

  /** An element of an array, or a pair of a map. */
  #part(major: number, depth: number): string {
    const first = this.item(depth + 1);
    return major === 4 ? first : `${first}: ${this.item(depth + 1)}`;
  }

  #indefinite(major: number, depth: number, start: number): string {
    if (major < 2 || major === 6) throw cborFailure('cbor_reserved', start);
    const parts: string[] = [];
    while (this.#peek() !== BREAK) {
      const chunk = this.#peek() >> 5;
      if (major < 4 && (chunk !== major || (this.#peek() & 0x1f) === 31)) {
        throw cborFailure('cbor_indefinite', this.at);
      }
      parts.push(major < 4 ? this.item(depth + 1) : this.#part(major, depth));
    }
    this.#take(1);
    if (major < 4) return `(_ ${parts.join(', ')})`;
    return major === 4 ? `[_ ${parts.join(', ')}]` : `{_ ${parts.join(', ')}}`;
  }

  #simple(low: number, start: number): string {
    if (low === 20) return 'false';
    if (low === 21) return 'true';
    if (low === 22) return 'null';
    if (low === 23) return 'undefined';
    if (low === 25) return floatText(halfFloat(this.#view.getUint16(this.#take(2))));
    if (low === 26) return floatText(this.#view.getFloat32(this.#take(4)));
    if (low === 27) return floatText(this.#view.getFloat64(this.#take(8)));
    if (low === 31) throw cborFailure('cbor_reserved', start);
    return `simple(${low === 24 ? this.#view.getUint8(this.#take(1)) : low})`;
  }

  #argument(low: number): bigint {
    if (low < 24) return BigInt(low);
    if (low === 24) return BigInt(this.#view.getUint8(this.#take(1)));
    if (low === 25) return BigInt(this.#view.getUint16(this.#take(2)));
    if (low === 26) return BigInt(this.#view.getUint32(this.#take(4)));
    return this.#view.getBigUint64(this.#take(8));
  }

  /** A length or count that the rest of the bytes can hold. */
  #count(argument: bigint, start: number): number {
    if (argument > BigInt(this.#view.byteLength - this.at)) {
      throw cborFailure('cbor_truncated', start);
    }
    return Number(argument);
  }

  #run(length: number): Uint8Array {
    const at = this.#take(length);
    return new Uint8Array(this.#view.buffer, this.#view.byteOffset + at, length);
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

/** JSON's escapes, and every character that a terminal could obey escaped as well. */
function quoted(bytes: Uint8Array, start: number): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw cborFailure('cbor_utf8', start);
  }
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

/** IEEE 754 binary16 (RFC 8949, appendix D). */
function halfFloat(bits: number): number {
  const sign = bits >> 15 === 0 ? 1 : -1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1_024 + fraction) * 2 ** (exponent - 25);
}
