import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PacketScanner } from './packet-scanner.ts';

function packet(bodyBytes: number): Uint8Array {
  const length: number[] = [];
  for (let rest = bodyBytes; ; rest >>= 7) {
    length.push(rest > 127 ? (rest & 0x7f) | 0x80 : rest);
    if (rest <= 127) break;
  }
  return new Uint8Array([0x30, ...length, ...new Uint8Array(bodyBytes).fill(0xff)]);
}

const bodies = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 8 });

test('packets within the bound pass, however the bytes are cut into chunks', () => {
  fc.assert(
    fc.property(bodies, fc.infiniteStream(fc.integer({ min: 1, max: 50 })), (sizes, cuts) => {
      const bytes = Buffer.concat(sizes.map(packet));
      const scanner = new PacketScanner(303);
      for (let at = 0; at < bytes.length; ) {
        const step = cuts.next().value ?? 1;
        const chunk = bytes.subarray(at, at + step);
        expect(scanner.scan(chunk)).toBe(chunk.length);
        at += step;
      }
    }),
  );
});

test('the first packet above the bound is found at its header, whatever came before', () => {
  fc.assert(
    fc.property(bodies, (sizes) => {
      const scanner = new PacketScanner(303);
      const header = packet(301).subarray(0, 3);
      expect(scanner.scan(Buffer.concat([...sizes.map(packet), header]))).toEqual({
        code: 'packet_too_large',
        bytes: 304,
        bytesMax: 303,
      });
    }),
  );
});

test('the bound is of the whole packet, and can be raised between packets', () => {
  const scanner = new PacketScanner(4);
  expect(scanner.scan(packet(2))).toBe(4);
  expect(new PacketScanner(4).scan(packet(3))).toMatchObject({ code: 'packet_too_large' });
  scanner.admit(100_000);
  expect(scanner.scan(packet(99_996))).toBe(100_000);
  expect(scanner.scan(packet(99_997))).toMatchObject({ bytes: 100_001 });
});

test('beyond the packets it may walk it takes nothing, not even a fault, until it is told to', () => {
  fc.assert(
    fc.property(bodies, fc.integer({ min: 1, max: 50 }), (sizes, step) => {
      const scanner = new PacketScanner(303, 1);
      const first = packet(sizes[0]!);
      const rest = Buffer.concat([...sizes.map(packet), packet(400)]);
      const bytes = Buffer.concat([first, rest]);
      let taken = 0;
      for (let at = 0; at < bytes.length; at += step) {
        taken += scanner.scan(bytes.subarray(at, at + step)) as number;
      }
      expect(taken).toBe(first.length);
      scanner.admit(403);
      expect(scanner.scan(rest)).toBe(rest.length);
    }),
  );
});

test('a length of more than four bytes is malformed', () => {
  const endless = Uint8Array.of(0x30, 0x80, 0x80, 0x80, 0x80, 0x01);
  expect(new PacketScanner(1_000_000_000).scan(endless)).toEqual({ code: 'packet_malformed' });
});
