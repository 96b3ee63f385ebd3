import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { type PacketFault, PacketScanner } from '../packet-scanner.ts';

/** Unsent bytes for one peer above which its writer is asked to wait. */
const UNSENT_BYTES_MAX = 1_048_576;

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
  readonly #scanner: PacketScanner;

  constructor(socket: Socket, bytesMax: number) {
    super({ writableHighWaterMark: UNSENT_BYTES_MAX, allowHalfOpen: false });
    this.#socket = socket;
    this.#scanner = new PacketScanner(bytesMax);
    // The peer's end is answered by the gate's own, which comes once all before it has been read.
    socket.allowHalfOpen = true;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.push(null));
    socket.on('error', (error) => this.#lose(error));
    socket.on('close', () => this.#lose());
  }

  /** From now on packets may be this large: the peer has said who it is. */
  admit(bytesMax: number): void {
    this.#scanner.bytesMax = bytesMax;
  }

  #receive(chunk: Buffer): void {
    if (this.destroyed) return;
    const fault = this.#scanner.scan(chunk);
    if (fault !== null) this.destroy(new PacketGateError(fault));
    else if (!this.push(chunk)) this.#socket.pause();
  }

  /** The socket is no more. Destroying the gate, too, would discard what is still to be read. */
  #lose(error?: Error): void {
    if (!this.#socket.readableEnded) this.destroy(error);
  }

  override _read(): void {
    this.#socket.resume();
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
