import { expect, test } from 'vitest';
import { tooMany } from './too-many.ts';

const FALSE_ALARM = 10n ** 9n;

/** count · P(Bin(count − 1, 1/parts) ≥ many − 1) < 10⁻⁹, in whole numbers. */
function isNoChance(many: number, count: number, parts: number): boolean {
  const others = count - 1;
  let ways = 0n;
  for (let at = many - 1; at <= others; at += 1) {
    ways += choose(others, at) * BigInt(parts - 1) ** BigInt(others - at);
  }
  return BigInt(count) * ways * FALSE_ALARM < BigInt(parts) ** BigInt(others);
}

function choose(n: number, k: number): bigint {
  let ways = 1n;
  for (let at = 1; at <= k; at += 1) ways = (ways * BigInt(n - k + at)) / BigInt(at);
  return ways;
}

test.each([
  { count: 16, parts: 5, many: 16 },
  { count: 20, parts: 5, many: 19 },
  { count: 50, parts: 10, many: 25 },
  { count: 9, parts: 20, many: 9 },
  { count: 21, parts: 20, many: 13 },
  { count: 1_000, parts: 5, many: 295 },
])('of $count draws $many are too many for 1/$parts, and one fewer are not', (drawn) => {
  const { count, parts, many } = drawn;
  expect(tooMany(count, 1 / parts)).toBe(many);
  expect(isNoChance(many, count, parts)).toBe(true);
  expect(isNoChance(many - 1, count, parts)).toBe(false);
});

test('of a few, even all at once prove nothing', () => {
  expect(tooMany(6, 1 / 3)).toBe(7);
  expect(tooMany(15, 0.2)).toBe(16);
  expect(tooMany(1, 0.01)).toBe(2);
  expect(tooMany(1_000, 1)).toBe(1_001);
});
