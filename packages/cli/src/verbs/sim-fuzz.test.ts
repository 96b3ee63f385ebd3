import type { FuzzOptions, FuzzOutcome } from '@tieline/simulator';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { tieline } from '../testing/small-world.ts';

/** The search itself has its own tests; here it finds what the test says. */
const heard: FuzzOptions[] = [];
let outcome: FuzzOutcome;
vi.mock('@tieline/simulator', async (load) => ({
  ...(await load<object>()),
  fuzz: async (options: FuzzOptions) => {
    heard.push(options);
    options.onProgress?.({ runs: 3, events: 20, simulatedMs: 3_600_000, shrinking: 4 });
    return outcome;
  },
}));

const TALLY = { runs: 3, events: 20, simulatedMs: 3_600_000, shrinking: null };
const FOUND = {
  ...{ index: 2, name: 'found-7-2', text: 'scenario: tieline.scenario/1\n' },
  breach: { kind: 'SITE.linked', promise: 'harbour.linked at least 1', seen: '0 at 9m' },
  events: { smallest: 2, drawn: 9 },
};

beforeEach(() => {
  heard.length = 0;
  outcome = { ...TALLY, found: null };
});

test('nothing found ends with 0, and says how much was tried', async () => {
  const { exit, stdout, files } = await tieline(['sim', 'fuzz', '--seed', '7', '--runs', '3']);
  expect([exit, files.size]).toEqual([0, 0]);
  expect(stdout).toBe('✓ nothing found: 3 runs, 20 events, 1 h simulated, seed 7\n');
});

describe('a find', () => {
  beforeEach(() => {
    outcome = { ...TALLY, found: FOUND };
  });

  test('ends with 8, is written, and the line that shows it again is told', async () => {
    const { exit, stdout, files } = await tieline(['sim', 'fuzz', '--seed', '7', '--out', 'finds']);
    expect(exit).toBe(8);
    expect([...files.keys()]).toEqual(['finds/found-7-2.yaml']);
    expect(stdout).toContain('✗ harbour.linked at least 1');
    expect(stdout).toContain('index 2 of seed 7, with 9 events');
    expect(stdout).toContain('tieline sim run finds/found-7-2.yaml');
  });

  test('does not take the place of an earlier one', async () => {
    const scene = { files: { 'found-7-2.yaml': 'earlier' } };
    const { files } = await tieline(['sim', 'fuzz', '--seed', '7'], scene);
    expect([...files.keys()]).toEqual(['found-7-2.yaml', 'found-7-2-2.yaml']);
  });

  test('is one object as JSON, and progress stays on the terminal', async () => {
    const args = ['sim', 'fuzz', '--seed', '7', '--runs', '3', '--json'];
    const { stdout, stderr } = await tieline(args, { colour: true });
    expect(JSON.parse(stdout)).toEqual({
      ...{ schema: 'tieline.fuzz/1', seed: 7, runs: 3, events: 20, simulatedMs: 3_600_000 },
      found: { ...FOUND, file: 'found-7-2.yaml' },
    });
    expect(stderr).toContain('3 runs, 20 events, 1 h simulated; a promise is broken, by 4 events');
  });
});

test('a folder that cannot be written into is told before anything is searched', async () => {
  const scene = { files: { finds: 'a file' } };
  const { exit, stderr } = await tieline(['sim', 'fuzz', '--out', 'finds'], scene);
  expect([exit, heard.length]).toEqual([2, 0]);
  expect(stderr).toContain('finds cannot be written into');
});

test.each([
  [[], { runsMax: 1_000_000, forMs: 60_000 }],
  [['--runs', '5'], { runsMax: 5, forMs: null }],
  [['--for', '10m'], { runsMax: 1_000_000, forMs: 600_000 }],
  [['--runs', '5', '--for', '1h'], { runsMax: 5, forMs: 3_600_000 }],
])('%j bounds the search', async (args, bounds) => {
  await tieline(['sim', 'fuzz', ...args]);
  expect(heard).toMatchObject([bounds]);
});

test.each([
  ['a seed that is no number', ['--seed', 'x']],
  ['no runs at all', ['--runs', '0']],
  ['a time without a unit', ['--for', '10']],
  ['no worker', ['--workers', '0']],
])('%s ends with 2', async (_what, args) => {
  const { exit } = await tieline(['sim', 'fuzz', ...args]);
  expect([exit, heard.length]).toEqual([2, 0]);
});
