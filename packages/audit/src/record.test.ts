import { utf8 } from '@tieline/kernel';
import { sha256 } from '@tieline/protocol';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type AuditRecord, decodeRecord, encodeRecord, RECORD_BYTES_MAX } from './record.ts';
import { entry, failureOf } from './test-support.ts';

const record = (body: AuditRecord['body'] = {}): AuditRecord => ({ ...entry(3, body), seq: 3 });

const leaf = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.integer(),
  fc.maxSafeInteger(),
  fc.double({ noNaN: true, noDefaultInfinity: true }).filter((value) => !Object.is(value, -0)),
  fc.boolean(),
  fc.constant(null),
  fc.uint8Array({ maxLength: 40 }),
);
const key = fc.string({ maxLength: 12 }).filter((name) => name !== '__proto__');
const body = fc.dictionary(key, fc.oneof(leaf, fc.array(leaf, { maxLength: 5 })), { maxKeys: 8 });

test('whatever a record carries is read back the same', () => {
  const digests = fc.record(
    { policy: fc.constant(sha256(utf8('policy'))), inputs: fc.constant(sha256(utf8('inputs'))) },
    { requiredKeys: [] },
  );
  const optional = fc.record(
    { onBehalfOf: fc.constant('ada'), kid: fc.uint8Array({ minLength: 16, maxLength: 16 }) },
    { requiredKeys: [] },
  );
  const property = fc.property(body, digests, optional, fc.nat(), (held, inForce, more, seq) => {
    const written = { ...entry(1, { ...held }), ...more, digests: inForce, seq };
    expect(decodeRecord(encodeRecord(written), seq)).toEqual(written);
  });
  fc.assert(property, { numRuns: 300 });
});

test('a record that nobody could read back is refused before it enters a log', () => {
  const deep = { a: { b: { c: { d: { e: { f: { g: {} } } } } } } };
  const crowd = { many: Array.from({ length: 5_000 }, () => 0) };
  for (const unreadable of [{ power: Number.NaN }, deep, crowd]) {
    expect(failureOf(() => encodeRecord(record(unreadable)))).toMatchObject({
      code: 'record_malformed',
      seq: 3,
    });
  }
});

test('a record of 64 KiB is the largest', () => {
  const room = RECORD_BYTES_MAX - encodeRecord(record({ at: new Uint8Array(60_000) })).length;
  expect(encodeRecord(record({ at: new Uint8Array(60_000 + room) }))).toHaveLength(65_536);
  expect(failureOf(() => encodeRecord(record({ at: new Uint8Array(60_001 + room) })))).toEqual({
    code: 'record_too_large',
    bytes: 65_537,
    bytesMax: 65_536,
  });
});

test('a record does not pass for another place in the log', () => {
  const bytes = encodeRecord(record());
  expect(failureOf(() => decodeRecord(bytes, 4))).toMatchObject({ code: 'record_malformed' });
});

test.each([
  ['kind', { kind: 'Command Accepted' }],
  ['actor', { actor: '' }],
  ['wallMs', { wallMs: -1 }],
  ['kid', { kid: new Uint8Array(15) }],
  ['body', { body: new Map() }],
  ['(whole)', { more: 1 }],
])('a wrong %s is refused with its name', (place, wrong) => {
  const spoilt = { ...record(), ...wrong } as AuditRecord;
  expect(failureOf(() => encodeRecord(spoilt))).toMatchObject({
    reason: expect.stringContaining(place),
  });
});
