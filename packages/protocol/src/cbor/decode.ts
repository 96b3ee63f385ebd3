import {
  CBOR_DEPTH_MAX,
  CBOR_ITEMS_MAX,
  CBOR_KEY_FORBIDDEN,
  type CborCode,
  cborFailure,
} from './failure.ts';

/*
 * The problem: bytes from an untrusted broker must have one meaning only, and finding out must be cheap.
 * Rejected: a scanner in front of a library's decoder. Two readers of the same bytes are two opinions about them, and
 * it is no faster: measured, the same for a command, 1.2 to 1.8 times as slow for a full batch (docs/adr/0003).
 * Invariant: a value has exactly one accepted encoding, so `encodeCbor(decodeCbor(bytes))` is `bytes` again.
 */

/** What `decodeCbor` yields. Maps with text keys are plain objects; maps with integer keys are `Map`s. */
export type CborValue =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly CborValue[]
  | ReadonlyMap<number, CborValue>
  | { readonly [key: string]: CborValue };

/**
 * Decodes one strict CBOR data item that fills `bytes` exactly.
 *
 * Definite lengths only; lengths and integers in their shortest form; integers within ±(2^53 − 1); floats
 * of 64 bits, finite and not integral (an integral number is an integer); text in valid UTF-8; no tags, no
 * simple values but false, true and null; map keys all text or all integers, without duplicates, in bytewise
 * order of their encodings (RFC 8949 §4.2.1); at most 8 deep and `itemsMax` items.
 *
 * @returns a value that shares no memory with `bytes`
 * @throws {CborError} with the broken rule and its offset
 */
export function decodeCbor(bytes: Uint8Array, itemsMax = CBOR_ITEMS_MAX): CborValue {
  const reader = new StrictReader(bytes, itemsMax);
  const value = reader.item(0);
  reader.end();
  return value;
}

