import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { shellWord } from './shell-word.ts';

test('a plain word stays as it is', () => {
  expect(shellWord('scenarios/relief.yaml')).toBe('scenarios/relief.yaml');
});

test.each(['my grid/relief.yaml', "it's $HOME.yaml", '', '*; `id`', 'ring öst'])(
  'a shell takes %j as that one word',
  (word) => {
    const { stdout } = spawnSync('sh', ['-c', `printf '[%s]' ${shellWord(word)}`], {
      encoding: 'utf8',
    });
    expect(stdout).toBe(`[${word}]`);
  },
);
