import { expect, test } from 'vitest';
import { PublicationFilter } from './publication-filter.ts';

function publish(topic: string, payload: string, qos: 0 | 1): Buffer {
  const name = Buffer.from(topic);
  const body = Buffer.concat([
    Buffer.from([name.length >> 8, name.length & 0xff]),
    name,
    ...(qos === 1 ? [Buffer.from([0, 7])] : []),
    Buffer.from(payload),
  ]);
  const length: number[] = [];
  for (let rest = body.length; ; rest >>= 7) {
    length.push(rest < 128 ? rest : (rest & 127) | 128);
    if (rest < 128) break;
  }
  return Buffer.concat([Buffer.from([0x30 | (qos << 1), ...length]), body]);
}

const CONNACK = Buffer.from([0x20, 2, 0, 0]);
const PINGRESP = Buffer.from([0xd0, 0]);
const long = publish('tl1/d/site/command', 'x'.repeat(40_000), 1);
const packets = [
  CONNACK,
  publish('tl1/d/site/command', 'kept back', 1),
  publish('tl1/d/site/command', 'let through', 0),
  PINGRESP,
  long,
];
const stream = Buffer.concat(packets);
const without = Buffer.concat(packets.filter((_, at) => at !== 1));

test.each([1, 2, 3, 7, 1_000, stream.length])(
  'in pieces of %i bytes, all goes on but what is dropped, and nothing else is asked for',
  (size) => {
    const asked: string[] = [];
    const filter = new PublicationFilter(({ topic, payload, qos }) => {
      const text = Buffer.from(payload).toString();
      asked.push(`${topic} ${text.slice(0, 11)} ${qos}`);
      return text !== 'kept back';
    });
    const passed: Buffer[] = [];
    for (let at = 0; at < stream.length; at += size) {
      passed.push(filter.pass(stream.subarray(at, at + size)));
    }
    expect(Buffer.concat(passed).equals(without)).toBe(true);
    expect(asked).toEqual([
      'tl1/d/site/command kept back 1',
      'tl1/d/site/command let through 0',
      'tl1/d/site/command xxxxxxxxxxx 1',
    ]);
  },
);

test('what is no MQTT is not read on', () => {
  const filter = new PublicationFilter(() => true);
  expect(() => filter.pass(Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 1]))).toThrow('four bytes');
  expect(() =>
    new PublicationFilter(() => true).pass(Buffer.from([0x30, 0xff, 0xff, 0xff, 1])),
  ).toThrow('a packet of');
});
