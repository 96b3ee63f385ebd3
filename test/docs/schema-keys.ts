import { codeText } from './source-facts.ts';

/** One key of a configuration file, as its zod schema in the source says. */
export interface SchemaKey {
  /** `devices[].port`. */
  readonly path: string;
  /** The source text inside `.default(…)`; null where there is none. */
  readonly fallback: string | null;
}

/**
 * Keys of a `z.strictObject` in a source file, in order, with those of the objects inside it. Read from the text
 * because schemas of processes are nobody's public interface.
 *
 * @param elsewhere  schemas named in it that live in another file, by name
 */
export function schemaKeys(
  path: string,
  schema: string,
  elsewhere: Readonly<Record<string, string>> = {},
): readonly SchemaKey[] {
  const code = codeText(path);
  const start = code.search(new RegExp(`const ${schema} = z\\s*\\.strictObject\\(\\{`));
  if (start < 0) throw new Error(`${path} has no ${schema}`);
  return keysOf(code, code.indexOf('{', start), elsewhere);
}

function keysOf(
  code: string,
  open: number,
  elsewhere: Readonly<Record<string, string>>,
): readonly SchemaKey[] {
  const body = code.slice(open + 1, closing(code, open));
  const keys: SchemaKey[] = [];
  for (const { name, value } of entries(body)) {
    const inner = [...innerKeys(value, elsewhere)];
    const plain = inner.length === 0 ? value : value.slice(0, value.indexOf('strictObject'));
    const [, fallback = null] = /\.default\(([^)]*)\)/.exec(plain) ?? [];
    keys.push({ path: name, fallback });
    const list = value.includes('.array(') ? '[]' : '';
    keys.push(...inner.map((key) => ({ ...key, path: `${name}${list}.${key.path}` })));
  }
  return keys;
}

function* innerKeys(
  value: string,
  elsewhere: Readonly<Record<string, string>>,
): Generator<SchemaKey> {
  for (const [name, path] of Object.entries(elsewhere)) {
    if (value.includes(name)) yield* schemaKeys(path, name);
  }
  let at = value.indexOf('strictObject({');
  while (at >= 0) {
    const open = value.indexOf('{', at);
    yield* keysOf(value, open, elsewhere);
    at = value.indexOf('strictObject({', closing(value, open));
  }
}

/** `name: value` pairs at the outermost level of an object's source. */
function* entries(body: string): Generator<{ name: string; value: string }> {
  let from = 0;
  for (const end of [...commas(body), body.length]) {
    const [, name, value] = /^\s*(\w+):\s*([\s\S]*)$/.exec(body.slice(from, end)) ?? [];
    if (name !== undefined && value !== undefined) yield { name, value };
    from = end + 1;
  }
}

function* commas(body: string): Generator<number> {
  let depth = 0;
  for (const { at, char } of outsideQuotes(body, 0)) {
    if ('([{'.includes(char)) depth += 1;
    else if (')]}'.includes(char)) depth -= 1;
    else if (char === ',' && depth === 0) yield at;
  }
}

/** Where the bracket that opens at `open` closes. */
function closing(code: string, open: number): number {
  let depth = 0;
  for (const { at, char } of outsideQuotes(code, open)) {
    if (char === '{') depth += 1;
    else if (char === '}') depth -= 1;
    if (depth === 0) return at;
  }
  throw new Error(`the bracket at ${open} never closes`);
}

function* outsideQuotes(text: string, from: number): Generator<{ at: number; char: string }> {
  let quote: string | null = null;
  for (let at = from; at < text.length; at += 1) {
    const char = text[at] ?? '';
    if (quote !== null) {
      if (char === '\\') at += 1;
      else if (char === quote) quote = null;
    } else if (`'"\``.includes(char)) quote = char;
    else yield { at, char };
  }
}
