import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  buildImage,
  COMMON,
  DER_CAPACITY,
  DER_CONTROL,
  DER_CONTROLS_AC,
  DER_MEASURE_AC,
  DER_STORAGE,
  decodePoint,
  encodeModel,
  encodePoints,
  METER_THREE_PHASE,
  type ModelDefinition,
  type PlacedPoint,
  type PointName,
  type PointValue,
  type Registers,
  walk,
} from '../index.ts';
import official from './official-layout.golden.json' with { type: 'json' };

const MODELS: readonly ModelDefinition[] = [
  COMMON,
  METER_THREE_PHASE,
  DER_MEASURE_AC,
  DER_CAPACITY,
  DER_CONTROLS_AC,
  DER_STORAGE,
  DER_CONTROL,
];

/** Points of one block, by name; every point of it where none are named. */
function decodePoints<M extends ModelDefinition>(
  model: M,
  registers: Registers,
  names = [...model.points.keys()] as PointName<M>[],
): Record<string, PointValue> {
  return Object.fromEntries(names.map((name) => [name, decodePoint(model, registers, name)]));
}

describe('layout', () => {
  const layouts: Record<string, { length: number; points: Record<string, unknown[]> }> =
    official.models;

  test.each(MODELS.map((model) => [model.id, model] as const))(
    'model %i has every point of the official definition where it stands there',
    (id, model) => {
      const { length, points } = layouts[String(id)]!;
      expect(model.length).toBe(length);
      const mine = [...model.points.values()].map((point) => [
        point.name,
        [point.offset, point.size, point.type, point.scale ?? null, point.writable === true],
      ]);
      const { ID, L, ...rest } = points;
      expect([ID?.[0], L?.[0]]).toEqual([0, 1]);
      expect(Object.fromEntries(mine)).toEqual(rest);
    },
  );

  test('the lengths are those that devices in the field announce', () => {
    const lengths = MODELS.map(({ id, length }) => [id, length]);
    expect(lengths).toEqual([
      [1, 66],
      [203, 105],
      [701, 153],
      [702, 50],
      [704, 65],
      [713, 7],
      [715, 7],
    ]);
  });
});

const RAW: Record<string, [number, number]> = {
  int16: [-0x7fff, 0x7fff],
  uint16: [0, 0xfffe],
  int32: [-0x7fff_ffff, 0x7fff_ffff],
  uint32: [0, 0xffff_fffe],
  uint64: [0, Number.MAX_SAFE_INTEGER],
  acc32: [1, 0xffff_ffff],
  enum16: [0, 0xfffe],
  bitfield16: [0, 0x7fff],
  bitfield32: [0, 0x7fff_ffff],
  sunssf: [-10, 10],
};

/** Random values of every point of a model: whole numbers of their scale, or not available. */
function valuesOf(model: ModelDefinition): fc.Arbitrary<Record<string, PointValue>> {
  const points = [...model.points.values()];
  const scales = points.filter((point) => point.type === 'sunssf');
  return fc.tuple(...scales.map(() => fc.integer({ min: -4, max: 3 }))).chain((exponents) => {
    const exponentOf = new Map(scales.map((point, at) => [point.name, exponents[at]!]));
    const anyValueOf = (point: PlacedPoint): fc.Arbitrary<PointValue> => {
      if (point.type === 'pad') return fc.constant(null);
      if (point.type === 'sunssf') return fc.constant(exponentOf.get(point.name)!);
      if (point.type === 'string') {
        return fc.option(fc.stringMatching(new RegExp(`^[ -~]{1,${point.size * 2}}$`)));
      }
      const [min, max] = RAW[point.type]!;
      const exponent = exponentOf.get(point.scale ?? '') ?? 0;
      // Beyond 2^53 steps a double cannot tell two neighbouring values of a scaled counter apart.
      const most = point.type === 'uint64' ? Math.floor(max / 10_000) : max;
      return fc.option(
        fc
          .maxSafeInteger()
          .map((any) => min + (Math.abs(any) % (most - min + 1)))
          .map((raw) => (exponent < 0 ? raw / 10 ** -exponent : raw * 10 ** exponent)),
      );
    };
    return fc.record(Object.fromEntries(points.map((point) => [point.name, anyValueOf(point)])));
  });
}

