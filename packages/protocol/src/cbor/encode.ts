import { Encoder } from 'cbor-x';
import { CBOR_DEPTH_MAX, CBOR_KEY_FORBIDDEN, type CborCode, cborFailure } from './failure.ts';

/*
 * cbor-x writes the bytes; this module decides what it is given. Left alone it keeps keys in insertion order,
 * turns integers above 2^32 − 1 into floats, writes `undefined`, and replaces an unpaired surrogate by
 * bytes that are not UTF-8. A number has one form: an integer where it is integral within ±(2^53 − 1), and a
 * 64-bit float otherwise. Shorter floats (RFC 8949 §4.2.1) would save little, since measurements such as
 * 0.1 have no shorter exact form, and one width keeps both ends simple; §4.2.2 allows a protocol this choice.
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
 * cbor_float_not_finite; cbor_utf8 for an unpaired surrogate; cbor_key_forbidden; cbor_too_deep
 */
export function encodeCbor(value: unknown): Uint8Array {
  // The library hands out slices of a pool it owns: copy, so that nothing aliases or pins it.
  return new Uint8Array(ENCODER.encode(arranged(value, 0)));
}

const ENCODER = new Encoder({
  useRecords: false,
  variableMapSize: true,
  mapsAsObjects: false,
  tagUint8Array: false,
});
const UINT32_MAX = 4_294_967_295;

/** The value as cbor-x must see it: sorted `Map`s, and `bigint`s for integers wider than 32 bits. */
function arranged(value: unknown, depth: number): unknown {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return arrangedNumber(value);
  if (typeof value === 'string') return wellFormed(value);
  if (typeof value === 'object') return arrangedObject(value, depth + 1);
  return unsupported('cbor_unsupported');
}

function arrangedNumber(value: number): number | bigint {
  if (!Number.isFinite(value)) throw cborFailure('cbor_float_not_finite', -1);
  const narrow = value <= UINT32_MAX && value >= -UINT32_MAX - 1;
  return Number.isSafeInteger(value) && !narrow ? BigInt(value) : value;
}

function arrangedObject(value: object, depth: number): unknown {
  if (value instanceof Uint8Array) return value;
  if (depth > CBOR_DEPTH_MAX) throw cborFailure('cbor_too_deep', -1);
  if (Array.isArray(value)) return Array.from(value, (item) => arranged(item, depth));
  if (value instanceof Map) return arrangedMap(value, depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) unsupported('cbor_unsupported');
  const names = Object.keys(value);
  for (const name of names) checkText(name);
  sortTexts(names);
  const map = new Map<string, unknown>();
  for (const name of names) {
    const held = (value as Readonly<Record<string, unknown>>)[name];
    if (held !== undefined) map.set(name, arranged(held, depth));
  }
  return map;
}

function arrangedMap(given: ReadonlyMap<unknown, unknown>, depth: number): Map<unknown, unknown> {
  const keys = [...given.keys()];
  const texts = keys.filter((key) => typeof key === 'string');
  const integers = keys.filter((key) => Number.isSafeInteger(key)) as number[];
  if (texts.length !== keys.length && integers.length !== keys.length) {
    unsupported('cbor_key_type');
  }
  for (const text of texts) checkText(text);
  const map = new Map<unknown, unknown>();
  for (const key of sortTexts(texts)) map.set(key, arranged(given.get(key), depth));
  for (const key of integers.sort(compareIntegers)) {
    map.set(arrangedNumber(key), arranged(given.get(key), depth));
  }
  return map;
}

function checkText(key: string): void {
  if (key === CBOR_KEY_FORBIDDEN) unsupported('cbor_key_forbidden');
  wellFormed(key);
}

function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw cborFailure('cbor_utf8', -1);
  return text;
}

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
