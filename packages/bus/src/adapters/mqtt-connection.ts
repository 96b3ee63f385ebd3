import { connect } from 'node:net';
import { messageOf } from '@tieline/kernel';
import { MqttClient } from 'mqtt';
import {
  BusError,
  type BusFailure,
  type BusMessage,
  type BusPublication,
  type BusSession,
  IN_FLIGHT_MAX,
} from '../message-bus.ts';
import { type PacketBounds, PacketGate } from './packet-gate.ts';

/** What one attempt to connect needs to know; times are real ones, whatever the process's clock. */
export interface MqttLink {
  readonly host: string;
  readonly port: number;
  readonly clientId: string;
  readonly token: string | undefined;
  readonly keepaliveS: number;
  /** TCP, CONNACK and SUBACK, each; ms. */
  readonly connectTimeoutMs: number;
  readonly ackTimeoutMs: number;
}

/** What the broker may send at most: its own bound, so an untrusted broker cannot fill our memory. */
const BOUNDS: PacketBounds = { packetBytesMax: 262_144 };
const DISCONNECT_TIMEOUT_MS = 2_000;

interface Pending {
  readonly reject: (error: BusError) => void;
  messageId: number;
  timer: NodeJS.Timeout | undefined;
}

/**
 * One connection from CONNECT to its end, with an MQTT.js client of its own. MQTT.js keeps unacknowledged
 * QoS 1 messages and sends them again on reconnect: a message which the broker's ACL denies, and closes
 * the connection for, would come back for ever. So nothing of one connection reaches the next.
 */
export class MqttConnection {
  readonly #link: MqttLink;
  readonly #session: BusSession;
  readonly #onUp: () => void;
  readonly #onDown: (reason: string) => void;
  readonly #client: MqttClient;
  readonly #pending = new Set<Pending>();
  #subscribeTimer: NodeJS.Timeout | undefined;
  #subscribeId: number | null = null;
  #ended = false;

  /** @param events  `down` comes once, after `up` or instead of it; never after `close` */
  constructor(
    link: MqttLink,
    session: BusSession,
    events: { up(): void; down(reason: string): void },
  ) {
    this.#link = link;
    this.#session = session;
    this.#onUp = events.up;
    this.#onDown = events.down;
    this.#client = this.#connect(session.will?.());
  }

  #connect(will: BusPublication | undefined): MqttClient {
    const { host, port, clientId, token } = this.#link;
    const client = new MqttClient(
      // MQTT.js has no option for noDelay, and with Nagle's algorithm an echo takes 88 ms.
      () => new PacketGate(connect({ host, port, noDelay: true }), BOUNDS),
      {
        clientId,
        ...(token === undefined ? {} : { username: clientId, password: token }),
        protocolVersion: 4,
        clean: true,
        reconnectPeriod: 0,
        queueQoSZero: false,
        keepalive: this.#link.keepaliveS,
        connectTimeout: this.#link.connectTimeoutMs,
        ...(will === undefined ? {} : { will: asWill(will) }),
      },
    );
    client.on('connect', () => this.#subscribe());
    client.on('message', (topic, payload, packet) => {
      if (!this.#ended) this.#session.onMessage(asMessage(topic, payload, packet.retain));
    });
    client.on('error', (error) => this.#fail(messageOf(error)));
    client.on('close', () => this.#fail('connection closed'));
    return client;
  }

  #subscribe(): void {
    const filters = [...this.#session.subscriptions];
    if (filters.length === 0) {
      this.#onUp();
      return;
    }
    this.#subscribeTimer = setTimeout(
      () => this.#fail('SUBACK did not come in time'),
      this.#link.connectTimeoutMs,
    );
    // One refused filter is an error of the whole: half a session would look healthy and hear nothing.
    this.#client.subscribe(filters, { qos: 1 }, (error) => {
      clearTimeout(this.#subscribeTimer);
      if (this.#ended) return;
      if (error) this.#fail(messageOf(error));
      else this.#onUp();
    });
    this.#subscribeId = this.#client.getLastMessageId();
  }

  /** @throws {BusError} as `MessageBus.publish` */
  publish(publication: BusPublication): Promise<void> {
    if (this.#pending.size >= IN_FLIGHT_MAX) {
      return Promise.reject(new BusError({ code: 'bus_congested', inFlight: this.#pending.size }));
    }
    return new Promise((resolve, reject) => {
      const pending: Pending = { reject, messageId: 0, timer: undefined };
      this.#pending.add(pending);
      if (publication.qos === 1) this.#expectAck(pending);
      this.#client.publish(
        publication.topic,
        Buffer.from(publication.payload),
        { qos: publication.qos, retain: publication.retain ?? false },
        (error) => {
          if (!this.#forget(pending)) return;
          if (error) reject(new BusError({ code: 'bus_down' }, undefined, { cause: error }));
          else resolve();
        },
      );
      if (publication.qos === 1) pending.messageId = this.#client.getLastMessageId();
      // MQTT.js holds a packet back until the next tick. What leads must not wait while what follows is signed.
      this.#client.stream.uncork();
    });
  }

  #expectAck(pending: Pending): void {
    const afterMs = this.#link.ackTimeoutMs;
    pending.timer = setTimeout(
      () => this.#give(pending, { code: 'publish_unacknowledged', afterMs }),
      afterMs,
    );
  }

  /** Rejects one publication and makes MQTT.js forget it, so that its store and ids do not fill up. */
  #give(pending: Pending, failure: BusFailure): void {
    if (!this.#forget(pending)) return;
    if (pending.messageId !== 0) this.#client.removeOutgoingMessage(pending.messageId);
    pending.reject(new BusError(failure));
  }

  #forget(pending: Pending): boolean {
    clearTimeout(pending.timer);
    return this.#pending.delete(pending);
  }

  /** DISCONNECT, then the end of the connection; resolves in bounded time, whatever the broker does. */
  async close(): Promise<void> {
    if (this.#ended) return;
    this.#end();
    // MQTT.js would wait for the SUBACK, for ever, before it says DISCONNECT.
    if (this.#subscribeId !== null) this.#client.removeOutgoingMessage(this.#subscribeId);
    await new Promise<void>((resolve) => {
      const giveUp = setTimeout(() => this.#client.stream.destroy(), DISCONNECT_TIMEOUT_MS);
      this.#client.once('close', () => {
        clearTimeout(giveUp);
        resolve();
      });
      this.#client.end(!this.#client.connected);
    });
  }

  #fail(reason: string): void {
    if (this.#ended) return;
    this.#end();
    this.#client.end(true);
    this.#onDown(reason);
  }

  #end(): void {
    this.#ended = true;
    clearTimeout(this.#subscribeTimer);
    for (const pending of [...this.#pending]) this.#give(pending, { code: 'bus_down' });
  }
}

function asWill(will: BusPublication) {
  const { topic, qos, retain = false } = will;
  return { topic, payload: Buffer.from(will.payload), qos, retain };
}

function asMessage(topic: string, payload: Buffer, retained: boolean): BusMessage {
  const bytes = new Uint8Array(payload.buffer, payload.byteOffset, payload.byteLength);
  return { topic, payload: bytes, retained };
}
