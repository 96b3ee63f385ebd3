import { fromHex, toHex } from '@tieline/kernel';
import { Encoder } from 'cbor-x';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CborError, type CborFailure, decodeCbor, encodeCbor } from './codec.ts';
import { cborDiagnostic, cborDiagnosticOrHex } from './diagnostic.ts';

const hex = (text: string): Uint8Array => fromHex(text.replaceAll(' ', '')) ?? new Uint8Array();

function refusal(run: () => unknown): CborFailure {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof CborError) return thrown.failure;
    throw thrown;
  }
  throw new Error('was accepted');
}

const refused = (bytes: string): [string, number] => {
  const { code, offset } = refusal(() => decodeCbor(hex(bytes)));
  return [code, offset];
};

/** Everything that has an encoding here: integers, floats, texts, bytes, arrays, both kinds of map. */
const anyNumber = fc.oneof(
  fc.maxSafeInteger(),
  fc.integer(),
  fc.integer({ min: -70_000, max: 70_000 }),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value)),
);
const anyText = fc.string({ unit: 'grapheme' });
const anyKey = anyText.filter((key) => key !== '__proto__');
const { anyValue } = fc.letrec<{ anyValue: unknown }>((tie) => ({
  anyValue: fc.oneof(
    { depthSize: 'small', maxDepth: 7 },
    anyNumber,
    anyText,
    fc.boolean(),
    fc.constant(null),
    fc.uint8Array(),
    fc.array(tie('anyValue'), { maxLength: 5 }),
    fc.dictionary(anyKey, tie('anyValue'), { maxKeys: 5, noNullPrototype: true }),
    fc
      .array(fc.tuple(fc.maxSafeInteger(), tie('anyValue')), { minLength: 1, maxLength: 5 })
      .map((pairs) => new Map(pairs)),
  ),
}));

