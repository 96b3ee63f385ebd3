import { expect, test } from 'vitest';
import { type Row, reachesAim, tableOf } from './row.ts';

const ROW: Row = {
  figure: 'points stored',
  unit: 'points/s',
  value: 120_000,
  baseline: 'plain inserts',
  baselineValue: 200_000,
  ratio: 0.6,
  aim: '≥ 100,000 points/s and ≥ 0.4 ×',
};

test('a row reaches its aim only where it reaches every bound in it', () => {
  expect(reachesAim(ROW)).toBe(true);
  expect(reachesAim({ ...ROW, value: 99_999 })).toBe(false);
  expect(reachesAim({ ...ROW, ratio: 0.39 })).toBe(false);
  expect(reachesAim({ ...ROW, aim: '≤ 0.5 ×' })).toBe(false);
});

test('an aim that bounds something else than the row measures is a mistake, not a pass', () => {
  expect(() => reachesAim({ ...ROW, aim: '≤ 5 ms' })).toThrow("'≤ 5 ms' bounds no points/s");
  expect(() => reachesAim({ ...ROW, aim: 'fast' })).toThrow();
  expect(() => reachesAim({ ...ROW, aim: '> 100 points/s' })).toThrow();
});

test('the table shows a miss as one, and what was timed below it', () => {
  const text = tableOf([{ ...ROW, ratio: 0.1, note: 'from the broker to the disk' }]);
  expect(text).toMatch(/points stored .*120,000 .*200,000 +0\.1 .*NO$/m);
  expect(text).toContain('points stored: from the broker to the disk');
});
