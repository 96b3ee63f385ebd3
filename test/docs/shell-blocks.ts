import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT, sourceText } from './source-facts.ts';

/** One fenced block of a page. */
export interface Fence {
  /** The first word behind the back-ticks; empty where there is none. */
  readonly language: string;
  /** Whatever stands behind it. */
  readonly options: string;
  readonly content: string;
  /** Where it begins, from 1. */
  readonly line: number;
}

/** A block that is run: to its end, or until it says what is waited for. */
export interface ShellBlock {
  readonly script: string;
  readonly line: number;
  /** What its output must hold; null where its exit code says enough. */
  readonly says: string | null;
  /** Goes on running behind the blocks that follow, which begin once it has said what it says. */
  readonly background: boolean;
}

/** Languages of blocks that are there to be read. */
export const READ_ONLY: readonly string[] = ['text', 'json', 'ini'];

/** Every page that people read, as paths from the root. */
export function pages(): readonly string[] {
  const docs = readdirSync(join(ROOT, 'docs'), { recursive: true, encoding: 'utf8' });
  const top = readdirSync(ROOT).filter((name) => name.endsWith('.md'));
  return [...top, ...docs.filter((name) => name.endsWith('.md')).map((name) => join('docs', name))];
}

export function fencesOf(page: string): readonly Fence[] {
  const fences: Fence[] = [];
  let open: { info: string; line: number; lines: string[] } | null = null;
  for (const [at, line] of sourceText(page).split('\n').entries()) {
    const [, info] = /^\s*```(.*)$/.exec(line) ?? [];
    if (open === null) {
      if (info !== undefined) open = { info: info.trim(), line: at + 1, lines: [] };
    } else if (info === undefined) open.lines.push(line);
    else {
      const [language = '', ...options] = open.info.split(' ');
      const content = open.lines.join('\n');
      fences.push({ language, options: options.join(' '), content, line: open.line });
      open = null;
    }
  }
  if (open !== null) throw new Error(`${page}:${open.line}: a block that never ends`);
  return fences;
}

/**
 * The blocks of a page that are run, in order: ` ```sh `, ` ```sh says="TEXT" ` for one whose output must hold a text,
 * and ` ```sh background says="TEXT" ` for one that goes on.
 * @throws where a block says something else about how it is run
 */
export function shellBlocks(page: string): readonly ShellBlock[] {
  return fencesOf(page)
    .filter(({ language }) => language === 'sh')
    .map(({ options, content: script, line }) => {
      const [known, background, says = null] =
        /^(background(?= says="))?(?: ?says="([^"]+)")?$/.exec(options) ?? [];
      if (known === undefined)
        throw new Error(`${page}:${line}: nobody knows what '${options}' means`);
      return { script, line, says, background: background !== undefined };
    });
}
