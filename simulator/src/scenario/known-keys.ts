import type { Path } from './yaml-places.ts';

/** As much of JSON Schema as `z.toJSONSchema` makes of a scenario. */
interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
}

/** The keys that a map at a path may have. */
export function keysAt(schema: unknown, path: Path): string[] {
  let at: readonly Schema[] = [schema as Schema];
  for (const step of path) at = at.flatMap(branches).flatMap((one) => below(one, step));
  return [...new Set(at.flatMap(branches).flatMap((one) => Object.keys(one.properties ?? {})))];
}

function branches(schema: Schema): readonly Schema[] {
  return schema.anyOf === undefined ? [schema] : schema.anyOf.flatMap(branches);
}

function below(
  { properties, additionalProperties, items }: Schema,
  step: string | number,
): Schema[] {
  const next =
    typeof step === 'number'
      ? items
      : (properties?.[step] ??
        (typeof additionalProperties === 'object' ? additionalProperties : undefined));
  return next === undefined ? [] : [next];
}
