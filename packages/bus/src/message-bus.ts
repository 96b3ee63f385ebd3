/** One message as it arrived. `retained` is true when the broker replayed it from its store. */
export interface BusMessage {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly retained: boolean;
}

/** One message to send. QoS 2 does not exist here. */
export interface BusPublication {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1;
  readonly retain?: boolean;
}

/** What one client does on the bus; fixed for its lifetime. */
export interface BusSession {
  /** MQTT filters, subscribed with QoS 1 on every connect, before `onUp` is called. */
  readonly subscriptions: readonly string[];
  /** Published by the broker when the connection breaks; asked for anew at every connect. */
  will?(): BusPublication;
  /** Called in order of arrival; must not throw and must not block. */
  onMessage(message: BusMessage): void;
  /** The connection stands and the subscriptions are granted. */
  onUp(): void;
  /** The connection is lost, or could not be made; the bus goes on trying by itself. */
  onDown(reason: string): void;
}

export type BusFailure =
  | { readonly code: 'bus_down' }
  | { readonly code: 'publish_too_large'; readonly bytes: number; readonly bytesMax: number };

/**
 * A client's view of an MQTT 3.1.1 broker: clean sessions, QoS 0 and 1, nothing queued.
 * A message is sent now or the promise rejects: what must not be lost waits in the sender's own store.
 */
export interface MessageBus {
  readonly isUp: boolean;
  /** Begins to connect, and reconnects with full jitter until `stop`. Called once. */
  start(session: BusSession): void;
  /**
   * QoS 0: resolves when handed to the connection. QoS 1: resolves on PUBACK, which proves nothing about
   * the receiver. @throws {TielineError<BusFailure>} bus_down when there is no connection, or it breaks first.
   */
  publish(publication: BusPublication): Promise<void>;
  /** Disconnects in order: the will is not published. */
  stop(): Promise<void>;
}
