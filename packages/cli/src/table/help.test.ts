import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { tieline } from '../testing/small-world.ts';
import { COMMANDS } from './commands.ts';
import { NOUNS } from './help.ts';
import { reference } from './reference.ts';

const COLUMNS_MAX = 120;

test('help reads as it was agreed', async () => {
  const pages = [[], ['order'], ['order', 'sign', '--help'], ['sim', 'flow', '--help']];
  const texts = await Promise.all(
    pages.map(async (argv) => `$ tieline ${argv.join(' ')}\n${(await tieline(argv)).stdout}`),
  );
  await expect(texts.join('\n')).toMatchFileSnapshot('./help.golden.txt');
});

test('docs/reference/cli.md is made from the table as it stands', async () => {
  await expect(reference(COMMANDS)).toMatchFileSnapshot('../../../../docs/reference/cli.md');
});

test.each(COMMANDS.map(({ spec }) => [`${spec.noun} ${spec.verb}`, spec] as const))(
  '%s: its help fits a terminal, its examples are of itself, its noun is explained',
  async (words, spec) => {
    const { exit, stdout } = await tieline([...words.split(' '), '--help']);
    expect(exit).toBe(0);
    expect(
      stdout
        .split('\n')
        .filter((line) => line.length > COLUMNS_MAX && !line.startsWith('  tieline')),
    ).toEqual([]);
    expect(spec.examples.every((line) => line.startsWith(`tieline ${words}`))).toBe(true);
    expect(NOUNS).toHaveProperty(spec.noun);
  },
);

test.each(
  COMMANDS.map((command) => [`${command.spec.noun} ${command.spec.verb}`, command] as const),
)('%s: the work behind the row is there', async (_words, command) => {
  expect(await command.load()).toBeTypeOf('function');
});

test('help and refusals load no library: main.ts imports nothing but this folder and Node', () => {
  const seen = new Set<string>();
  const outside = new Set<string>();
  const follow = (url: URL): void => {
    if (seen.has(url.href)) return;
    seen.add(url.href);
    const source = readFileSync(url, 'utf8');
    for (const [, name = ''] of source.matchAll(
      /^(?:import|export) (?!type)[^;]*?from '([^']+)';/gms,
    )) {
      if (name.startsWith('.')) follow(new URL(name, url));
      else if (!name.startsWith('node:')) outside.add(name);
    }
  };
  follow(new URL('../main.ts', import.meta.url));
  expect(seen.size).toBeGreaterThan(10);
  expect([...outside]).toEqual([]);
});
