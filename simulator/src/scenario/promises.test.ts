import { expect, test } from 'vitest';
import { atEverySite } from './promises.ts';

const words = (whose: string): string => `the log of ${whose} holds`;

test('sites that keep a promise are one outcome with their sums, each that breaks it is one of its own', () => {
  const sites = ['a', 'b', 'c', 'd'];
  const outcomes = atEverySite(words, sites, (site) =>
    site === 'c' ? { broken: 'another' } : { counts: { records: 10, receipted: 9 } },
  );
  expect(outcomes.map(({ expected, kept, seen }) => [expected, kept, seen])).toEqual([
    ['the log of c holds', false, 'another'],
    ['the log of each of 3 sites holds', true, '30 records, 27 receipted'],
  ]);
});

test('a single site goes by its name, and where all break a promise nothing is said to be kept', () => {
  const one = atEverySite(words, ['a'], () => ({ counts: { cycles: 4 } }));
  expect(one).toMatchObject([{ expected: 'the log of a holds', kept: true, seen: '4 cycles' }]);
  const none = atEverySite(words, ['a', 'b'], () => ({ broken: 'x' }));
  expect(none.map(({ kept }) => kept)).toEqual([false, false]);
});
