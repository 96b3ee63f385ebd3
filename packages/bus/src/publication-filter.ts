import type { BusPublication } from './message-bus.ts';

const PUBLISH = 3;
const CONTINUES = 0x80;
const LENGTH_BYTES_MAX = 4;
/** Of a broker that is read: more than any packet of it. */
const PACKET_BYTES_MAX = 1_048_576;

/** Whether a publication may go on. */
export type Passes = (publication: BusPublication) => boolean;

/**
 * What somebody does who stands between a broker and its client: reads the packets of MQTT 3.1.1, and drops publications.
 * The client acknowledges nothing that it never got.
 */
export class PublicationFilter {
  readonly #passes: Passes;
  /** The beginning of a packet that is not whole yet. */
  #part: Buffer = Buffer.alloc(0);

  constructor(passes: Passes) {
    this.#passes = passes;
  }

  /** What goes on of all that has come, packet by packet. @throws where this is no MQTT */
  pass(chunk: Buffer): Buffer {
    let rest = this.#part.length === 0 ? chunk : Buffer.concat([this.#part, chunk]);
    const passed: Buffer[] = [];
    for (let length = packetLength(rest); length !== null; length = packetLength(rest)) {
      if (length > PACKET_BYTES_MAX) throw new Error(`a packet of ${length} bytes`);
      if (rest.length < length) break;
      const packet = rest.subarray(0, length);
      rest = rest.subarray(length);
      const publication = publicationIn(packet);
      if (publication === null || this.#passes(publication)) passed.push(packet);
    }
    this.#part = rest;
    return Buffer.concat(passed);
  }
}

/** With its fixed header, bytes; null where not even that is whole. */
function packetLength(bytes: Buffer): number | null {
  let length = 0;
  for (let k = 1; k <= LENGTH_BYTES_MAX; k += 1) {
    const byte = bytes[k];
    if (byte === undefined) return null;
    length += (byte & (CONTINUES - 1)) * CONTINUES ** (k - 1);
    if (byte < CONTINUES) return 1 + k + length;
  }
  throw new Error('a length of more than four bytes');
}

/** Null where the packet is something else. */
function publicationIn(packet: Buffer): BusPublication | null {
  const [first = 0] = packet;
  if (first >> 4 !== PUBLISH) return null;
  let at = 1;
  while (packet[at]! >= CONTINUES) at += 1;
  const topicAt = at + 3;
  const topicEnds = topicAt + packet.readUInt16BE(at + 1);
  const qos = (first >> 1) & 1;
  const payload = packet.subarray(topicEnds + (qos > 0 ? 2 : 0));
  const topic = packet.toString('utf8', topicAt, topicEnds);
  return { topic, payload: new Uint8Array(payload), qos: qos > 0 ? 1 : 0 };
}
