import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The root of the repository. */
export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export function sourceText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** Source without its comments, so that words in them count for nothing. */
export function codeText(path: string): string {
  return sourceText(path)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '$1');
}

/** Source files of a folder, tests left out, as paths from the root. */
export function sourcesOf(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
    .map((name) => join(folder, name));
}

/** The quoted members of `type NAME = | 'a' | 'b' …`; template members such as `order_${X}` are left out. */
export function unionMembers(path: string, name: string): readonly string[] {
  const [, body] = new RegExp(`type ${name} =([^;]*);`).exec(codeText(path)) ?? [];
  if (body === undefined) throw new Error(`${path} has no union ${name}`);
  const members = [...body.matchAll(/(?:^|\|)\s*'([a-z0-9_]+)'/g)].map(
    ([, member]) => member ?? '',
  );
  if (members.length === 0) throw new Error(`${name} in ${path} has no quoted members`);
  return members;
}

/** The codes of a union of failures: every `code: 'x'` or `code: 'x' | 'y'` in it. */
export function failureCodes(path: string): readonly string[] {
  const codes = [...codeText(path).matchAll(/readonly code:\s*((?:\|?\s*'[a-z0-9_]+'\s*)+)/g)];
  return codes.flatMap(([, members = '']) =>
    [...members.matchAll(/'([a-z0-9_]+)'/g)].map(([, code]) => code ?? ''),
  );
}

/** Rows of the Markdown tables under a heading: cells without their back-ticks. */
export function tableRows(markdown: string, heading: string): readonly (readonly string[])[] {
  const start = markdown.indexOf(`\n${heading}\n`);
  if (start < 0) throw new Error(`no heading '${heading}'`);
  const depth = heading.indexOf(' ');
  const rest = markdown.slice(start + heading.length + 2);
  const end = rest.search(new RegExp(`^#{1,${depth}} `, 'm'));
  const lines = (end < 0 ? rest : rest.slice(0, end)).split('\n');
  return lines
    .filter((line) => line.startsWith('|') && !/^\|[\s|:-]+\|$/.test(line))
    .filter((_line, at, all) => at > 0 && all.length > 1)
    .map((line) =>
      line
        .slice(1, -1)
        .split(/(?<!\\)\|/)
        .map((cell) => cell.trim().replaceAll('`', '').replaceAll('\\|', '|')),
    );
}
