import { array, integer } from 'fast-check';
import { expect, test } from 'vitest';
import type { Breach } from './breach.ts';
import { drawn, type Play, search, shrunk } from './search.ts';
import { ShrinkingList } from './shrinking-list.ts';

const numbers = new ShrinkingList(integer({ min: 0, max: 1_000 }), { min: 0, max: 12 });
const BREACH: Breach = { kind: 'no such pair', promise: 'no such pair', seen: 'one' };

/** Broken by a number of at least 300 after one of at least 500; later cases end sooner. */
const play: Play<number[]> = async (given, index) => {
  for (let turn = 0; turn < 5 - (index % 5); turn += 1) await Promise.resolve();
  const first = given.findIndex((one) => one >= 500);
  const isBroken = first >= 0 && given.slice(first + 1).some((one) => one >= 300);
  return isBroken ? BREACH : null;
};
const never = (): boolean => false;

async function found(seed: number, width: number, triesMax = 2_000) {
  const kept: number[] = [];
  const find = await search({
    ...{ arbitrary: numbers, seed, play, width, runsMax: 100, isOver: never },
    onKept: (_, index) => kept.push(index),
  });
  if (find === null) throw new Error('nothing found');
  const sizes: number[] = [];
  const smallest = await shrunk(find, {
    ...{ arbitrary: numbers, play, width, triesMax, isOver: never, keyOf: String },
    onSmaller: (given) => sizes.push(given.length),
  });
  return {
    kept,
    index: find.index,
    drawn: find.value.value_,
    smallest: smallest.value.value_,
    sizes,
  };
}

test.each([1, 2, 3, 4, 5])('seed %i: the smallest that breaks a promise is found', async (seed) => {
  expect((await found(seed, 1)).smallest).toEqual([500, 300]);
});

test('how many are under way at a time changes nothing', async () => {
  for (const triesMax of [7, 2_000]) {
    const one = await found(3, 1, triesMax);
    expect(await found(3, 2, triesMax)).toEqual(one);
    expect(await found(3, 5, triesMax)).toEqual(one);
  }
});

test('the find is the one of the lowest index, and those before it were counted in their order', async () => {
  const { index, kept } = await found(1, 3);
  expect(kept).toEqual(Array.from({ length: index }, (_, at) => at));
  for (const at of kept) expect(await play(drawn(numbers, 1, at).value_, at)).toBeNull();
});

test('items are left out before any grows simpler', async () => {
  const { sizes } = await found(2, 1);
  expect(sizes).toEqual(sizes.toSorted((a, b) => b - a));
  expect(sizes.at(-1)).toBe(2);
});

test('a case is tried once, however often it comes up', async () => {
  const tried: string[] = [];
  const counting: Play<number[]> = (given, index) => {
    tried.push(String(given));
    return play(given, index);
  };
  const value = drawn(numbers, 1, (await found(1, 1)).index);
  await shrunk(
    { index: 0, breach: BREACH, value },
    {
      ...{ arbitrary: numbers, play: counting, width: 2, triesMax: 2_000 },
      ...{ isOver: never, keyOf: String },
    },
  );
  // What was under way beside an accepted one is asked for again.
  expect(tried.length - new Set(tried).size).toBeLessThan(tried.length / 5);
});

test('another promise is not taken for the one that was broken', async () => {
  const value = drawn(array(integer(), { minLength: 3, maxLength: 3 }), 1, 0);
  const other: Play<number[]> = async () => ({ ...BREACH, kind: 'another' });
  const find = { index: 0, breach: BREACH, value };
  const smallest = await shrunk(find, {
    ...{ arbitrary: array(integer()), play: other, width: 2, triesMax: 50 },
    ...{ isOver: never, keyOf: String },
  });
  expect(smallest).toBe(find);
});

test('what is over ends with what there is', async () => {
  let left = 3;
  const isOver = (): boolean => left-- <= 0;
  const silent: Play<number[]> = async () => null;
  const kept: number[] = [];
  const none = await search({
    ...{ arbitrary: numbers, seed: 1, play: silent, width: 1, runsMax: 100, isOver },
    onKept: (_, index) => kept.push(index),
  });
  expect(none).toBeNull();
  expect(kept).toEqual([0, 1, 2]);
});
