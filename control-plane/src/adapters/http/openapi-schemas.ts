interface Document {
  readonly components?: { readonly schemas?: Readonly<Record<string, unknown>> };
}

/** Leaves out component schemas that nothing refers to: each named shape is made once for input and once for output. */
export function withoutUnused<D extends Document>(document: D): D {
  const schemas = document.components?.schemas ?? {};
  const names = Object.keys(schemas);
  const text = (value: unknown): string => JSON.stringify(value);
  const refersTo = (holder: string, name: string): boolean =>
    holder.includes(`"#/components/schemas/${name}"`);
  const paths = text({ ...document, components: {} });
  const used = new Set(names.filter((name) => refersTo(paths, name)));
  for (const name of used) {
    const holder = text(schemas[name]);
    for (const other of names) if (refersTo(holder, other)) used.add(other);
  }
  const kept = Object.fromEntries(Object.entries(schemas).filter(([name]) => used.has(name)));
  return { ...document, components: { ...document.components, schemas: kept } };
}
