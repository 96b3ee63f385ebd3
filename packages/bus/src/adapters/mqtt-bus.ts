import { assert, type Logger, type Rng } from '@tieline/kernel';
import {
  BusError,
  type BusPublication,
  type BusSession,
  type MessageBus,
  refuseTooLarge,
} from '../message-bus.ts';
import { type BackoffBounds, Reconnect } from '../reconnect.ts';
import { MqttConnection, type MqttLink } from './mqtt-connection.ts';

export interface MqttBusOptions {
  /** `mqtt://host:port`. */
  readonly url: string;
  readonly clientId: string;
  /** The client's secret at the broker; its user name is the client id. */
  readonly token?: string;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly reconnect?: BackoffBounds;
  /** After one and a half of these a silent connection is dropped, by either side; seconds. */
  readonly keepaliveS?: number;
  /** TCP, CONNACK and SUBACK, each; ms. */
  readonly connectTimeoutMs?: number;
  /** How long a QoS 1 publication waits for PUBACK; ms. */
  readonly ackTimeoutMs?: number;
}

/**
 * The bus on a real broker of MQTT 3.1.1, by MQTT.js over TCP. Its deadlines are in real time, whatever clock
 * the process runs on: sockets know no other.
 *
 * @throws {TypeError} where the URL is not `mqtt://host:port`
 */
export function mqttBus(options: MqttBusOptions): MessageBus {
  return new MqttBus(options);
}

class MqttBus implements MessageBus {
  readonly #link: MqttLink;
  readonly #reconnect: Reconnect;
  readonly #logger: Logger;
  #session: BusSession | null = null;
  #connection: MqttConnection | null = null;
  #reconnectTimer: NodeJS.Timeout | undefined;
  #isUp = false;

  constructor(options: MqttBusOptions) {
    this.#link = {
      ...parseMqttUrl(options.url),
      clientId: options.clientId,
      token: options.token,
      keepaliveS: options.keepaliveS ?? 15,
      connectTimeoutMs: options.connectTimeoutMs ?? 10_000,
      ackTimeoutMs: options.ackTimeoutMs ?? 10_000,
    };
    this.#reconnect = new Reconnect(options.rng.stream('reconnect-jitter'), options.reconnect);
    this.#logger = options.logger;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  start(session: BusSession): void {
    assert(this.#session === null, 'a bus is started once');
    this.#session = session;
    this.#connect(session);
  }

  async publish(publication: BusPublication): Promise<void> {
    refuseTooLarge(publication);
    if (this.#connection === null || !this.isUp) throw new BusError({ code: 'bus_down' });
    await this.#connection.publish(publication);
  }

  async stop(): Promise<void> {
    this.#isUp = false;
    clearTimeout(this.#reconnectTimer);
    await this.#connection?.close();
    this.#connection = null;
  }

  #connect(session: BusSession): void {
    this.#connection = new MqttConnection(this.#link, session, {
      up: () => {
        this.#isUp = true;
        this.#reconnect.up(performance.now());
        this.#logger.info('bus_connected', { host: this.#link.host, port: this.#link.port });
        session.onUp();
      },
      down: (reason) => this.#onDown(session, reason),
    });
  }

  #onDown(session: BusSession, reason: string): void {
    this.#isUp = false;
    this.#connection = null;
    const waitMs = this.#reconnect.down(performance.now());
    this.#logger.warn('bus_disconnected', { reason, retryInMs: Math.round(waitMs) });
    this.#reconnectTimer = setTimeout(() => this.#connect(session), waitMs);
    session.onDown(reason);
  }
}

function parseMqttUrl(text: string): { host: string; port: number } {
  const url = URL.parse(text);
  if (url === null || url.protocol !== 'mqtt:' || url.hostname === '') {
    throw new TypeError(`the broker's URL is mqtt://host:port, not '${text}'`);
  }
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, port: url.port === '' ? 1_883 : Number(url.port) };
}
