import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = new URL('../../', import.meta.url);
const read = (path: string): string => readFileSync(fileURLToPath(new URL(path, ROOT)), 'utf8');

const page = read('docs/explanation/threat-model.md');
const folders = ['test/attacks', 'test/replay', 'test/chaos', 'packages/inference/src/adapters'];
const sources = folders.flatMap((folder) =>
  readdirSync(fileURLToPath(new URL(folder, ROOT)))
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => read(`${folder}/${name}`)),
);

/** The last column of every table that has one called `test`. */
function namedTests(): string[] {
  const names: string[] = [];
  let inTable = false;
  for (const line of page.split('\n')) {
    const cells = line.split('|').map((cell) => cell.trim());
    const last = cells.at(-2) ?? '';
    if (!line.startsWith('|')) inTable = false;
    else if (last === 'test') inTable = true;
    else if (inTable && !/^-+$/.test(last)) names.push(last);
  }
  return names;
}

const escaped = (text: string): string => text.replaceAll(/[$()*+.?[\\\]^{|}]/g, '\\$&');

/** Titles as patterns: `%s` and `${…}` of the source stand for anything. */
function patternsOf(source: string): RegExp[] {
  const plain = source.matchAll(/\btest\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gs);
  const tables = source.matchAll(/^\s*\]\)\(\s*(['"`])((?:\\.|(?!\1).)*)\1/gm);
  return [...plain, ...tables].map(([, , title = '']) => {
    const pieces = title.replaceAll("\\'", "'").split(/%s|\$\{[^}]*\}/);
    return new RegExp(`^${pieces.map(escaped).join('(.+)')}$`);
  });
}

/** Of a table-driven test the row must be in the source as well: the pieces of the name as strings, side by side. */
function hasRow(source: string, pieces: readonly string[]): boolean {
  const strings = pieces.map((piece) => `(['"\`])${escaped(piece)}['"\`]`);
  return new RegExp(strings.join(',\\s*')).test(source);
}

function exists(name: string): boolean {
  return sources.some((source) => {
    const within = source.replaceAll('’', "'");
    return patternsOf(within).some((pattern) => {
      const pieces = pattern.exec(name)?.slice(1) ?? null;
      const counted = (piece: string): boolean => /^(?:eight|three)$/.test(piece);
      return (
        pieces !== null &&
        hasRow(
          within,
          pieces.filter((piece) => !counted(piece)),
        )
      );
    });
  });
}

test('every row of the threat model names a test that exists', () => {
  const names = namedTests();
  expect(names.length).toBeGreaterThan(60);
  expect(names.filter((name) => !exists(name))).toEqual([]);
});

test('a row without its test would be found', () => {
  expect(exists('a command signed by an unknown key: key_unknown')).toBe(true);
  expect(exists('a command signed by an unknown planet: key_unknown')).toBe(false);
  expect(exists('a command that is forgiven')).toBe(false);
  // Both stand in the source, and in no one row.
  expect(exists('a command signed by an unknown key: beyond_ramp')).toBe(false);
  expect(exists('a command that is too large: key_unknown')).toBe(false);
});
