import type { z } from 'zod';
import { usageError } from '../exit.ts';
import type { World } from '../world.ts';
import { jsonOf, nameOf, textOf } from './files.ts';

/** Reads a JSON file of a known shape. @throws {CliError} usage with the place and the reason */
export async function readShaped<Schema extends z.ZodType>(
  world: World,
  path: string,
  bytesMax: number,
  what: string,
  schema: Schema,
): Promise<z.output<Schema>> {
  const value = jsonOf(path, textOf(path, await world.read(path, bytesMax)));
  return shaped(nameOf(path), value, what, schema);
}

/** A value of a known shape. @throws {CliError} usage with the first place that does not fit, and why */
export function shaped<Schema extends z.ZodType>(
  name: string,
  value: unknown,
  what: string,
  schema: Schema,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = placeOf(issue?.path ?? []);
  throw usageError(`${name} is not ${what}`, [
    ...(place === '' ? [] : [['place', place] as const]),
    ['reason', issue?.message ?? 'it does not fit its shape'],
  ]);
}

/** `targets[0].actions[1].asset`; empty where the whole is meant. */
function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}
