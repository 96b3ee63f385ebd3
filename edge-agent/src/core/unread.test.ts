import { expect, test } from 'vitest';
import { measured } from './law/fixture-site.ts';
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
  const unread = new Unread();
  expect(looks(unread, 0, 30, 'silent')).toEqual([]);
  expect(looks(unread, 30, 31, 'silent')).toEqual(['battery: silent']);
  expect(looks(unread, 31, 90, 'refused')).toEqual(['battery: silent']);
  expect(looks(unread, 90, 91, good)).toEqual([]);
});

test('one that answers now and then is none', () => {
  const unread = new Unread();
  for (let second = 0; second < 600; second += 10) {
    expect(looks(unread, second, second + 9, 'implausible')).toEqual([]);
    expect(looks(unread, second + 9, second + 10, good)).toEqual([]);
  }
});
