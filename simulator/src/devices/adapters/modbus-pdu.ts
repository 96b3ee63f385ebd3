import type { RegisterWrite, SunSpecImage } from '../sunspec-image.ts';

const READ = 3;
const WRITE = 16;
/** What one request may read and write, by the Modbus specification. */
const READ_MAX = 125;
const WRITE_MAX = 123;

/** Modbus exception codes. */
export type Exception = 1 | 2 | 3 | 4 | 6 | 11;
const ILLEGAL_FUNCTION = 1;
const ILLEGAL_VALUE = 3;
const EXCEPTION_OF: Readonly<Record<Exclude<RegisterWrite, 'ok'>, Exception>> = {
  'no-such-register': 2,
  'bad-value': ILLEGAL_VALUE,
  refused: 4,
};

/**
 * What a device answers to one request, holding registers only. Any bytes have an answer: what it does not know is
 * an illegal function, what contradicts itself an illegal value, and neither changes anything.
 */
export function answerPdu(image: SunSpecImage, pdu: Buffer): Buffer {
  if (pdu[0] === READ) return read(image, pdu);
  if (pdu[0] === WRITE) return write(image, pdu);
  return exceptionPdu(pdu, ILLEGAL_FUNCTION);
}

export function exceptionPdu(pdu: Buffer, code: Exception): Buffer {
  return Buffer.from([(pdu[0] ?? 0) | 0x80, code]);
}

/** Function, address, count. */
function read(image: SunSpecImage, pdu: Buffer): Buffer {
  if (pdu.length !== 5) return exceptionPdu(pdu, ILLEGAL_VALUE);
  const [address, count] = [pdu.readUInt16BE(1), pdu.readUInt16BE(3)];
  if (count < 1 || count > READ_MAX) return exceptionPdu(pdu, ILLEGAL_VALUE);
  const registers = image.read(address, count);
  if (registers === null) return exceptionPdu(pdu, EXCEPTION_OF['no-such-register']);
  const answer = Buffer.alloc(2 + 2 * count);
  answer.writeUInt8(READ);
  answer.writeUInt8(2 * count, 1);
  for (const [at, word] of registers.entries()) answer.writeUInt16BE(word, 2 + 2 * at);
  return answer;
}

/** Function, address, count, bytes that follow, registers. */
function write(image: SunSpecImage, pdu: Buffer): Buffer {
  if (pdu.length < 6) return exceptionPdu(pdu, ILLEGAL_VALUE);
  const [address, count, bytes] = [pdu.readUInt16BE(1), pdu.readUInt16BE(3), pdu.readUInt8(5)];
  const isWhole = bytes === 2 * count && pdu.length === 6 + bytes;
  if (!isWhole || count < 1 || count > WRITE_MAX) return exceptionPdu(pdu, ILLEGAL_VALUE);
  const words = Uint16Array.from({ length: count }, (_, at) => pdu.readUInt16BE(6 + 2 * at));
  const outcome = image.write(address, words);
  return outcome === 'ok' ? pdu.subarray(0, 5) : exceptionPdu(pdu, EXCEPTION_OF[outcome]);
}
