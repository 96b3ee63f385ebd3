/*
 * What Modbus TCP wraps a request in: transaction, protocol (0), length of what follows, unit, and the request itself.
 * TCP cuts and joins as it likes: a frame is taken when it is whole, and not before, and frames in their order.
 */

const HEADER_BYTES = 7;
const LENGTH_AT = 4;
/** The unit and a request of one byte at least, of 253 at most. */
const LENGTH_MIN = 2;
const LENGTH_MAX = 254;

export interface ModbusFrame {
  /** Transaction, protocol, length and unit, as they came. */
  readonly header: Buffer;
  /** The function code and what belongs to it. */
  readonly pdu: Buffer;
}

/** Takes one connection's bytes apart. */
export class FrameReader {
  #rest: Buffer = Buffer.alloc(0);

  /** The frames that are whole by now; null where the bytes are no Modbus, and nothing after them can be told apart. */
  take(bytes: Buffer): readonly ModbusFrame[] | null {
    this.#rest = Buffer.concat([this.#rest, bytes]);
    const frames: ModbusFrame[] = [];
    while (this.#rest.length >= HEADER_BYTES) {
      const length = this.#rest.readUInt16BE(LENGTH_AT);
      const isModbus = this.#rest.readUInt16BE(2) === 0;
      if (!isModbus || length < LENGTH_MIN || length > LENGTH_MAX) return null;
      const end = LENGTH_AT + 2 + length;
      if (this.#rest.length < end) break;
      frames.push({
        header: this.#rest.subarray(0, HEADER_BYTES),
        pdu: this.#rest.subarray(HEADER_BYTES, end),
      });
      this.#rest = this.#rest.subarray(end);
    }
    return frames;
  }
}

/** The answer to a frame: its transaction and unit around another PDU. */
export function answerFrame({ header }: ModbusFrame, pdu: Buffer): Buffer {
  const answered = Buffer.concat([header, pdu]);
  answered.writeUInt16BE(pdu.length + 1, LENGTH_AT);
  return answered;
}
