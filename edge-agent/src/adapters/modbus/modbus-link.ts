import { Socket } from 'node:net';
import { messageOf } from '@tieline/kernel';
import { ModbusTCPClient, responses, UserRequestError } from 'jsmodbus';
import { DeviceError } from './device-error.ts';

/** The library's own timer, which would keep the connection: ours, shorter, ends it. */
const LIBRARY_TIMEOUT_MS = 60_000;
/** Busy, no path from the gateway, and no answer behind it: what was asked has not come to the device, ask again. */
const NOT_REACHED: ReadonlySet<number> = new Set([6, 10, 11]);
/** By the Modbus specification; 7 by an older one. */
const EXCEPTION_NAMES: Readonly<Record<number, string>> = {
  1: 'ILLEGAL FUNCTION',
  2: 'ILLEGAL DATA ADDRESS',
  3: 'ILLEGAL DATA VALUE',
  4: 'SERVER DEVICE FAILURE',
  5: 'ACKNOWLEDGE',
  6: 'SERVER DEVICE BUSY',
  7: 'NEGATIVE ACKNOWLEDGE',
  8: 'MEMORY PARITY ERROR',
  10: 'GATEWAY PATH UNAVAILABLE',
  11: 'GATEWAY TARGET DEVICE FAILED TO RESPOND',
};
/** Registers that one request may carry. */
export const READ_MAX = 125;

/*
 * The library's own text throws at a code that it does not know, in an event of the socket: a device that answers with
 * exception 7, or one of its maker's, would end the agent, and with it every other device of the site.
 */
Object.defineProperty(responses.ExceptionResponseBody.prototype, 'message', {
  get(this: { readonly code: number }): string {
    return EXCEPTION_NAMES[this.code] ?? 'AN EXCEPTION OF ITS OWN';
  },
});

/** `performance.now()` at which waiting ends; a real one: sockets do not know simulated time. */
export type DueMs = number;

/**
 * One Modbus TCP connection, holding registers only. A request that is not answered in time ends the
 * connection: an answer that comes late then has nowhere to arrive, and cannot be taken for the answer
 * to a later request, whatever the device does with transaction numbers.
 */
export class ModbusLink {
  readonly #socket = new Socket();
  readonly #client: ModbusTCPClient;
  readonly #ready: Promise<void>;
  #lost: DeviceError | null = null;

  constructor(host: string, port: number, unitId: number) {
    this.#client = new ModbusTCPClient(this.#socket, unitId, LIBRARY_TIMEOUT_MS);
    this.#ready = new Promise((resolve, reject) => {
      this.#socket.once('connect', resolve);
      this.#socket.on('error', (error) => {
        this.#lost ??= new DeviceError('unreachable', error.message);
      });
      this.#socket.once('close', () => {
        this.#lost ??= new DeviceError('unreachable', 'the connection was closed');
        reject(this.#lost);
      });
    });
    // Whoever waits for the connection is told; when nobody does, nothing is left unhandled.
    this.#ready.catch(() => {});
    this.#socket.setNoDelay(true);
    this.#socket.connect(port, host);
  }

  get open(): boolean {
    return this.#lost === null;
  }

  /** @throws {DeviceError} unreachable */
  async connected(dueMs: DueMs): Promise<void> {
    await this.#within(dueMs, () => this.#ready, 'unreachable');
  }

  /**
   * @returns `count` registers from `address`, at most `READ_MAX`
   * @throws {DeviceError} silent | refused | unreachable | implausible
   */
  async read(address: number, count: number, dueMs: DueMs): Promise<Uint16Array> {
    const { response } = await this.#within(dueMs, () =>
      this.#client.readHoldingRegisters(address, count),
    );
    const words = response.body.valuesAsArray;
    if (words.length !== count) {
      throw this.#end(`asked for ${count} registers at ${address}, got ${words.length}`);
    }
    return Uint16Array.from(words);
  }

  /** @throws {DeviceError} silent | refused | unreachable | implausible */
  async write(address: number, registers: Uint16Array, dueMs: DueMs): Promise<void> {
    const { response } = await this.#within(dueMs, () =>
      this.#client.writeMultipleRegisters(address, [...registers]),
    );
    const { start, quantity } = response.body;
    if (start !== address || quantity !== registers.length) {
      throw this.#end(`wrote ${registers.length} at ${address}, it says ${quantity} at ${start}`);
    }
  }

  close(): void {
    this.#lost ??= new DeviceError('unreachable', 'closed here');
    this.#socket.destroy();
  }

  async #within<T>(
    dueMs: DueMs,
    ask: () => Promise<T>,
    lateFault: 'silent' | 'unreachable' = 'silent',
  ): Promise<T> {
    if (this.#lost !== null) throw this.#lost;
    const restMs = Math.max(0, dueMs - performance.now());
    const timer = setTimeout(() => {
      this.#lost ??= new DeviceError(lateFault, `no answer within ${Math.round(restMs)} ms`);
      this.#socket.destroy();
    }, restMs);
    try {
      return await ask();
    } catch (thrown) {
      throw this.#explain(thrown);
    } finally {
      clearTimeout(timer);
    }
  }

  #explain(thrown: unknown): DeviceError {
    if (thrown instanceof UserRequestError && thrown.err === 'ModbusException') {
      const body: unknown = thrown.response?.body;
      const exception = body instanceof responses.ExceptionResponseBody ? body.code : 0;
      const fault = NOT_REACHED.has(exception) ? 'unreachable' : 'refused';
      return new DeviceError(fault, thrown.message, { cause: thrown });
    }
    // What the library says of a closed connection is less than what is known here.
    if (this.#lost !== null) return this.#lost;
    return this.#end(thrown instanceof UserRequestError ? thrown.message : messageOf(thrown));
  }

  /** A device that answers something else than it was asked is not listened to any further. */
  #end(detail: string): DeviceError {
    this.#lost ??= new DeviceError('implausible', detail);
    this.#socket.destroy();
    return this.#lost;
  }
}
