/** What is wrong with a stream of MQTT packets. */
export type PacketFault =
  | { readonly code: 'packet_too_large'; readonly bytes: number; readonly bytesMax: number }
  | { readonly code: 'packet_malformed' };

const CONTINUES = 0x80;
const LENGTH_BYTES_MAX = 4;

/**
 * Walks the fixed headers of MQTT packets as their bytes arrive, so that an oversized one is known from its
 * first five bytes. Parsers of MQTT buffer whatever length a packet announces: up to 256 MB, and
 * aedes does so even before CONNECT. Keeps a few numbers and no bytes.
 */
export class PacketScanner {
  #bytesMax: number;
  /** Packets still to be walked, the present one included. */
  #packetsLeft: number;
  /** Bytes of the present packet's body that are still to come. */
  #bodyLeft = 0;
  /** Bytes of the present fixed header seen so far: 0 = a packet begins. */
  #headerBytes = 0;
  #length = 0;

  /** Walks no further than `packetsMax` packets, until the bounds are changed. */
  constructor(bytesMax: number, packetsMax = Infinity) {
    this.#bytesMax = bytesMax;
    this.#packetsLeft = packetsMax;
  }

  /** From now on packets may be this large, and as many as there are. */
  admit(bytesMax: number): void {
    this.#bytesMax = bytesMax;
    this.#packetsLeft = Infinity;
  }

  /**
   * How many of these bytes belong to packets that may be walked, or the first fault in them. What lies beyond
   * is to be fed again; nothing after a fault.
   */
  scan(chunk: Uint8Array): number | PacketFault {
    let at = 0;
    while (at < chunk.length && this.#packetsLeft > 0) {
      if (this.#bodyLeft > 0) {
        const step = Math.min(this.#bodyLeft, chunk.length - at);
        this.#bodyLeft -= step;
        at += step;
      } else {
        const fault = this.#header(chunk[at]!);
        if (fault !== null) return fault;
        at += 1;
      }
      if (this.#bodyLeft === 0 && this.#headerBytes === 0) this.#packetsLeft -= 1;
    }
    return at;
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
