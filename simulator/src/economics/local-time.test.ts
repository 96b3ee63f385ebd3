import { HOUR_MS, QUARTER_HOUR_MS } from '@tieline/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isTimeZone, LocalTime } from './local-time.ts';

const quarters = (zone: string, noon: string): number => {
  const { startMs, endMs } = new LocalTime(zone).day(Date.parse(noon));
  return (endMs - startMs) / QUARTER_HOUR_MS;
};

test.each([
  ['Europe/Berlin', '2026-03-28T12:00Z', 96],
  ['Europe/Berlin', '2026-03-29T12:00Z', 92],
  ['Europe/Berlin', '2026-10-25T12:00Z', 100],
  ['America/New_York', '2026-03-08T12:00Z', 92],
  ['Asia/Kathmandu', '2026-03-29T12:00Z', 96],
  // Half an hour of summer time.
  ['Australia/Lord_Howe', '2026-04-04T20:00Z', 98],
  ['UTC', '2026-03-29T12:00Z', 96],
  // Midnight itself is jumped over.
  ['Africa/Cairo', '2026-04-24T12:00Z', 92],
])('in %s, the day of %s has %i quarter hours', (zone, noon, count) => {
  expect(quarters(zone, noon)).toBe(count);
});

test('a day begins at its midnight', () => {
  const berlin = new LocalTime('Europe/Berlin');
  const day = berlin.day(Date.parse('2026-10-25T12:00Z'));
  expect(day).toEqual({
    date: '2026-10-25',
    startMs: Date.parse('2026-10-25T00:00+02:00'),
    endMs: Date.parse('2026-10-26T00:00+01:00'),
  });
});

test('the hour that a clock change repeats comes twice, the one that it skips never', () => {
  const berlin = new LocalTime('Europe/Berlin');
  const hours = (noon: string): number[] => {
    const { startMs, endMs } = berlin.day(Date.parse(noon));
    const count = (endMs - startMs) / HOUR_MS;
    return Array.from({ length: count }, (_, at) => berlin.hour(startMs + at * HOUR_MS));
  };
  expect(hours('2026-10-25T12:00Z').slice(0, 5)).toEqual([0, 1, 2, 2, 3]);
  expect(hours('2026-03-29T12:00Z').slice(0, 4)).toEqual([0, 1, 3, 4]);
});

test('days follow each other without a gap, whatever was asked before', () => {
  const zones = ['Europe/Berlin', 'America/Sao_Paulo', 'Australia/Lord_Howe', 'Pacific/Chatham'];
  const walked = zones.map((zone) => new LocalTime(zone));
  fc.assert(
    fc.property(fc.nat(3), fc.integer({ min: 1e12, max: 2e12 }), (which, tMs) => {
      const day = walked[which]!.day(tMs);
      expect(new LocalTime(zones[which]!).day(day.endMs).startMs).toBe(day.endMs);
      expect(new LocalTime(zones[which]!).day(day.startMs)).toEqual(day);
    }),
    { numRuns: 300 },
  );
});

test('a zone that there is not', () => {
  expect(['Europe/Berlin', 'UTC', 'Europe/Berlln', ''].map(isTimeZone)).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
