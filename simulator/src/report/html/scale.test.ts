import fc from 'fast-check';
import { expect, test } from 'vitest';
import { timeScale, valueScale } from './scale.ts';

test('every value lies between the first tick and the last, and ticks are few and told apart', () => {
  const value = fc.double({ min: -1e5, max: 1e5, noNaN: true });
  fc.assert(
    fc.property(fc.array(value, { maxLength: 20 }), (values) => {
      const { at, ticks, digits } = valueScale(values, 0, 100);
      for (const one of values) {
        expect(at(one)).toBeGreaterThanOrEqual(-1e-6);
        expect(at(one)).toBeLessThanOrEqual(100 + 1e-6);
      }
      expect(ticks.length).toBeGreaterThanOrEqual(2);
      expect(ticks.length).toBeLessThanOrEqual(7);
      expect(new Set(ticks.map((tick) => tick.toFixed(Math.min(100, digits)))).size).toBe(
        ticks.length,
      );
    }),
  );
});

test('times have ticks at round steps, eleven at most, from nothing to a year', () => {
  expect(timeScale(3_600_000, 0, 1).ticks.map((ms) => ms / 60_000)).toEqual([
    0, 10, 20, 30, 40, 50, 60,
  ]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 400 * 86_400_000 }), (durationMs) => {
      const { ticks } = timeScale(durationMs, 0, 1);
      expect(ticks.length).toBeGreaterThanOrEqual(1);
      expect(ticks.length).toBeLessThanOrEqual(11);
      expect(ticks.at(-1)).toBeLessThanOrEqual(durationMs);
    }),
  );
});
