import { GridError } from '../error.ts';
import type { ModelDefinition, PlacedPoint, PointName, PointType } from './model.ts';

/** A point's value in its unit, scale factor applied; null is SunSpec's "not available". */
export type PointValue = number | string | null;
/** Some points of a model by name. */
export type Values<M extends ModelDefinition> = Partial<Record<PointName<M>, PointValue>>;
/** Registers of one model, the first being its ID. */
export type Registers = Uint16Array;

const SCALE_MAX = 10;

/** What "not available" reads as, and the least and greatest raw value, per numeric type. */
const RANGES: Readonly<
  Record<Exclude<PointType, 'string' | 'uint64'>, { na: number; least: number; most: number }>
> = {
  int16: { na: -0x8000, least: -0x7fff, most: 0x7fff },
  uint16: { na: 0xffff, least: 0, most: 0xfffe },
  int32: { na: -0x8000_0000, least: -0x7fff_ffff, most: 0x7fff_ffff },
  uint32: { na: 0xffff_ffff, least: 0, most: 0xffff_fffe },
  acc32: { na: 0, least: 1, most: 0xffff_ffff },
  enum16: { na: 0xffff, least: 0, most: 0xfffe },
  bitfield16: { na: 0xffff, least: 0, most: 0x7fff },
  bitfield32: { na: 0xffff_ffff, least: 0, most: 0x7fff_ffff },
  sunssf: { na: -0x8000, least: -SCALE_MAX, most: SCALE_MAX },
  pad: { na: -0x8000, least: -0x8000, most: -0x8000 },
};
const SIGNED: ReadonlySet<PointType> = new Set<PointType>(['int16', 'int32', 'sunssf', 'pad']);

/**
 * Reads one point of a model block. A block shorter than the definition (an older device) reads as
 * "not available", null, where it ends; what follows the definition (a newer one) is ignored.
 * @throws {GridError} point_unknown | scale_factor_invalid
 */
export function decodePoint<M extends ModelDefinition>(
  model: M,
  registers: Registers,
  name: PointName<M>,
): PointValue {
  const point = placed(model, name);
  if (point.offset + point.size > registers.length) return null;
  if (point.type === 'string') return decodeText(registers, point);
  const raw = point.type === 'uint64' ? decodeWide(registers, point) : decodeRaw(registers, point);
  if (raw === null || point.scale === undefined) return raw;
  return scaled(raw, scaleOf(model, registers, point.scale));
}

/**
 * Writes points into a model block, each by the scale factors that the block already holds.
 *
 * @throws {GridError} point_unknown | point_out_of_range | scale_factor_invalid
 */
export function encodePoints<M extends ModelDefinition>(
  model: M,
  registers: Registers,
  values: Values<M>,
): void {
  const entries = Object.entries<PointValue | undefined>(values).map(([name, value]) => ({
    point: placed(model, name),
    value: value ?? null,
  }));
  // Scale factors first: the others depend on them.
  entries.sort((a, b) => Number(b.point.type === 'sunssf') - Number(a.point.type === 'sunssf'));
  for (const { point, value } of entries) encodePoint(model, registers, point, value);
}

/** A fresh block: ID, L, everything "not available" but the values given. */
export function encodeModel<M extends ModelDefinition>(model: M, values: Values<M>): Registers {
  const registers = new Uint16Array(2 + model.length);
  registers[0] = model.id;
  registers[1] = model.length;
  for (const point of model.points.values()) encodePoint(model, registers, point, null);
  encodePoints(model, registers, values);
  return registers;
}

function encodePoint(
  model: ModelDefinition,
  registers: Registers,
  point: PlacedPoint,
  value: PointValue,
): void {
  const refuse = (): GridError =>
    new GridError({
      code: 'point_out_of_range',
      model: model.id,
      point: point.name,
      value: value ?? 'not available',
    });
  if (point.type === 'string') {
    if (typeof value === 'number' || !encodeText(registers, point, value ?? '')) throw refuse();
    return;
  }
  if (typeof value === 'string') throw refuse();
  const exponent =
    value === null || point.scale === undefined ? 0 : scaleOf(model, registers, point.scale);
  const raw = value === null ? null : Math.round(scaled(value, -exponent));
  if (!encodeRaw(registers, point, raw)) throw refuse();
}

