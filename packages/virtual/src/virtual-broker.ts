import {
  type BusMessage,
  type BusPublication,
  type Grants,
  publishRefusal,
  subscribeRefusal,
  topicMatches,
} from '@tieline/bus';

/** One client's connection, as the broker sees it. */
export interface BrokerSide {
  readonly clientId: string;
  readonly grants: Grants;
  readonly subscriptions: readonly string[];
  readonly will: BusPublication | undefined;
  deliver(message: BusMessage, qos: 0 | 1): void;
  /** The broker ends the connection; it calls `disconnected` itself. */
  drop(reason: string): void;
}

/** Whoever looks on at the broker, and keeps things back. */
export interface Onlooker {
  /** A client's connection was taken. */
  connected?(clientId: string): void;
  /** False where the broker passes it to nobody. */
  published?(clientId: string, publication: BusPublication): boolean;
}

/**
 * What an MQTT 3.1.1 broker does with messages, in no time: clean sessions, retained messages, wills, QoS 0 and 1,
 * and the same grants as the embedded broker.
 */
export class VirtualBroker {
  readonly #connected = new Map<string, BrokerSide>();
  /** Who hears a topic by its name: with hundreds of agents, asking each about each message would be most of the work. */
  readonly #byTopic = new Map<string, Set<BrokerSide>>();
  /** Who hears more topics than they name. */
  readonly #byPattern = new Set<BrokerSide>();
  #isUp = true;
  /** Connections that were asked for, taken or not, since the beginning. */
  connects = 0;
  readonly #retained = new Map<string, BusPublication>();
  readonly #onlookers: Onlooker[] = [];

  /** From now on it sees whatever passes, behind those that came before it. */
  show(onlooker: Onlooker): void {
    this.#onlookers.push(onlooker);
  }

  /** False where it refuses. A present connection of the same client id is taken over. */
  connect(side: BrokerSide): boolean {
    const { will, grants } = side;
    this.connects += 1;
    if (!this.#isUp) return false;
    if (will !== undefined && this.#refuses(side, will)) return false;
    for (const topic of side.subscriptions) {
      if (subscribeRefusal(grants, { topic, qos: 1 }) !== null) return false;
    }
    const present = this.#connected.get(side.clientId);
    if (present !== undefined) this.#break(present, 'taken over by a newer connection');
    this.#connected.set(side.clientId, side);
    for (const onlooker of this.#onlookers) onlooker.connected?.(side.clientId);
    this.#listen(side);
    return true;
  }

  /** What is kept for a new connection's subscriptions. */
  greet(side: BrokerSide): void {
    for (const kept of this.#retained.values()) {
      if (this.#wants(side, kept.topic)) {
        side.deliver({ topic: kept.topic, payload: kept.payload, retained: true }, kept.qos);
      }
    }
  }

  publish(from: BrokerSide, publication: BusPublication): void {
    if (this.#refuses(from, publication)) {
      this.#break(from, `not allowed to publish to ${publication.topic}`);
    } else if (this.#passes(from, publication)) {
      this.#forward(publication);
    }
  }

  /** The connection has ended: in order, or by a break, which publishes its will. */
  disconnected(side: BrokerSide, inOrder: boolean): void {
    if (this.#connected.get(side.clientId) !== side) return;
    this.#connected.delete(side.clientId);
    this.#unlisten(side);
    if (!inOrder && side.will !== undefined) this.#forward(side.will);
  }

  /** Its process ends: nothing that it kept is left, nobody publishes the wills, and it takes no connection. */
  stop(): void {
    this.#isUp = false;
    const sides = [...this.#connected.values()];
    this.#connected.clear();
    this.#retained.clear();
    for (const side of sides) this.#unlisten(side);
    for (const side of sides) side.drop('the broker has ended');
  }

  start(): void {
    this.#isUp = true;
  }

  #passes({ clientId }: BrokerSide, publication: BusPublication): boolean {
    return this.#onlookers.every(({ published }) => published?.(clientId, publication) ?? true);
  }

  #break(side: BrokerSide, reason: string): void {
    this.disconnected(side, false);
    side.drop(reason);
  }

  #forward({ topic, payload, qos, retain }: BusPublication): void {
    if (retain === true) {
      if (payload.length === 0) this.#retained.delete(topic);
      else this.#retained.set(topic, { topic, payload, qos });
    }
    const named = this.#byTopic.get(topic) ?? [];
    const matching = [...this.#byPattern].filter((side) => this.#wants(side, topic));
    for (const side of new Set([...named, ...matching])) {
      side.deliver({ topic, payload, retained: false }, qos);
    }
  }

  #listen(side: BrokerSide): void {
    for (const filter of side.subscriptions) {
      if (isPattern(filter)) this.#byPattern.add(side);
      else this.#byTopic.set(filter, (this.#byTopic.get(filter) ?? new Set()).add(side));
    }
  }

  #unlisten(side: BrokerSide): void {
    this.#byPattern.delete(side);
    for (const filter of side.subscriptions) {
      const hearers = this.#byTopic.get(filter);
      hearers?.delete(side);
      if (hearers?.size === 0) this.#byTopic.delete(filter);
    }
  }

  #wants(side: BrokerSide, topic: string): boolean {
    return side.subscriptions.some((filter) => topicMatches(filter, topic));
  }

  #refuses(side: BrokerSide, { topic, qos, retain = false }: BusPublication): boolean {
    return publishRefusal(side.grants, { topic, qos, retain }) !== null;
  }
}

function isPattern(filter: string): boolean {
  return filter.includes('+') || filter.includes('#');
}
