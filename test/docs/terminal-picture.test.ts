import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ROOT } from './source-facts.ts';

const ESCAPE = String.fromCharCode(27);
/** Two frames of a program that redraws itself: the second overwrites the first, which was longer. */
const CAPTURE = [
  `${ESCAPE}[1mfeeder${ESCAPE}[22m  18:00\r\nsite-1  ${ESCAPE}[31mLOST !${ESCAPE}[39m\r\nold <news>\r\n`,
  `${ESCAPE}[3A${ESCAPE}[Jfeeder  18:01\r\nsite-1  linked\r\n`,
].join('');

function picture(...args: readonly string[]) {
  const script = join(ROOT, 'scripts/terminal-picture.mjs');
  return spawnSync(process.execPath, [script, ...args], { input: CAPTURE, encoding: 'utf8' });
}

/** What a reader sees: the texts with their places, without the rest of the document. */
function textsOf(svg: string): readonly string[] {
  return [...svg.matchAll(/<text x="([\d.]+)" y="(\d+)"[^>]*>([^<]*)</g)].map(
    ([, x, y, text]) => `${x} ${y} ${text}`,
  );
}

test('the last frame is drawn, with nothing of what it has overwritten', () => {
  const { stdout, status } = picture();
  expect(status).toBe(0);
  expect(textsOf(stdout)).toEqual([
    '18.0 31 feeder',
    '80.4 31 18:01',
    '18.0 49 site-1',
    '80.4 49 linked',
  ]);
});

test('the last frame that holds a text is drawn in its colours, under the command that was typed', () => {
  const { stdout } = picture('--with', 'LOST !', '--heading', 'npm start');
  expect(textsOf(stdout)).toContain('18.0 103 old &lt;news&gt;');
  expect(stdout).toContain('<title>npm start</title>');
  expect(stdout).toMatch(/fill="#f28b82">LOST !</);
  expect(stdout).toMatch(/font-weight="700">feeder</);
});

test('a text that no frame holds is an error, not an empty picture', () => {
  const { stdout, stderr, status } = picture('--with', 'nowhere');
  expect([stdout, status]).toEqual(['', 1]);
  expect(stderr).toContain("none of 2 frames holds 'nowhere'");
});
