import { expect, test } from 'vitest';
import { tieline } from '../testing/small-world.ts';

test('a scenario is told in words, with the time of day of everything that happens', async () => {
  const { exit, stdout } = await tieline(['sim', 'explain', 'two-overlapping-orders']);
  expect(exit).toBe(0);
  expect(stdout).toContain('33 buses and 37 branches, 5 of them open; fed at bus 1');
  expect(stdout).toMatch(/Site harbour\n.*at bus 25, a load of 420 kW/);
  expect(stdout).toContain('held under 600 kW of import');
  expect(stdout).toMatch(
    /18:00:00 {2}it begins\n.*18:01:30 {2}order long: .*\n.*18:03:00 {2}order short: .*\n.*18:09:00 {2}it ends/,
  );
  expect(stdout).toContain('order short reverted within 3m');
  expect(stdout).toContain('tieline sim run two-overlapping-orders --seed 1');
});

test('for programs, the same; of a folder, none', async () => {
  const { stdout } = await tieline(['sim', 'explain', 'lying-timer.must-fail', '--json']);
  const told = JSON.parse(stdout);
  expect(told).toMatchObject({
    ...{ schema: 'tieline.explain/1', scenario: 'lying-timer', mustFail: true },
    sites: [{ site: 'harbour' }],
  });
  expect(told.timeline[0]).toMatchObject({ wallMs: told.startMs + told.timeline[0].atMs });
  expect((await tieline(['sim', 'explain', 'simulator/scenarios'])).exit).toBe(2);
});
