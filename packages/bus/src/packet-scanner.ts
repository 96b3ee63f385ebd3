/** What is wrong with a stream of MQTT packets. */
export type PacketFault =
  | { readonly code: 'packet_too_large'; readonly bytes: number; readonly bytesMax: number }
  | { readonly code: 'packet_malformed' };

const CONTINUES = 0x80;
const LENGTH_BYTES_MAX = 4;

/**
 * Walks the fixed headers of MQTT packets as their bytes arrive, so that an oversized one is known from its
 * first five bytes. Parsers of MQTT buffer whatever length a packet announces: up to 256 MB, and
 * aedes does so even before CONNECT. Keeps three numbers and no bytes.
 */
export class PacketScanner {
  #bytesMax: number;
  /** Bytes of the present packet's body that are still to come. */
  #bodyLeft = 0;
  /** Bytes of the present fixed header seen so far: 0 = a packet begins. */
  #headerBytes = 0;
  #length = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** From now on packets may be this large. */
  set bytesMax(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  /** The first fault in these bytes; `null` when they are fine. Not to be fed after a fault. */
  scan(chunk: Uint8Array): PacketFault | null {
    for (let at = 0; at < chunk.length; ) {
      if (this.#bodyLeft > 0) {
        const step = Math.min(this.#bodyLeft, chunk.length - at);
        this.#bodyLeft -= step;
        at += step;
      } else {
        const fault = this.#header(chunk[at]!);
        if (fault !== null) return fault;
        at += 1;
      }
    }
    return null;
  }

  #header(byte: number): PacketFault | null {
    this.#headerBytes += 1;
    if (this.#headerBytes === 1) return null;
    const place = this.#headerBytes - 2;
    this.#length += (byte & 0x7f) * 128 ** place;
    if ((byte & CONTINUES) !== 0) {
      return place + 1 === LENGTH_BYTES_MAX ? { code: 'packet_malformed' } : null;
    }
    const bytes = this.#headerBytes + this.#length;
    if (bytes > this.#bytesMax) {
      return { code: 'packet_too_large', bytes, bytesMax: this.#bytesMax };
    }
    this.#bodyLeft = this.#length;
    this.#headerBytes = 0;
    this.#length = 0;
    return null;
  }
}
