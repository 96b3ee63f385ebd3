import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import { assert } from '@tieline/kernel';

const READ = 3;
const WRITE = 16;

/** One request as the device saw it. */
export interface SeenRequest {
  readonly kind: 'read' | 'write';
  readonly address: number;
  readonly count: number;
}

/** What the device does with a request; `hold` answers when `release` is called. */
export type Manner = 'answer' | 'refuse' | 'ignore' | 'hold' | 'one-register-short';

/**
 * A Modbus TCP device for tests: holding registers from any base, every request written down, and any
 * manner of answering it. It takes the frames apart by itself, so that it shares no code with the driver.
 */
export class ScriptedDevice {
  readonly base: number;
  readonly registers: Uint16Array;
  readonly seen: SeenRequest[] = [];
  /** Connections taken so far. */
  connections = 0;
  manner: (request: SeenRequest) => Manner = () => 'answer';
  /** The exception code that it refuses with. */
  refusesWith = 4;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #held: (() => void)[] = [];

  private constructor(base: number, registers: Uint16Array) {
    this.base = base;
    this.registers = registers;
    this.#server = createServer({ noDelay: true }, (socket) => {
      this.connections += 1;
      this.#sockets.add(socket);
      socket.on('error', () => {});
      socket.once('close', () => this.#sockets.delete(socket));
      let rest: Buffer = Buffer.alloc(0);
      socket.on('data', (data) => {
        rest = Buffer.concat([rest, data]);
        while (rest.length >= 7 && rest.length >= 6 + rest.readUInt16BE(4)) {
          const length = 6 + rest.readUInt16BE(4);
          this.#take(socket, rest.subarray(0, length));
          rest = rest.subarray(length);
        }
      });
    });
  }

  static async serve(base: number, registers: Uint16Array, port = 0): Promise<ScriptedDevice> {
    const device = new ScriptedDevice(base, registers);
    device.#server.listen(port, '127.0.0.1');
    await once(device.#server, 'listening');
    return device;
  }

  get port(): number {
    const address = this.#server.address();
    assert(address !== null && typeof address === 'object', 'a TCP server has an address');
    return address.port;
  }

  get openConnections(): number {
    return this.#sockets.size;
  }

  /** Sends every answer that was held, as they were made then. */
  release(): void {
    for (const send of this.#held.splice(0)) send();
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  async close(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.cut();
    await closed;
  }

  #take(socket: Socket, frame: Buffer): void {
    const code = frame[7] ?? 0;
    const address = frame.readUInt16BE(8);
    const count = frame.readUInt16BE(10);
    assert(code === READ || code === WRITE, 'the driver reads and writes holding registers only');
    const request: SeenRequest = { kind: code === READ ? 'read' : 'write', address, count };
    this.seen.push(request);
    const manner = this.manner(request);
    if (manner === 'ignore') return;
    const body = this.#answer(request, manner, frame.subarray(13));
    const header = Buffer.from(frame.subarray(0, 7));
    header.writeUInt16BE(body.length + 1, 4);
    const send = (): void => {
      if (!socket.destroyed) socket.write(Buffer.concat([header, body]));
    };
    if (manner === 'hold') this.#held.push(send);
    else send();
  }

  #answer({ kind, address, count }: SeenRequest, manner: Manner, words: Buffer): Buffer {
    const code = kind === 'read' ? READ : WRITE;
    const from = address - this.base;
    const missing = from < 0 || from + count > this.registers.length;
    if (missing || manner === 'refuse')
      return Buffer.from([code + 0x80, missing ? 2 : this.refusesWith]);
    if (kind === 'write') {
      for (let at = 0; at < count; at += 1) {
        this.registers[from + at] = words.readUInt16BE(2 * at);
      }
      const echo = Buffer.alloc(5);
      echo.writeUInt8(code);
      echo.writeUInt16BE(address, 1);
      echo.writeUInt16BE(count, 3);
      return echo;
    }
    const given = manner === 'one-register-short' ? count - 1 : count;
    const answer = Buffer.alloc(2 + 2 * given);
    answer.writeUInt8(code);
    answer.writeUInt8(2 * given, 1);
    for (let at = 0; at < given; at += 1) {
      answer.writeUInt16BE(this.registers[from + at]!, 2 + 2 * at);
    }
    return answer;
  }
}
