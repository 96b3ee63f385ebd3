/**
 * One file that holds a log: a sequence of CBOR items (RFC 8742), each an array of a kind and a byte
 * string, so that any CBOR tool can walk it.
 *
 *     [0, header] [1, checkpoint] [2, newest receipt]? ([3, record] | [2, receipt])*
 *
 * Contents stand exactly as they were signed or appended. The newest receipt comes first: who cuts
 * the tail off leaves it behind. Every other receipt follows the last record that it covers, so that
 * one pass with O(log n) memory checks a log of any length. Nothing in the file is believed that is
 * not under a hash or a signature; the header only says what to expect.
 */
import { assert, concatBytes, messageOf } from '@tieline/kernel';
import { decodeCbor, encodeCbor, frontierOf, HASH_BYTES } from '@tieline/protocol';
import { z } from 'zod';
import { AuditError } from './failure.ts';
import { RECORD_BYTES_MAX } from './record.ts';

export const EXPORT_SCHEMA = 'tieline.audit/1';

export const FRAME = { header: 0, checkpoint: 1, receipt: 2, record: 3 } as const;
export type FrameKind = (typeof FRAME)[keyof typeof FRAME];

export interface Frame {
  readonly kind: FrameKind;
  readonly content: Uint8Array;
  /** Where the frame starts, bytes from the start of the file. */
  readonly offset: number;
}

const hash = z.custom<Uint8Array>(
  (value) => value instanceof Uint8Array && value.length === HASH_BYTES,
  { error: 'not a hash' },
);
export const ExportHeader = z.strictObject({
  schema: z.literal(EXPORT_SCHEMA),
  anchor: hash,
  deployment: z.string(),
  site: z.string(),
  /** Index of the first record in the file; earlier ones were pruned on the gateway. */
  first: z.int().min(0),
  /** Hashes of the complete subtrees before it, left to right. */
  frontier: z.array(hash),
  /** How many receipts the file holds. */
  receipts: z.int().min(0),
});
export type ExportHeader = z.output<typeof ExportHeader>;

export function encodeFrame(kind: FrameKind, content: Uint8Array): Uint8Array {
  assert(content.length <= RECORD_BYTES_MAX, 'a frame fits its bound');
  // An array of two, the kind as a small integer, then the byte string's own head.
  return concatBytes(Uint8Array.of(0x82, kind), byteStringHead(content.length), content);
}

export function encodeHeader(header: ExportHeader): Uint8Array {
  return encodeFrame(FRAME.header, encodeCbor(header));
}

/** @throws {AuditError} export_malformed */
export function decodeHeader(frame: Frame): ExportHeader {
  let value: unknown;
  try {
    value = decodeCbor(frame.content);
  } catch (thrown) {
    throw malformed(frame.offset, `header: ${messageOf(thrown)}`);
  }
  const parsed = ExportHeader.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw malformed(frame.offset, `header: ${issue?.path.join('.')}: ${issue?.message}`);
  }
  const { first, frontier } = parsed.data;
  if (frontier.length !== frontierOf(first).length) {
    throw malformed(frame.offset, 'header: a frontier has one hash for each bit of its size');
  }
  return parsed.data;
}

export function malformed(offset: number, reason: string): AuditError {
  return new AuditError({ code: 'export_malformed', offset, reason });
}

/**
 * Frames of an export, one by one; never holds more than a frame and a chunk.
 * @throws {AuditError} export_malformed with the offset
 */
export function* readFrames(chunks: Iterable<Uint8Array>): Generator<Frame> {
  const source = new ByteSource(chunks);
  for (;;) {
    const offset = source.offset;
    const head = source.take(3);
    if (head.length === 0) return;
    const [array, kind, initial] = head;
    if (array !== 0x82 || kind === undefined || kind > FRAME.record || initial === undefined) {
      throw malformed(offset, 'not the beginning of a frame');
    }
    const length = readLength(source, initial, offset);
    const content = source.take(length);
    if (content.length < length) throw malformed(offset, 'the file ends within a frame');
    yield { kind: kind as FrameKind, content, offset };
  }
}

function byteStringHead(length: number): Uint8Array {
  if (length < 24) return Uint8Array.of(0x40 | length);
  if (length < 0x100) return Uint8Array.of(0x58, length);
  if (length < 0x1_0000) return Uint8Array.of(0x59, length >> 8, length & 0xff);
  return Uint8Array.of(0x5a, 0, length >> 16, (length >> 8) & 0xff, length & 0xff);
}

/** Length of a byte string, in its shortest form only: a file has one spelling. */
function readLength(source: ByteSource, initial: number, offset: number): number {
  if (initial >= 0x40 && initial < 0x58) return initial - 0x40;
  const width = { 88: 1, 89: 2, 90: 4 }[initial];
  if (width === undefined) throw malformed(offset, 'no byte string of a bounded length');
  const bytes = source.take(width);
  const length = bytes.reduce((value, byte) => value * 256 + byte, 0);
  const least = { 1: 24, 2: 0x100, 4: 0x1_0000 }[width] ?? 0;
  if (bytes.length < width || length < least || length > RECORD_BYTES_MAX) {
    throw malformed(offset, 'no byte string of a bounded length');
  }
  return length;
}

/** Bytes from chunks of any size, in order. */
class ByteSource {
  readonly #chunks: Iterator<Uint8Array>;
  #chunk: Uint8Array = new Uint8Array(0);
  #at = 0;
  #offset = 0;

  constructor(chunks: Iterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.iterator]();
  }

  get offset(): number {
    return this.#offset;
  }

  /** The next `count` bytes; fewer only at the end. Valid until the next call. */
  take(count: number): Uint8Array {
    if (this.#chunk.length - this.#at >= count) return this.#within(count);
    const gathered = new Uint8Array(count);
    let filled = 0;
    while (filled < count && this.#refill()) {
      const part = this.#within(Math.min(count - filled, this.#chunk.length - this.#at));
      gathered.set(part, filled);
      filled += part.length;
    }
    return gathered.subarray(0, filled);
  }

  #within(count: number): Uint8Array {
    const bytes = this.#chunk.subarray(this.#at, this.#at + count);
    this.#at += count;
    this.#offset += count;
    return bytes;
  }

  /** False at the end of the last chunk. */
  #refill(): boolean {
    while (this.#at === this.#chunk.length) {
      const next = this.#chunks.next();
      if (next.done) return false;
      this.#chunk = next.value;
      this.#at = 0;
    }
    return true;
  }
}
