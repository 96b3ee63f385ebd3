import { expect, test } from 'vitest';
import { measured, ratings } from './law/fixture-site.ts';
import type { ImageReading } from './law/process-image.ts';
import { Unread } from './unread.ts';

const good = measured(0);

function looks(unread: Unread, fromS: number, toS: number, battery: ImageReading) {
  let said: readonly string[] = [];
  for (let second = fromS; second < toS; second += 1) {
    said = unread.look({ sessionMs: second * 1_000, readings: { battery, meter: good } });
  }
  return said;
}

test('a device is told of when it was not read for half a minute, and no more once it is', () => {
  const unread = new Unread(ratings);
  expect(looks(unread, 0, 30, 'silent')).toEqual([]);
  expect(looks(unread, 30, 31, 'silent')).toEqual(['battery: silent']);
  expect(looks(unread, 31, 90, 'refused')).toEqual(['battery: silent']);
  expect(looks(unread, 90, 91, good)).toEqual([]);
});

test('one that answers now and then is none', () => {
  const unread = new Unread(ratings);
  for (let second = 0; second < 600; second += 10) {
    expect(looks(unread, second, second + 9, 'implausible')).toEqual([]);
    expect(looks(unread, second + 9, second + 10, good)).toEqual([]);
  }
});

test('PV that gave nothing when it was last read may sleep for a night; one that gave something, or was held back, may not', () => {
  const told = (last: ImageReading, untilS: number): readonly string[] => {
    const unread = new Unread(ratings);
    unread.look({ sessionMs: 0, readings: { pv: last } });
    unread.look({ sessionMs: 1_000, readings: { pv: 'unreachable' } });
    return unread.look({ sessionMs: untilS * 1_000, readings: { pv: 'unreachable' } });
  };
  expect(told(measured(-0.01), 16 * 3_600)).toEqual([]);
  expect(told(measured(-0.01), 21 * 3_600)).toEqual(['pv: unreachable']);
  expect(told(measured(30), 60)).toEqual(['pv: unreachable']);
  expect(told(measured(0, { setpointKw: 0 }), 60)).toEqual(['pv: unreachable']);
});
