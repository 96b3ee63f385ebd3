import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCount, parseDurationMs, parseNumber } from './quantities.ts';

test.each([
  ['30s', 30_000],
  ['15m', 900_000],
  ['2h', 7_200_000],
  ['1h30m', 5_400_000],
  ['0.5h', 1_800_000],
  ['250ms', 250],
  ['31d', 2_678_400_000],
])('%s is %d ms', (text, durationMs) => {
  expect(parseDurationMs('--for', text)).toBe(durationMs);
});

test.each(['', '30', '-30s', '30 s', '30x', 's', '0s', '32d', '1e3s', '30s!', 'NaN'])(
  "'%s' is no duration: a unit is wanted, an end within 31 days, nothing else around it",
  (text) => {
    expect(() => parseDurationMs('--for', text)).toThrow('is not a duration');
  },
);

test.each(['', ' ', 'NaN', 'Infinity', '1e3', '0x10', '80kW', '1,5', '--1', '100001'])(
  "'%s' is no power: units stand in the flag's name",
  (text) => {
    expect(() => parseNumber('--kw', text, -100_000, 100_000)).toThrow('is not a number');
  },
);

test('every decimal between the bounds reads back as itself', () => {
  fc.assert(
    fc.property(fc.integer({ min: -100_000_000, max: 100_000_000 }), (watts) => {
      expect(parseNumber('--kw', (watts / 1_000).toFixed(3), -1e5, 1e5)).toBe(watts / 1_000);
    }),
  );
});

test('a count is whole', () => {
  expect(parseCount('--limit', '12', 1, 100)).toBe(12);
  expect(() => parseCount('--limit', '1.5', 1, 100)).toThrow('is not a whole number');
});
