import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

/**
 * MQTT 3.1.1 by hand, for tests: sends what no client library would, and waits for single packets.
 * Packet types, first byte: CONNECT 0x10, CONNACK 0x20, PUBLISH 0x30, PUBACK 0x40, SUBSCRIBE 0x82, SUBACK 0x90.
 */
export interface ConnectFields {
  readonly clientId: string;
  readonly username?: string;
  readonly token: string;
  readonly clean?: boolean;
  readonly keepaliveS?: number;
  readonly version?: number;
  readonly will?: PublishFields;
}

export interface PublishFields {
  readonly topic: string;
  readonly payload?: string;
  readonly qos?: number;
  readonly retain?: boolean;
}

function connectBytes(fields: ConnectFields): Buffer {
  const { clientId, token, will, username = clientId, clean = true } = fields;
  const willFlags =
    will === undefined ? 0 : 0x04 | ((will.qos ?? 0) << 3) | (will.retain ? 0x20 : 0);
  const head = Buffer.from([fields.version ?? 4, 0xc0 | willFlags | (clean ? 0x02 : 0)]);
  const keepalive = Buffer.alloc(2);
  keepalive.writeUInt16BE(fields.keepaliveS ?? 60);
  const willText = will === undefined ? [] : [text(will.topic), text(will.payload ?? 'will')];
  const parts = [text('MQTT'), head, keepalive, text(clientId), ...willText, text(username)];
  return packet(0x10, ...parts, text(token));
}

export function publishBytes(fields: PublishFields): Buffer {
  const { topic, payload = 'x', qos = 0, retain = false } = fields;
  const id = qos === 0 ? Buffer.alloc(0) : Buffer.from([0, 7]);
  return packet(0x30 | flags(qos, retain), text(topic), id, Buffer.from(payload));
}

export function subscribeBytes(filters: readonly string[], qos = 1): Buffer {
  const wanted = filters.flatMap((filter) => [text(filter), Buffer.from([qos])]);
  return packet(0x82, Buffer.from([0, 9]), ...wanted);
}

export const DISCONNECT_BYTES = packet(0xe0);

/** As in the first byte of PUBLISH. */
function flags(qos = 0, retain = false): number {
  return (qos << 1) | (retain ? 1 : 0);
}

function text(value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(Buffer.byteLength(value));
  return Buffer.concat([length, Buffer.from(value)]);
}

function packet(first: number, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  const length: number[] = [];
  for (let rest = body.length; ; rest = Math.floor(rest / 128)) {
    length.push(rest < 128 ? rest : (rest % 128) | 0x80);
    if (rest < 128) break;
  }
  return Buffer.concat([Buffer.from([first, ...length]), body]);
}

/** One TCP connection that keeps what it received. */
export class RawConnection {
  readonly socket: Socket;
  readonly #closed: Promise<void>;
  #received = Buffer.alloc(0);
  #onData = (): void => {};

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#closed = new Promise((resolve) => socket.once('close', () => resolve()));
    socket.on('data', (chunk: Buffer) => {
      this.#received = Buffer.concat([this.#received, chunk]);
      this.#onData();
    });
    // A broker that refuses may reset; what counts is that the connection ends.
    socket.on('error', () => {});
  }

  static async open(port: number): Promise<RawConnection> {
    const socket = connect({ host: '127.0.0.1', port, noDelay: true });
    const raw = new RawConnection(socket);
    await once(socket, 'connect');
    return raw;
  }

  send(bytes: Uint8Array): void {
    this.socket.write(bytes);
  }

  get received(): Buffer {
    return this.#received;
  }

  /** What was received once it is as wanted, or once the connection has ended; one waiter at a time. */
  async until(wanted: (received: Buffer) => boolean): Promise<Buffer> {
    const seen = new Promise<void>((resolve) => {
      this.#onData = () => wanted(this.#received) && resolve();
      this.#onData();
    });
    await Promise.race([seen, this.#closed]);
    return this.#received;
  }

  atLeast(bytes: number): Promise<Buffer> {
    return this.until((received) => received.length >= bytes);
  }

  /** Resolves with all that was received when the broker ends the connection. */
  async ended(): Promise<Buffer> {
    await this.#closed;
    return this.#received;
  }

  /**
   * CONNECT, and `behind` it in one segment what does not wait for CONNACK.
   *
   * @returns the return code of CONNACK; `null` where the broker ended the connection without one
   */
  async connect(
    fields: ConnectFields,
    behind: Uint8Array = new Uint8Array(),
  ): Promise<number | null> {
    this.send(Buffer.concat([connectBytes(fields), behind]));
    const connack = await this.atLeast(4);
    return connack.length >= 4 ? connack[3]! : null;
  }
}
