import { messageOf } from '@tieline/kernel';
import { type CborEncodable, ClockState, decodeCbor, encodeCbor } from '@tieline/protocol';
import { z } from 'zod';
import { AuditError } from './failure.ts';

/** Largest encoded record, bytes. */
export const RECORD_BYTES_MAX = 65_536;

/** A map with text keys of anything that CBOR can carry; properties that are `undefined` are left out. */
export type RecordBody = { readonly [key: string]: CborEncodable | undefined };

const bytesOf = (count: number) =>
  z.custom<Uint8Array>((value) => value instanceof Uint8Array && value.length === count, {
    error: `not ${count} bytes`,
  });
const Name = z.string().min(1).max(128);

/**
 * One thing that happened, as the log keeps it. Its properties stand in the order of deterministic CBOR,
 * shorter names first: encoding, which is most of the cost of an append, then has nothing to sort.
 */
export const AuditRecord = z.strictObject({
  /** Key that signed what this record is about. */
  kid: z.exactOptional(bytesOf(16)),
  /** Index in the log, from 0. */
  seq: z.int().min(0),
  body: z.custom<RecordBody>(isMap, { error: 'not a map with text keys' }),
  /** What happened: `command_accepted`, `cycle`, … An open set: readers skip what they do not know. */
  kind: z.string().regex(/^[a-z][a-z0-9_.-]{0,63}$/),
  /** Who did it: a principal of the trust document, or a part of the agent. */
  actor: Name,
  clock: ClockState,
  /** Milliseconds since the Unix epoch, as far as `clock` says that they can be believed. */
  wallMs: z.int().min(0),
  /** SHA-256 of what was in force. */
  digests: z.strictObject({
    model: z.exactOptional(bytesOf(32)),
    inputs: z.exactOptional(bytesOf(32)),
    policy: z.exactOptional(bytesOf(32)),
  }),
  /** What it happened to: an asset, a command, a document. */
  subject: z.string().max(200),
  onBehalfOf: z.exactOptional(Name),
  /** Milliseconds of the session's monotonic clock. */
  monotonicMs: z.number().min(0),
});
export type AuditRecord = z.output<typeof AuditRecord>;

/** A record before the log gives it its place. */
export type AuditEntry = Omit<AuditRecord, 'seq'>;

/**
 * Deterministic CBOR of a record that is sure to be read back: its shape, its size and every bound of
 * the strict decoder hold.
 * @throws {AuditError} record_malformed | record_too_large
 */
export function encodeRecord(record: AuditRecord): Uint8Array {
  const shaped = shapedRecord(record, record.seq);
  const bytes = attempt(shaped.seq, () => encodeCbor(shaped));
  if (bytes.length > RECORD_BYTES_MAX) {
    const bytesMax = RECORD_BYTES_MAX;
    throw new AuditError({ code: 'record_too_large', bytes: bytes.length, bytesMax });
  }
  return bytes;
}

/** @throws {AuditError} record_malformed, also for a record that says it stands at another place than `seq` */
export function decodeRecord(bytes: Uint8Array, seq: number): AuditRecord {
  const record = shapedRecord(
    attempt(seq, () => decodeCbor(bytes)),
    seq,
  );
  if (record.seq !== seq) {
    const reason = `says that it is record ${record.seq}`;
    throw new AuditError({ code: 'record_malformed', seq, reason });
  }
  return record;
}

function shapedRecord(value: unknown, seq: number): AuditRecord {
  const parsed = AuditRecord.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const reason = `${issue?.path.join('.') || '(whole)'}: ${issue?.message ?? 'unknown'}`;
  throw new AuditError({ code: 'record_malformed', seq, reason });
}

function attempt<T>(seq: number, step: () => T): T {
  try {
    return step();
  } catch (thrown) {
    const reason = messageOf(thrown);
    throw new AuditError({ code: 'record_malformed', seq, reason }, undefined, { cause: thrown });
  }
}

function isMap(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}