describe('codec', () => {
  test.each(MODELS.map((model) => [model.id, model] as const))(
    'any values of model %i come back as they went in, and so do their registers',
    (_, model) => {
      fc.assert(
        fc.property(valuesOf(model), (values) => {
          const registers = encodeModel(model, values);
          expect(registers).toHaveLength(2 + model.length);
          const decoded = decodePoints(model, registers);
          expect(decoded).toEqual(values);
          expect(encodeModel(model, decoded)).toEqual(registers);
        }),
        { numRuns: 40 },
      );
    },
  );

  test('a fresh block holds "not available" in the pattern of each type', () => {
    const block = encodeModel(DER_MEASURE_AC, {});
    expect([...block.subarray(0, 19)]).toEqual([
      701, 153, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0xffff, 0x8000, 0x8000,
      0x8000, 0x8000, 0x8000, 0xffff, 0xffff, 0xffff, 0xffff,
    ]);
    expect(
      Object.values(decodePoints(DER_MEASURE_AC, block)).every((value) => value === null),
    ).toBe(true);
    expect(decodePoint(METER_THREE_PHASE, encodeModel(METER_THREE_PHASE, {}), 'TotWhExp')).toBe(
      null,
    );
  });

  test('a setpoint stands in the registers as the standard writes it', () => {
    const block = encodeModel(DER_CONTROLS_AC, { WSet_SF: 1, WSetMod: 1, WSet: -120_000 });
    // −120 kW at a scale of 10: −12000, most significant word first, at offset 24.
    expect([...block.subarray(24, 26)]).toEqual([0xffff, 0xd120]);
    expect(decodePoints(DER_CONTROLS_AC, block, ['WSet', 'WSetMod', 'WSetPct'])).toEqual({
      WSet: -120_000,
      WSetMod: 1,
      WSetPct: null,
    });
  });

  test('a value is rounded to its scale, and refused where it does not fit', () => {
    const block = encodeModel(DER_STORAGE, { Pct_SF: -1, SoC: 55.55 });
    expect(decodePoint(DER_STORAGE, block, 'SoC')).toBe(55.6);
    const refused = (value: PointValue): (() => void) => {
      return () => encodePoints(DER_STORAGE, block, { SoC: value });
    };
    expect(refused(6_553.5)).toThrow(/point_out_of_range: model 713, point SoC, value 6553.5/);
    expect(refused(-0.1)).toThrow(/point_out_of_range/);
    expect(refused(Number.NaN)).toThrow(/point_out_of_range/);
    expect(refused('full')).toThrow(/point_out_of_range/);
    expect(() => encodeModel(COMMON, { SN: 'x'.repeat(33) })).toThrow(/point_out_of_range/);
    expect(decodePoint(DER_STORAGE, block, 'SoC'), 'nothing was written').toBe(55.6);
  });

  test('a scale factor out of range is an error, one left out is 1', () => {
    const block = encodeModel(DER_STORAGE, { SoC: 55 });
    expect(decodePoint(DER_STORAGE, block, 'SoC')).toBe(55);
    block[8] = 11;
    expect(() => decodePoint(DER_STORAGE, block, 'SoC')).toThrow(/scale_factor_invalid/);
  });

  test('a block that ends early reads as not available where it ends', () => {
    const whole = encodeModel(DER_CONTROL, { LocRemCtl: 1, DERHb: 7, ControllerHb: 9 });
    const cut = whole.subarray(0, 6);
    expect(decodePoints(DER_CONTROL, cut, ['LocRemCtl', 'DERHb', 'ControllerHb'])).toEqual({
      LocRemCtl: 1,
      DERHb: 7,
      ControllerHb: null,
    });
  });

  test('a counter that a number cannot hold exactly reads as not available', () => {
    const block = encodeModel(DER_MEASURE_AC, { TotWhInj: Number.MAX_SAFE_INTEGER });
    expect(decodePoint(DER_MEASURE_AC, block, 'TotWhInj')).toBe(Number.MAX_SAFE_INTEGER);
    block[19] = 0x0100;
    expect(decodePoint(DER_MEASURE_AC, block, 'TotWhInj')).toBe(null);
  });
});

/** A device that has nothing but this map at this address. */
function deviceAt(base: number, registers: Registers) {
  return (address: number, count: number): Promise<Registers | null> => {
    const from = address - base;
    const inside = from >= 0 && from + count <= registers.length;
    return Promise.resolve(inside ? registers.slice(from, from + count) : null);
  };
}

describe('discovery', () => {
  const image = buildImage(MODELS.map((model) => encodeModel(model, {})));

  test.each([40_000, 0, 50_000])('walks the models of a map at %i', async (base) => {
    const found = await walk(deviceAt(base, image.registers));
    expect(found.map(({ id, length }) => [id, length])).toEqual(
      MODELS.map(({ id, length }) => [id, length]),
    );
    expect(found[0]?.address).toBe(base + 2);
    expect(found[1]?.address).toBe(base + 70);
  });

  test('an image is its blocks: what is written to one is read from the other', () => {
    const last = image.blocks.at(-1)!;
    expect(last.block).toEqual({ id: 715, address: 40_460, length: 7 });
    encodePoints(DER_CONTROL, last.registers, { ControllerHb: 3 });
    expect(image.registers[40_460 - 40_000 + 6]).toBe(3);
  });

  test('an older common model of 65 registers is walked over as it says', async () => {
    const short = encodeModel(COMMON, { Mn: 'Maker' }).slice(0, 67);
    short[1] = 65;
    const old = buildImage([short, encodeModel(DER_CONTROL, {})]);
    const found = await walk(deviceAt(40_000, old.registers));
    expect(found.map(({ id, address }) => [id, address])).toEqual([
      [1, 40_002],
      [715, 40_069],
    ]);
  });

  test('a device without the marker, and chains that do not end, are errors', async () => {
    await expect(walk(deviceAt(40_000, new Uint16Array(20)))).rejects.toThrow(/sunspec_not_found/);
    const endless = Uint16Array.from([0x5375, 0x6e53, ...Array(400).fill(1)]);
    await expect(walk(deviceAt(0, endless))).rejects.toThrow(/sunspec_chain_broken.*more than 64/);
    const cut = image.registers.slice(0, 200);
    await expect(walk(deviceAt(0, cut))).rejects.toThrow(/sunspec_chain_broken.*no such register/);
    const empty = Uint16Array.from([0x5375, 0x6e53, 7, 0, 0, 0]);
    await expect(walk(deviceAt(0, empty))).rejects.toThrow(/sunspec_chain_broken.*no length/);
    const far = deviceAt(50_000, Uint16Array.from([0x5375, 0x6e53, 7, 15_600, 0, 0]));
    await expect(walk(far)).rejects.toThrow(/sunspec_chain_broken.*last register/);
  });
});
