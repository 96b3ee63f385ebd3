import { expect, test } from 'vitest';
import { durationMs } from './index.ts';

test.each([
  ['30s', 30_000],
  ['1h30m', 5_400_000],
  ['1.5s', 1_500],
  ['2d', 172_800_000],
  ['250ms', 250],
  ['30', null],
  ['s', null],
  ['', null],
  ['30 s', null],
  ['-30s', null],
  ['30s later', null],
])('%s', (text, ms) => {
  expect(durationMs(text)).toBe(ms);
});
