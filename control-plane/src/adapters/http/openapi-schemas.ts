import type { jsonSchemaTransformObject } from 'fastify-type-provider-zod';

type ApiDocument = ReturnType<typeof jsonSchemaTransformObject>;

/** Leaves out component schemas that nothing refers to: each named shape is made once for input and once for output. */
export function withoutUnused(document: ApiDocument): ApiDocument {
  if (!('components' in document) || document.components?.schemas === undefined) return document;
  const { schemas } = document.components;
  const holders = new Map(
    Object.entries(schemas).map(([name, one]) => [name, JSON.stringify(one)]),
  );
  const refersTo = (holder: string, name: string): boolean =>
    holder.includes(`"#/components/schemas/${name}"`);
  const routes = JSON.stringify(document.paths);
  const used = new Set([...holders.keys()].filter((name) => refersTo(routes, name)));
  for (const name of used) {
    const holder = holders.get(name) ?? '';
    for (const other of holders.keys()) if (refersTo(holder, other)) used.add(other);
  }
  for (const name of holders.keys()) if (!used.has(name)) delete schemas[name];
  return document;
}
