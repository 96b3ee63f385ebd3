import { expect, test } from 'vitest';
import { tieline } from '../testing/small-world.ts';

const run = async (more: readonly string[]) => {
  const { exit, stdout, stderr } = await tieline(['sim', 'run', '--for', '20s', '--json', ...more]);
  expect([exit, stderr]).toEqual([0, '']);
  return JSON.parse(stdout);
};

test('the same seed gives the same digest, another seed another one, and control makes a difference', async () => {
  const first = await run(['--seed', '7']);
  expect(first).toMatchObject({
    schema: 'tieline.sim-run/1',
    scenario: 'evening-peak',
    seed: 7,
    control: true,
    steps: 20,
    digest: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    peakImportKw: null,
    minVoltagePu: expect.any(Number),
  });
  expect(await run(['--seed', '7'])).toEqual(first);
  expect((await run(['--seed', '8'])).digest).not.toBe(first.digest);
  expect((await run(['--seed', '7', '--without-control'])).digest).not.toBe(first.digest);
});

test.each([['0ms'], ['500ms'], ['1'], ['-1h']])('--for %s is refused with exit 2', async (text) => {
  expect((await tieline(['sim', 'run', `--for=${text}`])).exit).toBe(2);
});
