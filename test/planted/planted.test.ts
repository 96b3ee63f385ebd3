import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { Copy } from './copy.ts';
import { findings, findingsOf, isExpected } from './finding.ts';
import { type Plant, planted } from './plant.ts';
import { PLANTS } from './plants.ts';
import { type CopyRun, runInCopy } from './run-scenarios.ts';

/** Each ends within seconds; two share a machine with other tests. */
const TIMEOUT_MS = 120_000;
const EXPLANATIONS = new URL('../../docs/explanation/', import.meta.url);

// That the code as it stands keeps the promises of every scenario, run-scenario.test.ts says.
test(
  'a copy without a plant keeps the promises of a scenario',
  async () => {
    using copy = new Copy();
    const run = await runInCopy(copy.folder, PLANTS[0]!.scenario);
    expect([run.exit, run.reports.flatMap(findingsOf), run.stderr]).toEqual([0, [], '']);
  },
  TIMEOUT_MS,
);

/** Copies that have no plant just now; one for each test that runs beside others. */
const idle: Copy[] = [];
afterAll(() => {
  for (const copy of idle) copy[Symbol.dispose]();
});

async function playedWith(plant: Plant): Promise<CopyRun> {
  const copy = idle.pop() ?? new Copy();
  try {
    using _planted = copy.plant(plant);
    return await runInCopy(copy.folder, plant.scenario);
  } finally {
    idle.push(copy);
  }
}

describe('a planted bug is found', () => {
  test.concurrent.each(PLANTS)(
    '$name: by $scenario',
    async (plant) => {
      const run = await playedWith(plant);
      const found = findings(run);
      const seen = found.map(({ broken }) => broken.expected);
      expect(
        found.some((one) => isExpected(one, plant)),
        `${seen.join('; ')} ${run.stderr}`,
      ).toBe(true);
    },
    TIMEOUT_MS,
  );
});

test('each plant has a name of its own', () => {
  expect(new Set(PLANTS.map(({ name }) => name)).size).toBe(PLANTS.length);
});

test('a plant that fits nowhere, or in two places, is no plant', () => {
  const edit = { file: 'somewhere.ts', find: 'one', replace: 'two' };
  expect(planted('one of them', edit)).toBe('two of them');
  for (const text of ['none', 'one and one']) {
    expect(() => planted(text.replace('none', ''), edit)).toThrow('the plant no longer fits');
  }
});

test('the page tells of every plant, and of no other', () => {
  const text = readFileSync(new URL('what-the-scenarios-catch.md', EXPLANATIONS), 'utf8');
  const told = [...text.matchAll(/^\| (.+?) \| `/gm)].map(([, name]) => name);
  expect(told).toEqual(PLANTS.map(({ name }) => name));
});
