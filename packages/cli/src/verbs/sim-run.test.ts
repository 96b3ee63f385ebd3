import { expect, test } from 'vitest';
import { tieline } from '../testing/small-world.ts';

const run = async (more: readonly string[]) => {
  const { exit, stdout, stderr } = await tieline(['sim', 'run', ...more]);
  expect([exit, stderr]).toEqual([0, '']);
  return stdout;
};

test('the same seed gives the same report to the byte, another seed another one', async () => {
  const ofSeed = (seed: string) => run(['--for', '20s', '--json', '--seed', seed]);
  const first = await ofSeed('7');
  expect(JSON.parse(first)).toMatchObject({
    schema: 'tieline.run/1',
    scenario: 'evening-peak',
    seed: 7,
    durationMs: 20_000,
    trace: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    peakImportKw: { withControl: null, withoutControl: null },
  });
  expect(await ofSeed('7')).toBe(first);
  expect(JSON.parse(await ofSeed('8')).trace).not.toBe(JSON.parse(first).trace);
});

test('a run too short for a quarter hour says that it has no peak', async () => {
  expect(await run(['--for', '20s'])).toContain('no whole quarter hour');
});

test.each([['0ms'], ['500ms'], ['1'], ['-1h']])('--for %s is refused with exit 2', async (text) => {
  expect((await tieline(['sim', 'run', `--for=${text}`])).exit).toBe(2);
});
