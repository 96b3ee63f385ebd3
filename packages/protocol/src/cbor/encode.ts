import { assert } from '@tieline/kernel';
import {
  CBOR_DEPTH_MAX,
  CBOR_ITEMS_MAX,
  CBOR_KEY_FORBIDDEN,
  type CborCode,
  cborFailure,
} from './failure.ts';

/*
 * One walk over the value, straight into bytes. Rejected: cbor-x behind a copy of the value in which keys are
 * sorted and wide integers are bigints; the copy and the second walk took two to ten times as long (docs/adr/0003).
 * A number has one form: an integer where it is integral within ±(2^53 − 1), and a 64-bit float otherwise.
 * Shorter floats (RFC 8949 §4.2.1) would save little, since measurements such as 0.1 have no shorter exact
 * form, and one width keeps both ends simple; §4.2.2 allows a protocol this choice.
 */

/** What `encodeCbor` can encode, for those who hold values of their own shape. */
export type CborEncodable =
  | null
  | boolean
  | number
  | string
  | Uint8Array
  | readonly CborEncodable[]
  | ReadonlyMap<number | string, CborEncodable>
  | { readonly [key: string]: CborEncodable | undefined };

/**
 * Deterministic CBOR: the one encoding that `decodeCbor` accepts. Takes null, booleans, numbers, texts,
 * `Uint8Array`s, arrays, plain objects, and `Map`s whose keys are all integers or all texts; properties that
 * are `undefined` are left out.
 * @throws {CborError} cbor_unsupported for what has no encoding here (a bigint, a Date, `undefined` in an array);
 * cbor_float_not_finite; cbor_utf8 for an unpaired surrogate; cbor_key_forbidden; cbor_too_deep; cbor_too_many_items
 */
export function encodeCbor(value: unknown, itemsMax = CBOR_ITEMS_MAX): Uint8Array {
  return SCRATCH.write(value, itemsMax);
}

/** What most messages fit into, bytes; a larger one makes the scratch grow. */
const SCRATCH_BYTES = 16_384;
/** Longer texts are encoded by the platform, shorter ones byte by byte. */
const SHORT_TEXT_CHARS = 24;
const HEAD_BYTES_MAX = 9;
const TWO_32 = 4_294_967_296;

/** Major types, where they stand in an initial byte. */
const UNSIGNED = 0x00;
const NEGATIVE = 0x20;
const BYTES = 0x40;
const TEXT = 0x60;
const ARRAY = 0x80;
const MAP = 0xa0;
const FALSE = 0xf4;
const TRUE = 0xf5;
const NULL = 0xf6;
const FLOAT_64 = 0xfb;

class Writer {
  #bytes = Buffer.allocUnsafeSlow(SCRATCH_BYTES);
  #view = new DataView(this.#bytes.buffer);
  #at = 0;
  #items = 0;
  #itemsMax = CBOR_ITEMS_MAX;
  #busy = false;

  /** @returns bytes of their own: nothing aliases the scratch */
  write(value: unknown, itemsMax: number): Uint8Array {
    assert(!this.#busy, 'a value does not encode another one while it is read');
    this.#busy = true;
    this.#at = 0;
    this.#items = 1;
    this.#itemsMax = itemsMax;
    try {
      this.#item(value, 0);
      return new Uint8Array(this.#bytes.subarray(0, this.#at));
    } finally {
      // Keys are encoded too (`sealKeyFile`): nothing of a message stays behind.
      this.#bytes.fill(0, 0, this.#at);
      this.#busy = false;
    }
  }

  #item(value: unknown, depth: number): void {
    if (typeof value === 'number') this.#number(value);
    else if (typeof value === 'string') this.#text(value);
    else if (value === null) this.#initial(NULL);
    else if (typeof value === 'boolean') this.#initial(value ? TRUE : FALSE);
    else if (typeof value === 'object') this.#object(value, depth + 1);
    else unsupported('cbor_unsupported');
  }

  #room(count: number): void {
    const needed = this.#at + count;
    if (needed <= this.#bytes.length) return;
    const wider = Buffer.allocUnsafeSlow(2 * needed);
    wider.set(this.#bytes.subarray(0, this.#at));
    this.#bytes = wider;
    this.#view = new DataView(wider.buffer);
  }

  #initial(byte: number): void {
    this.#room(1);
    this.#bytes[this.#at] = byte;
    this.#at += 1;
  }

  /** A major type with its argument in the shortest form. */
  #head(major: number, argument: number): void {
    this.#room(HEAD_BYTES_MAX);
    const at = this.#at;
    if (argument < 24) {
      this.#bytes[at] = major | argument;
      this.#at = at + 1;
    } else if (argument < 0x100) {
      this.#bytes[at] = major | 24;
      this.#bytes[at + 1] = argument;
      this.#at = at + 2;
    } else if (argument < 0x1_0000) {
      this.#bytes[at] = major | 25;
      this.#view.setUint16(at + 1, argument);
      this.#at = at + 3;
    } else if (argument < TWO_32) {
      this.#bytes[at] = major | 26;
      this.#view.setUint32(at + 1, argument);
      this.#at = at + 5;
    } else {
      this.#bytes[at] = major | 27;
      this.#view.setUint32(at + 1, Math.floor(argument / TWO_32));
      this.#view.setUint32(at + 5, argument % TWO_32);
      this.#at = at + 9;
    }
  }

