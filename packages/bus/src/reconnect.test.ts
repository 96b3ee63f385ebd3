import { type RandomStream, seededRng } from '@tieline/kernel';
import { expect, test } from 'vitest';
import { Reconnect } from './reconnect.ts';

/** A stream whose uniform draws are these, over and over. */
function scripted(...draws: readonly number[]): RandomStream {
  let at = 0;
  return { ...seededRng(1).stream('rest'), uniform: () => draws[at++ % draws.length]! };
}

test('the ceiling doubles from a second to five minutes, and stays there for years', () => {
  const reconnect = new Reconnect(scripted(1));
  const waitsMs = Array.from({ length: 5_000 }, () => reconnect.down(0));
  expect(waitsMs.slice(0, 10)).toEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 64_000, 128_000, 256_000, 300_000,
  ]);
  expect(new Set(waitsMs.slice(9))).toEqual(new Set([300_000]));
});

test('the jitter is full: each wait is a draw of its own, from nothing to the ceiling', () => {
  const reconnect = new Reconnect(scripted(0, 0.5, 0.25));
  const waitsMs = Array.from({ length: 6 }, () => reconnect.down(0));
  expect(waitsMs).toEqual([0, 1_000, 1_000, 0, 8_000, 8_000]);
});

test('a connection that broke at once goes on backing off; one that held starts over', () => {
  const reconnect = new Reconnect(scripted(1), { baseMs: 100, maxMs: 10_000 });
  const waitsMs = [reconnect.down(0), reconnect.down(0)];
  reconnect.up(5_000);
  waitsMs.push(reconnect.down(5_999));
  reconnect.up(5_000);
  waitsMs.push(reconnect.down(6_000), reconnect.down(50_000));
  expect(waitsMs).toEqual([100, 200, 400, 100, 200]);
});
