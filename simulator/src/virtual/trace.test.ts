import { QUARTER_HOUR_MS } from '@tieline/kernel';
import { expect, test } from 'vitest';
import { eveningPeak } from '../deployment/evening-peak.ts';
import { VirtualRun } from './virtual-run.ts';

const EVENING_MS = Date.UTC(2026, 2, 3, 18);

test('a run of whole quarter hours tells of each of them, the last one, too', async () => {
  const run = new VirtualRun({
    ...{ simulated: eveningPeak(), seed: 1, startMs: EVENING_MS, control: false },
  });
  await run.advance(4 * QUARTER_HOUR_MS - 1_000);
  expect(run.trace.quarters.size).toBe(3);
  await run.advance(1_000);
  await run.stop();
  const { trace } = run;
  expect([...trace.quarters.keys()]).toEqual(
    [0, 1, 2, 3].map((at) => EVENING_MS + at * QUARTER_HOUR_MS),
  );
  // At seven in the evening a day of homes is at its highest.
  expect(trace.peakImportKw).toBe(trace.quarters.get(EVENING_MS + 3 * QUARTER_HOUR_MS));
  expect(trace.lastQuarterKw(null)).toBe(trace.peakImportKw);
});
