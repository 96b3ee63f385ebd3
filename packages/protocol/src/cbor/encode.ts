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
  switch (typeof value) {
    case 'boolean':
      return value;
    case 'number':
      return arrangedNumber(value);
    case 'string':
      return wellFormed(value);
    case 'object':
      return value === null ? null : arrangedObject(value, depth + 1);
    default:
      throw cborFailure('cbor_unsupported', -1);
  }
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
  if (value instanceof Map) return arrangedMap([...value], depth);
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) unsupported('cbor_unsupported');
  return arrangedMap(
    Object.entries(value).filter(([, held]) => held !== undefined),
    depth,
  );
}

function arrangedMap(entries: [unknown, unknown][], depth: number): Map<unknown, unknown> {
  const keys = entries.map(([key]) => checkedKey(key));
  if (keys.some((key) => typeof key !== typeof keys[0])) unsupported('cbor_key_type');
  // Most maps are written in order already; sorting those would be most of the work.
  const inOrder = keys.every((key, k) => k === 0 || compareKeys(keys[k - 1]!, key) < 0);
  if (!inOrder) entries.sort(([a], [b]) => compareKeys(checkedKey(a), checkedKey(b)));
  const map = new Map<unknown, unknown>();
  for (const [key, held] of entries) {
    map.set(typeof key === 'number' ? arrangedNumber(key) : key, arranged(held, depth));
  }
  return map;
}

function checkedKey(key: unknown): number | string {
  if (typeof key === 'string') {
    if (key === CBOR_KEY_FORBIDDEN) unsupported('cbor_key_forbidden');
    return wellFormed(key);
  }
  if (typeof key !== 'number' || !Number.isSafeInteger(key)) return unsupported('cbor_key_type');
  return key;
}

function wellFormed(text: string): string {
  if (!text.isWellFormed()) throw cborFailure('cbor_utf8', -1);
  return text;
}

/** Bytewise order of the encoded keys (RFC 8949 §4.2.1): shorter texts, and smaller arguments, come first. */
function compareKeys(a: number | string, b: number | string): number {
  if (typeof a === 'number' && typeof b === 'number') {
    if (a < 0 !== b < 0) return a < 0 ? 1 : -1;
    return Math.abs(a) - Math.abs(b);
  }
  return compareTexts(String(a), String(b));
}

const ASCII = /^\p{ASCII}*$/u;

/** By length in UTF-8, then by bytes; code units order the same way only while both are ASCII. */
function compareTexts(a: string, b: string): number {
  if (ASCII.test(a) && ASCII.test(b)) return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
  const left = Buffer.from(a, 'utf8');
  const right = Buffer.from(b, 'utf8');
  return left.length - right.length || Buffer.compare(left, right);
}

function unsupported(code: CborCode): never {
  throw cborFailure(code, -1);
}
