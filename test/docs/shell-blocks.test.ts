import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeAll, expect, test } from 'vitest';
import { fencesOf, pages, READ_ONLY, shellBlocks } from './shell-blocks.ts';
import { ShellSession } from './shell-session.ts';
import { ROOT, sourceText } from './source-facts.ts';

/** The tutorial watches a battery move; the machine may be busy with other tests. */
const PAGE_MAX_MS = 300_000;

// What npm scripts do first, to its end: a block that is given up must not tear an installation apart.
beforeAll(() => {
  execFileSync(process.execPath, [join(ROOT, 'scripts/setup.mjs')], { stdio: 'inherit' });
}, PAGE_MAX_MS);

let session: ShellSession | null = null;
afterEach(async () => {
  await session?.close();
  session = null;
}, 30_000);

const runnable = pages().filter((page) => shellBlocks(page).length > 0);

test('every block of every page is either run here or marked as one to read', () => {
  const odd = pages().flatMap((page) =>
    fencesOf(page)
      .filter(({ language }) => language !== 'sh' && !READ_ONLY.includes(language))
      .map(({ language, line }) => `${page}:${line} '${language}'`),
  );
  expect(odd).toEqual([]);
  expect(runnable.length).toBeGreaterThan(3);
});

test('every link from page to page leads somewhere', () => {
  const dead = pages().flatMap((page) =>
    [...sourceText(page).matchAll(/\]\(([^)#:\s]+)(?:#[^)]*)?\)/g)]
      .map(([, target = '']) => target)
      .filter((target) => !existsSync(join(ROOT, dirname(page), target)))
      .map((target) => `${page} → ${target}`),
  );
  expect(dead).toEqual([]);
});

test.each(runnable)(
  '%s: its shell blocks do what they say, in order',
  async (page) => {
    session = new ShellSession();
    for (const block of shellBlocks(page)) await session.run(block);
  },
  PAGE_MAX_MS,
);