describe('round trips', () => {
  test('every value comes back as it went in', () => {
    fc.assert(
      fc.property(anyValue, (value) => {
        expect(decodeCbor(encodeCbor(value))).toEqual(value);
      }),
      { numRuns: 2_000 },
    );
  });

  test('what decodes has no other encoding: encoding it again gives the same bytes', () => {
    const head = fc.constantFrom(...Array.from({ length: 256 }, (_, byte) => byte));
    const bytes = fc
      .tuple(head, fc.uint8Array({ maxLength: 24 }))
      .map(([first, rest]) => Uint8Array.of(first, ...rest));
    let accepted = 0;
    fc.assert(
      fc.property(bytes, (input) => {
        let value: unknown;
        try {
          value = decodeCbor(input);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(CborError);
          return;
        }
        accepted += 1;
        expect(toHex(encodeCbor(value))).toBe(toHex(input));
      }),
      { numRuns: 20_000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  test('an independent decoder reads the same values', () => {
    const other = new Encoder({ useRecords: false, mapsAsObjects: false, tagUint8Array: false });
    const comparable = (value: unknown): unknown => {
      if (value instanceof Uint8Array) return { bytes: toHex(value) };
      if (Array.isArray(value)) return value.map(comparable);
      if (typeof value === 'bigint') return Number(value);
      if (value === null || typeof value !== 'object') return value;
      const entries = value instanceof Map ? [...value] : Object.entries(value);
      return { map: entries.map(([key, held]) => [comparable(key), comparable(held)]) };
    };
    const ordered = (value: unknown): unknown => comparable(decodeCbor(encodeCbor(value)));
    fc.assert(
      fc.property(anyValue, (value) => {
        const foreign = JSON.stringify(comparable(other.decode(Buffer.from(encodeCbor(value)))));
        // Plain objects reorder names that look like indices, so both are compared as sets of pairs.
        const sorted = (text: string): string => [...text].sort().join('');
        expect(sorted(foreign)).toBe(sorted(JSON.stringify(ordered(value))));
      }),
      { numRuns: 1_000 },
    );
  });

  test('every prefix of an encoding is refused', () => {
    fc.assert(
      fc.property(anyValue, fc.nat(), (value, cut) => {
        const bytes = encodeCbor(value);
        expect(() => decodeCbor(bytes.subarray(0, cut % bytes.length))).toThrow(CborError);
      }),
    );
  });
});

describe('encoding', () => {
  // RFC 8949, appendix A, for the values that this profile shares with it.
  test.each<[unknown, string]>([
    [0, '00'],
    [23, '17'],
    [24, '1818'],
    [1_000, '1903e8'],
    [1_000_000, '1a000f4240'],
    [1_000_000_000_000, '1b000000e8d4a51000'],
    [-1, '20'],
    [-100, '3863'],
    [-1_000, '3903e7'],
    [1.1, 'fb3ff199999999999a'],
    [1.0e300, 'fb7e37e43c8800759c'],
    [-4.1, 'fbc010666666666666'],
    [false, 'f4'],
    [null, 'f6'],
    [new Uint8Array([1, 2, 3, 4]), '4401020304'],
    ['IETF', '6449455446'],
    ['\u6c34', '63e6b0b4'],
    ['\u{10151}', '64f0908591'],
    [[1, [2, 3], [4, 5]], '8301820203820405'],
    [{ a: 1, b: [2, 3] }, 'a26161016162820203'],
  ])('%j is as RFC 8949 has it', (value, expected) => {
    expect(toHex(encodeCbor(value))).toBe(expected);
  });

  test('integers beyond 32 bits are integers, in their shortest form', () => {
    expect(toHex(encodeCbor(2 ** 32 - 1))).toBe('1affffffff');
    expect(toHex(encodeCbor(2 ** 32))).toBe('1b0000000100000000');
    expect(toHex(encodeCbor(-(2 ** 32)))).toBe('3affffffff');
    expect(toHex(encodeCbor(-(2 ** 32) - 1))).toBe('3b0000000100000000');
    expect(toHex(encodeCbor(Number.MAX_SAFE_INTEGER))).toBe('1b001fffffffffffff');
    expect(toHex(encodeCbor(-0))).toBe('00');
  });

  test('keys are ordered by their encodings, whatever order they were written in', () => {
    const keys = ['10', 'é', 'b', 'aa', '9', 'a', '\u{10000}', '\uffff', 'z', ''];
    const text = Object.fromEntries(keys.map((key) => [key, 0]));
    expect(toHex(encodeCbor(text))).toBe(
      'aa6000613900616100616200617a00623130006261610062c3a90063efbfbf0064f090808000',
    );
    const numbers = new Map([-1, 10, 2, -65_537, 100, 0, -300].map((key) => [key, 0]));
    expect(toHex(encodeCbor(numbers))).toBe(
      'a700000200' + '0a00186400' + '200039012b003a0001000000',
    );
  });

  test.each<[string, unknown, string]>([
    ['NaN', Number.NaN, 'cbor_float_not_finite'],
    ['an infinity', { a: Number.NEGATIVE_INFINITY }, 'cbor_float_not_finite'],
    ['a bigint', 5n, 'cbor_unsupported'],
    ['undefined in an array', [undefined], 'cbor_unsupported'],
    ['a hole in an array', new Array(1), 'cbor_unsupported'],
    ['a Date', new Date(0), 'cbor_unsupported'],
    ['a typed array of floats', new Float64Array(1), 'cbor_unsupported'],
    ['half a surrogate pair', '\ud800', 'cbor_utf8'],
    ['half a surrogate pair as a key', { '\udc00': 1 }, 'cbor_utf8'],
    ['the prototype as a key', JSON.parse('{"__proto__": 1}'), 'cbor_key_forbidden'],
    ['a fraction as a key', new Map([[0.5, 1]]), 'cbor_key_type'],
    [
      'mixed keys',
      new Map<unknown, unknown>([
        [1, 1],
        ['a', 1],
      ]),
      'cbor_key_type',
    ],
    ['nine levels', [[[[[[[[[]]]]]]]]], 'cbor_too_deep'],
  ])('%s has no encoding', (_name, value, code) => {
    expect(refusal(() => encodeCbor(value)).code).toBe(code);
  });

  test('properties that are undefined are left out, and bytes that come back alias nothing', () => {
    expect(toHex(encodeCbor({ a: undefined, b: 1 }))).toBe('a1616201');
    const first = encodeCbor('first');
    const before = toHex(first);
    encodeCbor('other');
    expect(toHex(first)).toBe(before);
    expect(first.buffer.byteLength).toBe(first.length);
  });
});

describe('strictness', () => {
  test.each<[string, string, string, number]>([
    ['nothing at all', '', 'cbor_truncated', 0],
    ['a second item', '0000', 'cbor_trailing', 1],
    ['an indefinite array', '9fff', 'cbor_indefinite', 0],
    ['an indefinite map', 'bfff', 'cbor_indefinite', 0],
    ['an indefinite text', '7f6161ff', 'cbor_indefinite', 0],
    ['indefinite bytes', '5f4101ff', 'cbor_indefinite', 0],
    ['a lone break', 'ff', 'cbor_indefinite', 0],
    ['reserved information', '1c', 'cbor_reserved', 0],
    ['one byte for 23', '1817', 'cbor_length_not_shortest', 0],
    ['two bytes for 255', '1900ff', 'cbor_length_not_shortest', 0],
    ['four bytes for 65535', '1a0000ffff', 'cbor_length_not_shortest', 0],
    ['eight bytes for 2^32 - 1', '1b00000000ffffffff', 'cbor_length_not_shortest', 0],
    ['a long negative', '3817', 'cbor_length_not_shortest', 0],
    ['a long text length', '780161', 'cbor_length_not_shortest', 0],
    ['a long array length', '980100', 'cbor_length_not_shortest', 0],
    ['2^53', '1b0020000000000000', 'cbor_integer_unsafe', 0],
    ['-2^53', '3b001fffffffffffff', 'cbor_integer_unsafe', 0],
    ['a half float', 'f93e00', 'cbor_float_form', 0],
    ['a single float', 'fa3fc00000', 'cbor_float_form', 0],
    ['an integral float', 'fb3ff0000000000000', 'cbor_float_form', 0],
    ['a negative zero', 'fb8000000000000000', 'cbor_float_form', 0],
    ['a NaN', 'fb7ff8000000000000', 'cbor_float_not_finite', 0],
    ['an infinity', '81fb7ff0000000000000', 'cbor_float_not_finite', 1],
    ['undefined', 'f7', 'cbor_simple', 0],
    ['an unassigned simple value', 'e0', 'cbor_simple', 0],
    ['a long simple value', 'f8ff', 'cbor_simple', 0],
    ['a date tag', 'c074323031332d30332d32315432303a30343a30305a', 'cbor_tag', 0],
    ['a bignum', '82 00 c249010000000000000000', 'cbor_tag', 2],
    ['bad UTF-8', '62c328', 'cbor_utf8', 0],
    ['an overlong encoding', '62c080', 'cbor_utf8', 0],
    ['a surrogate in UTF-8', '63eda080', 'cbor_utf8', 0],
    ['bad UTF-8 in a key', 'a161ff00', 'cbor_utf8', 1],
    ['a doubled key', 'a2616100616101', 'cbor_key_duplicate', 4],
    ['a doubled integer key', 'a201000100', 'cbor_key_duplicate', 3],
    ['keys out of order', 'a2616200616100', 'cbor_key_order', 4],
    ['a longer key first', 'a262616100616200', 'cbor_key_order', 5],
    ['integer keys out of order', 'a220000100', 'cbor_key_order', 3],
    ['a text key after an integer', 'a20100616100', 'cbor_key_type', 3],
    ['an integer key after a text', 'a26161000100', 'cbor_key_type', 4],
    ['a key of bytes', 'a1410100', 'cbor_key_type', 1],
    ['a key that is an array', 'a1800000', 'cbor_key_type', 1],
    ['a key that is the prototype', 'a1695f5f70726f746f5f5f00', 'cbor_key_forbidden', 1],
    ['nine levels', '818181818181818180', 'cbor_too_deep', 8],
    ['an array longer than its bytes', '8200', 'cbor_truncated', 0],
    ['a text longer than its bytes', '6261', 'cbor_truncated', 0],
    ['bytes longer than the input', '5affffffff', 'cbor_truncated', 5],
    ['an array of 2^32 - 1', '9affffffff', 'cbor_too_many_items', 0],
    ['a map of 2^53 - 1', 'bb001fffffffffffff', 'cbor_too_many_items', 0],
  ])('%s is refused', (_name, bytes, code, offset) => {
    expect(refused(bytes)).toEqual([code, offset]);
  });

  test('4,096 items are taken, one more is not', () => {
    const zeros = (count: number): Uint8Array =>
      Uint8Array.from([0x99, count >> 8, count & 0xff, ...new Array<number>(count).fill(0)]);
    expect(decodeCbor(zeros(4_095))).toHaveLength(4_095);
    expect(refusal(() => decodeCbor(zeros(4_096))).code).toBe('cbor_too_many_items');
    const nested = Uint8Array.from([0x82, ...zeros(2_047), ...zeros(2_047)]);
    expect(refusal(() => decodeCbor(nested)).code).toBe('cbor_too_many_items');
  });

  test('what would be refused for its items is not written', () => {
    const zeros = (count: number) => new Array<number>(count).fill(0);
    expect(decodeCbor(encodeCbor(zeros(4_095)))).toHaveLength(4_095);
    const refused = [
      zeros(4_096),
      [zeros(2_047), zeros(2_047)],
      Object.fromEntries(zeros(2_048).map((zero, k) => [`k${k}`, zero])),
      new Map(zeros(2_048).map((zero, k) => [k, zero])),
    ];
    for (const value of refused) {
      expect(refusal(() => encodeCbor(value)).code).toBe('cbor_too_many_items');
    }
    // What one value was refused for is not held against the next.
    expect(encodeCbor([0])).toEqual(Uint8Array.of(0x81, 0));
  });

  test('names that look alike are told apart in a long message', () => {
    const names = ['abcd', 'axyd', 'abyd', 'axcd'];
    const maps = Array.from({ length: 400 }, (_, k) => ({ [names[k % 4]!]: k }));
    const bytes = encodeCbor(maps);
    expect(bytes.length).toBeGreaterThan(2_048);
    expect(decodeCbor(bytes)).toEqual(maps);
  });

  test('eight levels are taken, and a byte order mark is text like any other', () => {
    expect(decodeCbor(hex('8181818181818180'))).toEqual([[[[[[[[]]]]]]]]);
    expect(decodeCbor(hex('63efbbbf'))).toBe('\ufeff');
  });

  test('what was decoded does not change when the input is written over', () => {
    const input = Buffer.from(encodeCbor({ held: new Uint8Array([7, 8]) }));
    const value = decodeCbor(input);
    input.fill(0);
    expect(value).toEqual({ held: new Uint8Array([7, 8]) });
  });
});

describe('diagnostic notation', () => {
  // RFC 8949, appendix A.
  test.each([
    ['1bffffffffffffffff', '18446744073709551615'],
    ['3bffffffffffffffff', '-18446744073709551616'],
    ['f98000', '-0.0'],
    ['f93c00', '1.0'],
    ['f97bff', '65504.0'],
    ['f90001', '5.960464477539063e-8'],
    ['f97e00', 'NaN'],
    ['f9fc00', '-Infinity'],
    ['fa47c35000', '100000.0'],
    ['fbc010666666666666', '-4.1'],
    ['f7', 'undefined'],
    ['f0', 'simple(16)'],
    ['f8ff', 'simple(255)'],
    ['c11a514b67b0', '1(1363896240)'],
    ['d818456449455446', "24(h'6449455446')"],
    ['62225c', '"\\"\\\\"'],
    ['62c3bc', '"ü"'],
    ['a201020304', '{1: 2, 3: 4}'],
    ['9f018202039f0405ffff', '[_ 1, [2, 3], [_ 4, 5]]'],
    ['bf61610161629f0203ffff', '{_ "a": 1, "b": [_ 2, 3]}'],
    ['5f42010243030405ff', "(_ h'0102', h'030405')"],
    ['7f657374726561646d696e67ff', '(_ "strea", "ming")'],
  ])('%s is %s', (bytes, expected) => {
    expect(cborDiagnostic(hex(bytes))).toBe(expected);
  });

  test('a text cannot steer the terminal', () => {
    expect(cborDiagnostic(encodeCbor('\u001b[31m\u009b\u202e'))).toBe(
      '"\\u001b[31m\\u009b\\u202e"',
    );
  });

  test('bytes that are no CBOR are shown as bytes, and never hang or crash the printer', () => {
    expect(cborDiagnosticOrHex(hex('7f61'))).toBe("h'7f61'");
    expect(cborDiagnosticOrHex(new Uint8Array(500).fill(0x81))).toMatch(/^h'8181/);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
        expect(cborDiagnosticOrHex(bytes)).not.toBe('');
      }),
      { numRuns: 5_000 },
    );
  });
});
