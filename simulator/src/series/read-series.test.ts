import { HOUR_MS } from '@tieline/kernel';
import { describe, expect, test } from 'vitest';
import { readSeries } from './read-series.ts';
import { endOf, heldAt, linearAt } from './series.ts';

const COLUMNS = [
  { header: 'price_eur_per_kwh', name: 'price', scale: 1, min: -100, max: 100 },
  { header: 'price_eur_per_mwh', name: 'price', scale: 1 / 1_000, min: -100, max: 100 },
  { header: 'temperature_c', name: 'temperature', scale: 1, min: -60, max: 60 },
] as const;
const read = (text: string) => readSeries({ file: 'p.csv', text }, COLUMNS);

test('times with any offset, at equal steps; units turned into ours', () => {
  const { price, temperature } = read(
    'time,price_eur_per_mwh,temperature_c\n' +
      '2026-03-29T01:00+01:00,80,5\n2026-03-29T01:00Z,-20,6\n2026-03-29T04:00+02:00,35.5,4.5\n',
  );
  const startMs = Date.parse('2026-03-29T00:00Z');
  expect(price).toEqual({
    startMs,
    stepMs: HOUR_MS,
    values: [0.08, -0.02, expect.closeTo(0.0355, 12)],
  });
  expect(temperature?.values).toEqual([5, 6, 4.5]);
});

test('a held value stands until the next time, a linear one goes to it', () => {
  const series = { startMs: 1_000, stepMs: 100, values: [1, 3] };
  expect([0, 1_000, 1_099, 1_100, 9_999].map((tMs) => heldAt(series, tMs))).toEqual([
    1, 1, 1, 3, 3,
  ]);
  expect([0, 1_000, 1_050, 1_100, 9_999].map((tMs) => linearAt(series, tMs))).toEqual([
    1, 1, 2, 3, 3,
  ]);
  expect(endOf(series)).toBe(1_200);
});

describe('what is wrong is said with its line', () => {
  const head = 'time,price_eur_per_kwh\n';
  const good = '2026-03-29T00:00Z,1\n2026-03-29T00:15Z,2\n';
  test.each([
    [
      'a gap',
      `${head}${good}2026-03-29T00:45Z,3\n`,
      'p.csv:4: a gap: 2026-03-29T00:45:00.000Z where 2026-03-29T00:30:00.000Z is due',
    ],
    ['a time again', `${head}${good}2026-03-29T00:15Z,3\n`, 'p.csv:4: out of order'],
    [
      'times that run backwards',
      `${head}2026-03-29T00:15Z,1\n2026-03-29T00:00Z,2\n`,
      'p.csv:3: out of order',
    ],
    [
      'a local time without an offset',
      `${head}2026-03-29T02:30,1\n${good}`,
      "p.csv:2: '2026-03-29T02:30' is no time with its offset",
    ],
    [
      'a day that there is not',
      `${head}2026-02-30T00:00Z,1\n${good}`,
      "p.csv:2: '2026-02-30T00:00Z' is no time",
    ],
    [
      'an hour that there is not',
      `${head}2026-02-20T25:00Z,1\n${good}`,
      "p.csv:2: '2026-02-20T25:00Z' is no time",
    ],
    [
      'a value that is none',
      `${head}${good}2026-03-29T00:30Z,n/a\n`,
      "p.csv:4: price_eur_per_kwh: 'n/a' is no number",
    ],
    [
      'a value that is left out',
      `${head}${good}2026-03-29T00:30Z,\n`,
      "p.csv:4: price_eur_per_kwh: '' is no number",
    ],
    [
      'a value that cannot be',
      `${head}${good}2026-03-29T00:30Z,1e9\n`,
      'p.csv:4: price_eur_per_kwh: 1e9 is not possible',
    ],
    ['a unit that there is not', `time,price_eur\n${good}`, "p.csv:1: unknown column 'price_eur'"],
    [
      'the same in two units',
      'time,price_eur_per_kwh,price_eur_per_mwh\n2026-03-29T00:00Z,1,2\n2026-03-29T00:15Z,2,3\n',
      "p.csv:1: 'price_eur_per_mwh' says the same again",
    ],
    [
      'a first column that is no time',
      `date,price_eur_per_kwh\n${good}`,
      "p.csv:1: the first column is 'time'",
    ],
    ['no column at all', 'time\n2026-03-29T00:00Z\n', 'p.csv:1: no column beside time'],
    ['one time alone', `${head}2026-03-29T00:00Z,1\n`, 'p.csv: a series has two times or more'],
  ])('%s', (_, text, message) => {
    expect(() => read(text)).toThrow(message);
  });
});
