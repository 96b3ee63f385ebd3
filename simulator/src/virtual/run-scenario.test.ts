import { expect, test } from 'vitest';
import { runScenario } from './run-scenario.ts';

/** A short one: `npm run sim:long` runs whole days. */
const durationMs = 5 * 60_000;

test('the same seed gives the same report to the byte, and another seed gives another', async () => {
  const first = await runScenario({ seed: 1, durationMs });
  const again = await runScenario({ seed: 1, durationMs });
  const other = await runScenario({ seed: 2, durationMs });
  expect(JSON.stringify(again)).toBe(JSON.stringify(first));
  expect(other.trace).not.toBe(first.trace);
}, 60_000);

test('control never raises a peak of the evening, and holds every site at its limit', async () => {
  const report = await runScenario({ seed: 3, durationMs: 3_600_000 + 5_000 });
  expect(report.peakImportKw.withControl).toBeLessThan(report.peakImportKw.withoutControl ?? 0);
  for (const { limitKw, peakImportKw } of report.sites) {
    expect(peakImportKw.withControl).toBeLessThanOrEqual(limitKw);
    expect(peakImportKw.withoutControl).toBeGreaterThan(limitKw);
  }
}, 60_000);

test('what its listener throws ends a run', async () => {
  const heard: number[] = [];
  const running = runScenario({
    ...{ seed: 1, durationMs: 3_600_000 },
    onProgress: (done) => {
      heard.push(done);
      throw new Error('enough');
    },
  });
  await expect(running).rejects.toThrow('enough');
  expect(heard).toEqual([1 / 8]);
});
