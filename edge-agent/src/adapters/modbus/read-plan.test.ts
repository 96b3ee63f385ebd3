import fc from 'fast-check';
import { expect, test } from 'vitest';
import { READ_MAX } from './modbus-link.ts';
import { planReads, type RegisterRange, splitRange } from './read-plan.ts';

const range: fc.Arbitrary<RegisterRange> = fc.record({
  address: fc.nat({ max: 1_000 }),
  count: fc.integer({ min: 1, max: 8 }),
});
const registersOf = (ranges: readonly RegisterRange[]): Set<number> =>
  new Set(
    ranges.flatMap(({ address, count }) => Array.from({ length: count }, (_, at) => address + at)),
  );

test('a plan covers every range, no request is too long, and none could be joined to the next', () => {
  fc.assert(
    fc.property(fc.array(range, { minLength: 1 }), (ranges) => {
      const plan = planReads(ranges);
      const covered = registersOf(plan);
      for (const register of registersOf(ranges)) expect(covered.has(register)).toBe(true);
      for (const request of plan) expect(request.count).toBeLessThanOrEqual(READ_MAX);
      const ends = plan.map((request) => request.address + request.count);
      for (let at = 1; at < plan.length; at += 1) {
        expect(ends[at]! - plan[at - 1]!.address).toBeGreaterThan(READ_MAX);
      }
    }),
  );
});

test('a long range is split into pieces that join again', () => {
  expect(splitRange({ address: 40_070, count: 155 })).toEqual([
    { address: 40_070, count: 125 },
    { address: 40_195, count: 30 },
  ]);
});