const KEY_CACHE_SLOTS = 64;
/** Below it, keys hardly repeat and remembering them costs more than it saves. */
const REPEATS_BYTES = 1_024;
/** Longer texts are decoded by the platform, shorter ones byte by byte: measured crossover. */
const SHORT_TEXT_BYTES = 24;
/** Initial byte of a 64-bit float: the only form a float may have. */
const FLOAT64 = 0xfb;
const TWO_32 = 4_294_967_296;
/** The least argument that needs each of the four longer forms. */
const LEAST_OF_FORM = [24, 0x100, 0x1_0000, TWO_32] as const;
/** Fatal, and keeping a leading byte order mark, which the default silently drops. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

class StrictReader {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #keys: (string | undefined)[] | null;
  readonly #itemsMax: number;
  #at = 0;
  /** Counted when a container announces them, so that none has to be counted when it is read. */
  #items = 1;

  constructor(bytes: Uint8Array, itemsMax: number) {
    this.#itemsMax = itemsMax;
    // A Buffer's `slice` shares memory; a plain Uint8Array over the same bytes copies.
    this.#bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#keys = bytes.length < REPEATS_BYTES ? null : new Array(KEY_CACHE_SLOTS).fill(undefined);
  }

  end(): void {
    if (this.#at !== this.#bytes.length) throw cborFailure('cbor_trailing', this.#at);
  }

  item(depth: number): CborValue {
    const start = this.#at;
    const initial = this.#initial();
    // What batches of measurements are made of comes first.
    if (initial < 24) return initial;
    if (initial === FLOAT64) return this.#float(start);
    const low = initial & 0x1f;
    switch (initial >> 5) {
      case 0:
        return this.#argument(low, start);
      case 1:
        return this.#negative(low, start);
      case 2:
        return this.#byteString(this.#argument(low, start));
      case 3:
        return this.#text(this.#argument(low, start), start);
      case 4:
        return this.#array(this.#argument(low, start), depth + 1, start);
      case 5:
        return this.#map(this.#argument(low, start), depth + 1, start);
      case 6:
        throw cborFailure('cbor_tag', start);
      default:
        return simple(low, start);
    }
  }

  #initial(): number {
    const initial = this.#bytes[this.#at];
    if (initial === undefined) throw cborFailure('cbor_truncated', this.#at);
    this.#at += 1;
    return initial;
  }

  /** The argument that follows an initial byte: a value, a length or a count, shortest form only. */
  #argument(low: number, start: number): number {
    if (low < 24) return low;
    if (low > 27) throw cborFailure(low === 31 ? 'cbor_indefinite' : 'cbor_reserved', start);
    const at = this.#take(1 << (low - 24), start);
    const value = this.#unsigned(at, low);
    if (value < LEAST_OF_FORM[low - 24]!) throw cborFailure('cbor_length_not_shortest', start);
    if (value > Number.MAX_SAFE_INTEGER) throw cborFailure('cbor_integer_unsafe', start);
    return value;
  }

  /** Big-endian, of the width that additional information 24 to 27 states. */
  #unsigned(at: number, low: number): number {
    if (low === 24) return this.#bytes[at]!;
    if (low === 25) return this.#view.getUint16(at);
    if (low === 26) return this.#view.getUint32(at);
    return this.#view.getUint32(at) * TWO_32 + this.#view.getUint32(at + 4);
  }

  #negative(low: number, start: number): number {
    const value = -1 - this.#argument(low, start);
    if (value < Number.MIN_SAFE_INTEGER) throw cborFailure('cbor_integer_unsafe', start);
    return value;
  }

  /** Claims `count` bytes; the offset of the first. */
  #take(count: number, start: number): number {
    const at = this.#at;
    if (count > this.#bytes.length - at) throw cborFailure('cbor_truncated', start);
    this.#at = at + count;
    return at;
  }

  #byteString(length: number): Uint8Array {
    const at = this.#take(length, this.#at);
    return this.#bytes.slice(at, at + length);
  }

  #text(length: number, start: number): string {
    const at = this.#take(length, start);
    if (length <= SHORT_TEXT_BYTES) {
      const text = this.#ascii(at, at + length);
      if (text !== null) return text;
    }
    try {
      return UTF8.decode(this.#bytes.subarray(at, at + length));
    } catch {
      throw cborFailure('cbor_utf8', start);
    }
  }

  /** Four bytes at a time: for short texts several times faster than a call into the platform. */
  #ascii(from: number, end: number): string | null {
    const bytes = this.#bytes;
    let text = '';
    let at = from;
    for (; at + 4 <= end; at += 4) {
      const a = bytes[at]!;
      const b = bytes[at + 1]!;
      const c = bytes[at + 2]!;
      const d = bytes[at + 3]!;
      if ((a | b | c | d) >= 0x80) return null;
      text += String.fromCharCode(a, b, c, d);
    }
    for (; at < end; at += 1) {
      const byte = bytes[at]!;
      if (byte >= 0x80) return null;
      text += String.fromCharCode(byte);
    }
    return text;
  }

  #array(count: number, depth: number, start: number): CborValue[] {
    this.#enter(count, depth, start);
    const items: CborValue[] = [];
    for (let k = 0; k < count; k += 1) items.push(this.item(depth));
    return items;
  }

  /** Refuses, before anything is built, a container that cannot hold what it announces. */
  #enter(count: number, depth: number, start: number): void {
    if (depth > CBOR_DEPTH_MAX) throw cborFailure('cbor_too_deep', start);
    this.#items += count;
    if (this.#items > this.#itemsMax) throw cborFailure('cbor_too_many_items', start);
    if (count > this.#bytes.length - this.#at) throw cborFailure('cbor_truncated', start);
  }

  #map(count: number, depth: number, start: number): CborValue {
    this.#enter(count * 2, depth, start);
    const first = this.#bytes[this.#at];
    return count > 0 && first !== undefined && first >> 5 < 2
      ? this.#integerMap(count, depth)
      : this.#textMap(count, depth);
  }

  #integerMap(count: number, depth: number): Map<number, CborValue> {
    const map = new Map<number, CborValue>();
    let previous = -1;
    for (let k = 0; k < count; k += 1) {
      const start = this.#at;
      const initial = this.#initial();
      if (initial >> 5 > 1) throw cborFailure('cbor_key_type', start);
      const argument = this.#argument(initial & 0x1f, start);
      const key = initial >> 5 === 0 ? argument : -1 - argument;
      if (key < Number.MIN_SAFE_INTEGER) throw cborFailure('cbor_integer_unsafe', start);
      if (previous >= 0) this.#inOrder(previous, start);
      previous = start;
      map.set(key, this.item(depth));
    }
    return map;
  }

  #textMap(count: number, depth: number): { [key: string]: CborValue } {
    const object: { [key: string]: CborValue } = {};
    let previous = -1;
    for (let k = 0; k < count; k += 1) {
      const start = this.#at;
      const key = this.#key(start);
      if (previous >= 0) this.#inOrder(previous, start);
      if (key === CBOR_KEY_FORBIDDEN) throw cborFailure('cbor_key_forbidden', start);
      previous = start;
      object[key] = this.item(depth);
    }
    return object;
  }

  /** A text key. Batches repeat their few keys thousands of times, so the last seen are remembered. */
  #key(start: number): string {
    const initial = this.#initial();
    if (initial >> 5 !== 3) throw cborFailure('cbor_key_type', start);
    const length = this.#argument(initial & 0x1f, start);
    const at = this.#at;
    const fits = length > 0 && length <= SHORT_TEXT_BYTES && length <= this.#bytes.length - at;
    if (this.#keys === null || !fits) return this.#text(length, start);
    const last = this.#bytes[at + length - 1]!;
    const slot = (this.#bytes[at]! * 31 + last * 7 + length) & (KEY_CACHE_SLOTS - 1);
    const cached = this.#keys[slot];
    if (cached !== undefined && cached.length === length && this.#spells(cached, at)) {
      this.#at = at + length;
      return cached;
    }
    const key = this.#text(length, start);
    this.#keys[slot] = key;
    return key;
  }

  /** Whether the bytes at `at` are `text`, one ASCII byte a character. */
  #spells(text: string, at: number): boolean {
    for (let k = 0; k < text.length; k += 1) {
      const code = text.charCodeAt(k);
      if (code >= 0x80 || code !== this.#bytes[at + k]) return false;
    }
    return true;
  }

  /**
   * The key at `start`, just read, against the one at `previous`. A key's encoding states its own length, so
   * one never is a prefix of another, and comparing runs to the first difference.
   */
  #inOrder(previous: number, start: number): void {
    for (let k = 0; start + k < this.#at; k += 1) {
      const difference = this.#bytes[start + k]! - this.#bytes[previous + k]!;
      if (difference > 0) return;
      if (difference < 0) throw cborFailure('cbor_key_order', start);
    }
    throw cborFailure('cbor_key_duplicate', start);
  }

  #float(start: number): number {
    const value = this.#view.getFloat64(this.#take(8, start));
    if (!Number.isFinite(value)) throw cborFailure('cbor_float_not_finite', start);
    if (Number.isSafeInteger(value)) throw cborFailure('cbor_float_form', start);
    return value;
  }
}

function simple(low: number, start: number): CborValue {
  if (low === 20) return false;
  if (low === 21) return true;
  if (low === 22) return null;
  throw cborFailure(simpleFault(low), start);
}

function simpleFault(low: number): CborCode {
  if (low === 25 || low === 26) return 'cbor_float_form';
  if (low === 31) return 'cbor_indefinite';
  return low > 27 ? 'cbor_reserved' : 'cbor_simple';
}