/** Multiplies by 10^exponent, dividing where that rounds better: 12345 × 10⁻² is 123.45. */
function scaled(value: number, exponent: number): number {
  return exponent < 0 ? value / 10 ** -exponent : value * 10 ** exponent;
}

/** A scale factor that is not available counts as 0, as devices that leave it out mean it. */
function scaleOf(model: ModelDefinition, registers: Registers, name: string): number {
  const point = placed(model, name);
  if (point.offset >= registers.length) return 0;
  const raw = decodeRaw(registers, point) ?? 0;
  if (Math.abs(raw) <= SCALE_MAX) return raw;
  throw new GridError({ code: 'scale_factor_invalid', model: model.id, point: name, value: raw });
}

function placed(model: ModelDefinition, name: string): PlacedPoint {
  const point = model.points.get(name);
  if (point === undefined) {
    throw new GridError({ code: 'point_unknown', model: model.id, point: name });
  }
  return point;
}

function decodeRaw(registers: Registers, { type, offset, size }: PlacedPoint): number | null {
  if (type === 'string' || type === 'uint64') return null;
  const high = registers[offset]!;
  const unsigned = size === 1 ? high : high * 0x1_0000 + registers[offset + 1]!;
  const half = size === 1 ? 0x8000 : 0x8000_0000;
  const raw = SIGNED.has(type) && unsigned >= half ? unsigned - 2 * half : unsigned;
  return raw === RANGES[type].na ? null : raw;
}

/** 64 bits; a counter beyond 2^53 − 1 cannot be held exactly and reads as not available. */
function decodeWide(registers: Registers, { offset }: PlacedPoint): number | null {
  const high = registers[offset]! * 0x1_0000 + registers[offset + 1]!;
  const low = registers[offset + 2]! * 0x1_0000 + registers[offset + 3]!;
  const value = high * 0x1_0000_0000 + low;
  return Number.isSafeInteger(value) ? value : null;
}

function encodeRaw(registers: Registers, point: PlacedPoint, raw: number | null): boolean {
  const { type, offset, size } = point;
  if (type === 'string') return false;
  if (type === 'uint64') {
    if (raw === null) {
      registers.fill(0xffff, offset, offset + 4);
      return true;
    }
    if (!Number.isSafeInteger(raw) || raw < 0) return false;
    const high = Math.floor(raw / 0x1_0000_0000);
    writeWord32(registers, offset, high);
    writeWord32(registers, offset + 2, raw - high * 0x1_0000_0000);
    return true;
  }
  const { na, least, most } = RANGES[type];
  if (raw !== null && !(raw >= least && raw <= most)) return false;
  const word = raw ?? na;
  if (size === 1) registers[offset] = word;
  else writeWord32(registers, offset, word);
  return true;
}

function writeWord32(registers: Registers, offset: number, word: number): void {
  registers[offset] = word >>> 16;
  registers[offset + 1] = word;
}

function decodeText(registers: Registers, { offset, size }: PlacedPoint): string | null {
  const bytes: number[] = [];
  for (let at = offset; at < offset + size; at += 1) {
    bytes.push(registers[at]! >> 8, registers[at]! & 0xff);
  }
  const end = bytes.indexOf(0);
  const text = Buffer.from(end < 0 ? bytes : bytes.slice(0, end)).toString('utf8');
  return text === '' ? null : text;
}

function encodeText(registers: Registers, point: PlacedPoint, text: string): boolean {
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > point.size * 2 || bytes.includes(0)) return false;
  for (let at = 0; at < point.size; at += 1) {
    registers[point.offset + at] = ((bytes[2 * at] ?? 0) << 8) | (bytes[2 * at + 1] ?? 0);
  }
  return true;
}
