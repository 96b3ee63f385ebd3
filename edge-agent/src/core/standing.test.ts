import { expect, test } from 'vitest';
import { Conditions, Standing } from './standing.ts';

/** What is told of conflicts that come and go, one cycle a second. */
function told(
  cycles: readonly (readonly string[])[],
  afterMs = 0,
): (readonly [second: number, news: string])[] {
  const standing = new Standing(afterMs);
  return cycles.flatMap((present, second) => {
    const news = standing.news(present, second * 1_000);
    if (news !== null) standing.tell(news);
    return news === null ? [] : [[second, news.present.join('; ')] as const];
  });
}
const seconds = (count: number, at: (second: number) => readonly string[]) =>
  Array.from({ length: count }, (_, second) => at(second));

test('a conflict is told at once, and that it is over a minute after it was', () => {
  const cycles = seconds(120, (second) => (second >= 10 && second < 20 ? ['battery: limit'] : []));
  expect(told(cycles)).toEqual([
    [10, 'battery: limit'],
    [79, ''],
  ]);
});

test('one that comes and goes with the noise of a load is told once', () => {
  const cycles = seconds(600, (second) => (second % 2 === 0 ? ['battery: limit'] : []));
  expect(told(cycles)).toEqual([[0, 'battery: limit']]);
});

test('what has to stand before it is told is told when it has, and not at all where it was gone before', () => {
  const moment = seconds(200, (second) => (second < 3 ? ['battery: limit'] : []));
  expect(told(moment, 10_000)).toEqual([]);
  const noise = seconds(30, (second) => (second % 2 === 0 ? ['battery: limit'] : []));
  expect(told(noise, 10_000)).toEqual([[10, 'battery: limit']]);
  const again = seconds(200, (second) => (second === 0 || second > 100 ? ['battery: limit'] : []));
  expect(told(again, 10_000)).toEqual([[111, 'battery: limit']]);
});

test('another one after it is told at once', () => {
  const cycles = seconds(4, (second) => [
    second < 2 ? 'battery: limit' : 'battery: site connection',
  ]);
  expect(told(cycles)).toEqual([
    [0, 'battery: limit'],
    [2, 'battery: limit; battery: site connection'],
  ]);
});

test('what comes and goes beside another that stays is told once, and that it is over a minute after it was', () => {
  const cycles = seconds(600, (second) =>
    second < 300 && second % 40 < 35 ? ['b1: silent', 'b2: silent'] : ['b1: silent'],
  );
  expect(told(cycles)).toEqual([
    [0, 'b1: silent; b2: silent'],
    [359, 'b1: silent'],
  ]);
});

test('that a part of it is over is no news of trouble', () => {
  const conditions = new Conditions();
  const kinds = [['b1: silent'], ['b1: silent', 'b2: silent'], ['b1: silent'], []].map(
    (unread, minute) => {
      const news = conditions.news({ conflicts: [], doubts: [], unread }, minute * 60_000);
      for (const one of news) conditions.tell(one);
      return news.map(({ kind, body }) => `${kind} ${body['unread']}`);
    },
  );
  expect(kinds).toEqual([
    ['devices_unread b1: silent'],
    ['devices_unread b1: silent; b2: silent'],
    ['devices_read b1: silent'],
    ['devices_read '],
  ]);
});

test('what could not be written is news again', () => {
  const standing = new Standing(0);
  const news = standing.news(['a'], 0);
  expect(news?.present).toEqual(['a']);
  expect(standing.news(['a'], 1_000)?.present).toEqual(['a']);
  standing.tell(news!);
  expect(standing.news(['a'], 2_000)).toBeNull();
});

test('that it is over is news again where it could not be written', () => {
  const standing = new Standing(0);
  standing.tell(standing.news(['a'], 0)!);
  expect(standing.news([], 61_000)).toEqual({ present: [], isMore: false });
  expect(standing.news([], 62_000)).toEqual({ present: [], isMore: false });
  standing.tell({ present: [], isMore: false });
  expect(standing.news([], 63_000)).toBeNull();
});
