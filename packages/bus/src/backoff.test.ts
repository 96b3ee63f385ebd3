import fc from 'fast-check';
import { expect, test } from 'vitest';
import { failuresAfter, fullJitterMs, RECONNECT_BOUNDS } from './backoff.ts';

const unit = fc.double({ min: 0, max: 0.999_999, noNaN: true });

test('a wait lies between nothing and a ceiling that doubles up to five minutes', () => {
  const ceilingsMs = [1, 2, 3, 8, 9, 10, 1e6].map((n) => fullJitterMs(n, RECONNECT_BOUNDS, 1));
  expect(ceilingsMs).toEqual([1_000, 2_000, 4_000, 128_000, 256_000, 300_000, 300_000]);
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 10_000 }), unit, (failures, uniform) => {
      const waitMs = fullJitterMs(failures, RECONNECT_BOUNDS, uniform);
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(waitMs).toBeLessThanOrEqual(RECONNECT_BOUNDS.maxMs);
    }),
  );
});

test('the jitter is full: a draw of nothing waits for nothing', () => {
  expect(fullJitterMs(8, RECONNECT_BOUNDS, 0)).toBe(0);
  expect(fullJitterMs(8, RECONNECT_BOUNDS, 0.5)).toBe(64_000);
});

test('a connection that broke at once goes on backing off; one that held starts over', () => {
  expect(failuresAfter(6, 9_999, RECONNECT_BOUNDS)).toBe(7);
  expect(failuresAfter(6, 10_000, RECONNECT_BOUNDS)).toBe(1);
});
