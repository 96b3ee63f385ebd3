import { toHex } from '@tieline/kernel';

/** A decoded body for JSON: byte strings become lower-case hex, maps with other keys become pairs. */
export function jsonable(value: unknown): unknown {
  if (value instanceof Uint8Array) return toHex(value);
  if (typeof value === 'bigint') return value.toString();
  if (Array.isArray(value)) return value.map(jsonable);
  if (value instanceof Map) return [...value].map(([key, one]) => [jsonable(key), jsonable(one)]);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, jsonable(one)]));
}
