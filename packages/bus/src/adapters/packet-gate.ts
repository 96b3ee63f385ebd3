import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type PacketFault, PacketScanner } from '../packet-scanner.ts';

/** Unsent bytes for one peer above which its writer is asked to wait. */
const UNSENT_BYTES_MAX = 1_048_576;

/** What a peer may send, bytes a packet. */
export interface PacketBounds {
  readonly packetBytesMax: number;
  /** Of a peer that must say who it is first: CONNECT may be this large, and nothing behind it passes before `admit`. */
  readonly strangerPacketBytesMax?: number;
}

/** Thrown into the stream when the peer sends what the gate does not let through. */
export class PacketGateError extends Error {
  readonly fault: PacketFault;

  constructor(fault: PacketFault) {
    super(`cut: ${fault.code}`);
    this.name = 'PacketGateError';
    this.fault = fault;
  }
}

/**
 * A socket whose incoming MQTT packets are bounded: the connection is cut at the header of a packet that is
 * too large, before anything buffers it. Outgoing bytes wait for the socket, a bounded number of them.
 *
 * A peer that has ended its side is read to the end, even when it is gone by then: the last thing it said may
 * be DISCONNECT, without which it would be taken for dead. After that the gate ends by itself.
 */
export class PacketGate extends Duplex {
  readonly #socket: Socket;
  readonly #bounds: PacketBounds;
  readonly #scanner: PacketScanner;
  /** What came behind a stranger's CONNECT, one chunk at most: the socket waits as long as it is here. */
  #held: Buffer | null = null;

  constructor(socket: Socket, bounds: PacketBounds) {
    super({ writableHighWaterMark: UNSENT_BYTES_MAX, allowHalfOpen: false });
    this.#socket = socket;
    this.#bounds = bounds;
    const { packetBytesMax, strangerPacketBytesMax } = bounds;
    this.#scanner =
      strangerPacketBytesMax === undefined
        ? new PacketScanner(packetBytesMax)
        : new PacketScanner(strangerPacketBytesMax, 1);
    // The peer's end is answered by the gate's own, which comes once all before it has been read.
    socket.allowHalfOpen = true;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.#lose(error));
    socket.on('close', () => this.#lose());
  }

  /** The peer has said who it is. */
  admit(): void {
    this.#scanner.admit(this.#bounds.packetBytesMax);
    const held = this.#held;
    this.#held = null;
    if (held !== null) this.#receive(held);
  }

  #receive(chunk: Buffer): void {
    if (this.destroyed) return;
    const passed = this.#scanner.scan(chunk);
    if (typeof passed !== 'number') {
      this.destroy(new PacketGateError(passed));
      return;
    }
    if (passed < chunk.length) this.#held = chunk.subarray(passed);
    const wantsMore = this.push(chunk.subarray(0, passed));
    if (!wantsMore || this.#held !== null) this.#socket.pause();
  }

  /** The socket is no more. Destroying the gate, too, would discard what is still to be read. */
  #lose(error?: Error): void {
    if (!this.#socket.readableEnded) this.destroy(error);
  }

  override _read(): void {
    if (this.#held === null) this.#socket.resume();
  }

  // That a write failed is told by the socket's 'error'; here it must not end the reading.
  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.#socket.write(chunk, () => done());
  }

  // MQTT writers cork: the parts of one packet leave in one segment.
  override _writev(parts: Array<{ chunk: Buffer }>, done: () => void): void {
    this._write(Buffer.concat(parts.map((part) => part.chunk)), '', done);
  }

  override _final(done: () => void): void {
    this.#socket.end(() => done());
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }
}
