import { expect, test } from 'vitest';
import {
  codeText,
  failureCodes,
  sourcesOf,
  sourceText,
  tableRows,
  unionMembers,
} from './source-facts.ts';
import { topicsPage } from './topics-page.ts';

test('docs/reference/topics-and-kinds.md is made from the tables as they stand', async () => {
  await expect(topicsPage()).toMatchFileSnapshot('../../docs/reference/topics-and-kinds.md');
});

const FAILURE = 'packages/protocol/src/verify/failure.ts';
const CBOR = 'packages/protocol/src/cbor/failure.ts';
const ENVELOPE = 'packages/protocol/src/cose/failure.ts';
const MESSAGE = 'packages/protocol/src/messages/define.ts';

test.each([
  [
    '## Every message and document',
    [
      ...failureCodes(MESSAGE),
      ...unionMembers(CBOR, 'CborCode'),
      ...failureCodes(ENVELOPE),
      ...unionMembers(FAILURE, 'SignedCode'),
    ],
  ],
  ['## Commands', unionMembers(FAILURE, 'CommandCode')],
  ['## The order or plan inside', unionMembers(FAILURE, 'BasisCode')],
  ['## What plant and policy allow', unionMembers(FAILURE, 'AdmissionCode')],
])('refusal codes: %s lists every code there is, and no other', (heading, codes) => {
  const page = sourceText('docs/reference/refusal-codes.md');
  const listed = tableRows(page, heading).map(([code]) => code);
  expect(listed.toSorted()).toEqual([...new Set(codes)].toSorted());
  expect(listed).toHaveLength(new Set(listed).size);
});

test('refusal codes: each stands at the steps at which the code refuses', () => {
  const page = sourceText('docs/reference/refusal-codes.md');
  const rows = page.matchAll(/^\| `(\w+)` \| ([\d, ]+) \|/gm);
  const steps = new Map(
    [...rows].map(([, code, text = '']) => [code, text.split(', ').map(Number)]),
  );
  const thrown = sourcesOf('packages/protocol/src/verify').flatMap((path) => [
    ...codeText(path).matchAll(/refusal\(\s*(\d+),\s*'(\w+)'/g),
  ]);
  expect(thrown.length).toBeGreaterThan(40);
  for (const [, step, code] of thrown) {
    expect(steps.get(code ?? ''), `${code} at step ${step}`).toContain(Number(step));
  }
});

test('exit codes: the page says what the command line says', () => {
  const page = sourceText('docs/reference/exit-codes.md');
  const meanings = [...codeText('packages/cli/src/exit.ts').matchAll(/^ {2}(\d+): '([^']+)'/gm)];
  expect(meanings.length).toBeGreaterThan(8);
  const listed = page.split('\n').filter((line) => /^\| \d/.test(line));
  expect(listed).toEqual(meanings.map(([, code, meaning]) => `| ${code} | ${meaning} |`));
});
