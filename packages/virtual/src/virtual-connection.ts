import {
  BusError,
  type BusFailure,
  type BusMessage,
  type BusPublication,
  type BusSession,
  type Grants,
  IN_FLIGHT_MAX,
} from '@tieline/bus';
import type { VirtualEvent } from './event-queue.ts';
import type { Link, Pipe } from './link.ts';
import type { BrokerSide, VirtualBroker } from './virtual-broker.ts';

/** As the adapter of a real broker has them. */
/** Whoever connects gives up then. */
export const CONNECT_TIMEOUT_MS = 10_000;
const ACK_TIMEOUT_MS = 10_000;
const DISCONNECT_TIMEOUT_MS = 2_000;

interface Pending {
  readonly resolve: () => void;
  readonly reject: (error: BusError) => void;
  readonly timeout: VirtualEvent;
}

export interface ConnectionParts {
  readonly clientId: string;
  readonly grants: Grants;
  readonly session: BusSession;
  readonly link: Link;
  readonly broker: VirtualBroker;
  readonly up: () => void;
  /** Once, after `up` or instead of it; never after `close`. */
  readonly down: (reason: string) => void;
}

/** One connection over a virtual link, both ends of it, from CONNECT to its end. */
export class VirtualConnection {
  readonly #parts: ConnectionParts;
  readonly #toBroker: Pipe;
  readonly #toClient: Pipe;
  readonly #brokerSide: BrokerSide;
  readonly #pending = new Set<Pending>();
  readonly #connectTimeout: VirtualEvent;
  /** The client has let go of it: by a break, or by `close`. */
  #clientGone = false;
  #whenClosed = (): void => {};

  constructor(parts: ConnectionParts) {
    const { link, broker, session, clientId, grants } = parts;
    this.#parts = parts;
    this.#toBroker = link.openPipe();
    this.#toClient = link.openPipe();
    this.#brokerSide = {
      clientId,
      grants,
      subscriptions: session.subscriptions,
      will: session.will?.(),
      deliver: (message, qos) =>
        this.#toClient.send(() => this.#receive(message), qos === 1 ? 'qos1' : 'qos0'),
      drop: (reason) => this.#end(reason),
    };
    const { world } = link;
    this.#connectTimeout = world.schedule(world.monotonicMs() + CONNECT_TIMEOUT_MS, () =>
      this.break('no answer to CONNECT'),
    );
    this.#toBroker.send(() => this.#arriveAtBroker(broker), 'control');
  }

  #arriveAtBroker(broker: VirtualBroker): void {
    if (!broker.connect(this.#brokerSide)) {
      this.#end('refused by the broker');
      return;
    }
    this.#toClient.send(() => this.#connected(), 'control');
    broker.greet(this.#brokerSide);
  }

  #connected(): void {
    if (this.#clientGone) return;
    this.#parts.link.world.callOff(this.#connectTimeout);
    this.#parts.up();
  }

  #receive(message: BusMessage): void {
    if (!this.#clientGone) this.#parts.session.onMessage(message);
  }

  /** @throws {BusError} as `MessageBus.publish` */
  publish({ topic, payload, qos, retain = false }: BusPublication): Promise<void> {
    if (this.#pending.size >= IN_FLIGHT_MAX) {
      const failure: BusFailure = { code: 'bus_congested', inFlight: this.#pending.size };
      return Promise.reject(new BusError(failure));
    }
    const { broker } = this.#parts;
    const copy = { topic, payload: payload.slice(), qos, retain };
    if (qos === 0) {
      this.#toBroker.send(() => broker.publish(this.#brokerSide, copy), 'qos0');
      return Promise.resolve();
    }
    return new Promise((resolve, reject) => {
      const pending: Pending = { resolve, reject, timeout: this.#ackTimeout(() => pending) };
      this.#pending.add(pending);
      this.#toBroker.send(() => {
        // First the acknowledgement, as brokers do: it proves nothing.
        this.#toClient.send(() => this.#acknowledge(pending), 'control');
        broker.publish(this.#brokerSide, copy);
      }, 'qos1');
    });
  }

  #ackTimeout(pending: () => Pending): VirtualEvent {
    const { world } = this.#parts.link;
    return world.schedule(world.monotonicMs() + ACK_TIMEOUT_MS, () => {
      const failure = { code: 'publish_unacknowledged', afterMs: ACK_TIMEOUT_MS } as const;
      if (this.#pending.delete(pending())) pending().reject(new BusError(failure));
    });
  }

  #acknowledge(pending: Pending): void {
    if (!this.#pending.delete(pending)) return;
    this.#parts.link.world.callOff(pending.timeout);
    pending.resolve();
  }

  /** Both ends learn that the connection is no more. */
  break(reason: string): void {
    this.#parts.broker.disconnected(this.#brokerSide, false);
    this.#end(reason);
  }

  /** DISCONNECT; resolves when the broker has let go of it, or does not seem to in time. */
  async close(): Promise<void> {
    if (this.#clientGone) return;
    this.#letGo();
    const { broker, link } = this.#parts;
    await new Promise<void>((resolve) => {
      const dueMs = link.world.monotonicMs() + DISCONNECT_TIMEOUT_MS;
      const giveUp = link.world.schedule(dueMs, resolve);
      this.#whenClosed = () => {
        link.world.callOff(giveUp);
        resolve();
      };
      this.#toBroker.send(() => {
        broker.disconnected(this.#brokerSide, true);
        this.#toClient.send(() => this.#closePipes(), 'control');
      }, 'control');
    });
  }

  /** The client's process is gone: it hears nothing any more, and the broker learns of it. */
  abandon(): void {
    if (!this.#clientGone) this.#letGo();
    this.break('abandoned');
  }

  #end(reason: string): void {
    this.#closePipes();
    if (this.#clientGone) return;
    this.#letGo();
    this.#parts.down(reason);
  }

  #closePipes(): void {
    this.#toBroker.close();
    this.#toClient.close();
    this.#whenClosed();
  }

  #letGo(): void {
    this.#clientGone = true;
    const { world } = this.#parts.link;
    world.callOff(this.#connectTimeout);
    for (const { reject, timeout } of this.#pending) {
      world.callOff(timeout);
      reject(new BusError({ code: 'bus_down' }));
    }
    this.#pending.clear();
  }
}
