import type { ModbusTCPClient } from 'jsmodbus';
import official from './sunspec-models.golden.json' with { type: 'json' };

/*
 * A SunSpec client of its own, as somebody else would write it: it walks a device by what the device says, and decodes by
 * the official model files. Nothing of Tieline's own register maps is in it.
 */

type Point = readonly [
  name: string,
  type: string,
  size: number,
  scale: string | null,
  mandatory: number,
];
interface Group {
  readonly points: readonly Point[];
  readonly groups?: readonly (Group & { readonly name: string; readonly count: string | number })[];
}

/** A value with its scale applied; null where the device has none. */
type Value = number | string | null;

export interface ReadModel {
  readonly id: number;
  /** By name, in groups as `Crv.1.Pt.2.V`. */
  readonly values: ReadonlyMap<string, Value>;
  /** Mandatory points that the device does not have. */
  readonly missing: readonly string[];
  /** Registers that the model says it has, and registers that its points take. */
  readonly length: { readonly said: number; readonly taken: number };
}

const models = official.models as unknown as Readonly<Record<string, Group>>;
const READ_MAX = 125;

export async function readDevice(client: ModbusTCPClient): Promise<readonly ReadModel[]> {
  const read = async (address: number, count: number): Promise<number[]> => {
    const words: number[] = [];
    for (let at = 0; at < count; at += READ_MAX) {
      const part = Math.min(READ_MAX, count - at);
      const { response } = await client.readHoldingRegisters(address + at, part);
      words.push(...response.body.valuesAsArray);
    }
    return words;
  };
  const marker = await read(40_000, 2);
  if (marker[0] !== 0x5375 || marker[1] !== 0x6e53) throw new Error('no SunS at 40000');
  const found: ReadModel[] = [];
  for (let address = 40_002; ; ) {
    const [id = 0, length = 0] = await read(address, 2);
    if (id === 0xffff) return found;
    found.push(decode(id, await read(address, 2 + length)));
    address += 2 + length;
  }
}

function decode(id: number, words: readonly number[]): ReadModel {
  const model = models[String(id)];
  if (model === undefined) throw new Error(`no official model ${id}`);
  const values = new Map<string, Value>();
  const scales: [name: string, scale: string][] = [];
  const missing: string[] = [];
  let at = 0;
  const take = ({ points, groups = [] }: Group, prefix: string): void => {
    for (const [name, type, size, scale, mandatory] of points) {
      const value = decoded(type, words.slice(at, at + size));
      at += size;
      values.set(prefix + name, value);
      if (scale !== null) scales.push([prefix + name, scale]);
      if (mandatory === 1 && value === null) missing.push(prefix + name);
    }
    for (const group of groups) {
      const count = typeof group.count === 'number' ? group.count : Number(values.get(group.count));
      for (let k = 1; k <= count; k += 1) take(group, `${prefix}${group.name}.${k}.`);
    }
  };
  take(model, '');
  for (const [name, scale] of scales) {
    const raw = values.get(name);
    if (typeof raw !== 'number') continue;
    const exponent = Number.isNaN(Number(scale)) ? Number(values.get(scale)) : Number(scale);
    values.set(name, Number((raw * 10 ** exponent).toPrecision(12)));
  }
  return { id, values, missing, length: { said: words.length, taken: at } };
}

/** What "not implemented" reads as, by type. */
const ABSENT: Readonly<Record<string, string>> = {
  int16: '8000',
  uint16: 'ffff',
  count: '0000',
  acc32: '00000000',
  int32: '80000000',
  uint32: 'ffffffff',
  uint64: 'ffffffffffffffff',
  enum16: 'ffff',
  bitfield16: 'ffff',
  bitfield32: 'ffffffff',
  sunssf: '8000',
  pad: '8000',
};

function decoded(type: string, words: readonly number[]): Value {
  const bytes = Buffer.from(words.flatMap((word) => [word >> 8, word & 0xff]));
  if (type === 'string') return bytes.toString('utf8').replace(/\0.*$/s, '') || null;
  if (ABSENT[type] === undefined) throw new Error(`no such type: ${type}`);
  if (bytes.toString('hex') === ABSENT[type]) return null;
  if (bytes.length === 8) return Number(bytes.readBigUInt64BE());
  return ['int16', 'int32', 'sunssf'].includes(type)
    ? bytes.readIntBE(0, bytes.length)
    : bytes.readUIntBE(0, bytes.length);
}