  #number(value: number): void {
    if (Number.isSafeInteger(value)) {
      if (value >= 0) this.#head(UNSIGNED, value);
      else this.#head(NEGATIVE, -1 - value);
      return;
    }
    if (!Number.isFinite(value)) unsupported('cbor_float_not_finite');
    this.#room(HEAD_BYTES_MAX);
    this.#bytes[this.#at] = FLOAT_64;
    this.#view.setFloat64(this.#at + 1, value);
    this.#at += HEAD_BYTES_MAX;
  }

  #text(text: string): void {
    if (text.length < SHORT_TEXT_CHARS && this.#shortAscii(text)) return;
    if (!text.isWellFormed()) unsupported('cbor_utf8');
    const length = Buffer.byteLength(text);
    this.#head(TEXT, length);
    this.#room(length);
    this.#at += this.#bytes.write(text, this.#at, 'utf8');
  }

  /** Writes a text of at most 23 characters if each is one byte; otherwise what it wrote is written over. */
  #shortAscii(text: string): boolean {
    this.#room(1 + text.length);
    const start = this.#at;
    for (let k = 0; k < text.length; k += 1) {
      const code = text.charCodeAt(k);
      if (code > 0x7f) return false;
      this.#bytes[start + 1 + k] = code;
    }
    this.#bytes[start] = TEXT | text.length;
    this.#at = start + 1 + text.length;
    return true;
  }

  #object(value: object, depth: number): void {
    if (value instanceof Uint8Array) {
      this.#head(BYTES, value.length);
      this.#room(value.length);
      this.#bytes.set(value, this.#at);
      this.#at += value.length;
      return;
    }
    if (depth > CBOR_DEPTH_MAX) unsupported('cbor_too_deep');
    if (Array.isArray(value)) {
      this.#container(ARRAY, value.length, value.length);
      for (const item of value as readonly unknown[]) this.#item(item, depth);
    } else if (value instanceof Map) {
      this.#map(value, depth);
    } else {
      this.#properties(value, depth);
    }
  }

  /** @param items  what it holds, keys and values alike */
  #container(major: number, length: number, items: number): void {
    this.#items += items;
    if (this.#items > this.#itemsMax) unsupported('cbor_too_many_items');
    this.#head(major, length);
  }

  #properties(value: object, depth: number): void {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) unsupported('cbor_unsupported');
    const held = value as Readonly<Record<string, unknown>>;
    const names = Object.keys(value);
    let count = names.length;
    for (const name of names) if (held[name] === undefined) count -= 1;
    this.#container(MAP, count, 2 * count);
    for (const name of sortTexts(names)) {
      if (held[name] === undefined) continue;
      this.#key(name);
      this.#item(held[name], depth);
    }
  }

  #map(value: ReadonlyMap<unknown, unknown>, depth: number): void {
    const keys = [...value.keys()];
    const texts = keys.filter((key) => typeof key === 'string');
    const integers = keys.filter((key) => Number.isSafeInteger(key)) as number[];
    if (texts.length !== keys.length && integers.length !== keys.length) {
      unsupported('cbor_key_type');
    }
    this.#container(MAP, keys.length, 2 * keys.length);
    for (const text of sortTexts(texts)) {
      this.#key(text);
      this.#item(value.get(text), depth);
    }
    for (const integer of integers.sort(compareIntegers)) {
      this.#number(integer);
      this.#item(value.get(integer), depth);
    }
  }

  #key(name: string): void {
    if (name === CBOR_KEY_FORBIDDEN) unsupported('cbor_key_forbidden');
    this.#text(name);
  }
}

/** Reused by every call: encoding asks for no memory but its result. */
const SCRATCH = new Writer();

/** Bytewise order of the encodings (RFC 8949 §4.2.1): 0, 1, 2 … and then −1, −2 … */
function compareIntegers(a: number, b: number): number {
  if (a < 0 !== b < 0) return a < 0 ? 1 : -1;
  return Math.abs(a) - Math.abs(b);
}

/**
 * Bytewise order of the encodings: by length in UTF-8, then by bytes. Most maps are written in order already, and
 * code units order as bytes do where each is one byte; both are asked once, for sorting would be most of the work.
 */
function sortTexts(texts: string[]): string[] {
  const compare = texts.every(isAscii) ? compareAscii : compareUtf8;
  for (let k = 1; k < texts.length; k += 1) {
    if (compare(texts[k - 1]!, texts[k]!) > 0) return texts.sort(compare);
  }
  return texts;
}

function compareAscii(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : Number(a > b);
}

function compareUtf8(a: string, b: string): number {
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length - right.length || Buffer.compare(left, right);
}

function isAscii(text: string): boolean {
  for (let k = 0; k < text.length; k += 1) if (text.charCodeAt(k) > 0x7f) return false;
  return true;
}

function unsupported(code: CborCode): never {
  throw cborFailure(code, -1);
}
