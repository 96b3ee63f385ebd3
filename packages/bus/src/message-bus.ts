import { TielineError } from '@tieline/kernel';

/** The largest payload: a broker's packet bound of 256 KiB less room for the header and the topic. */
export const PAYLOAD_BYTES_MAX = 262_144 - 1_024;

/** Publications of one client that may wait at a time, for PUBACK or for room on the connection. */
export const IN_FLIGHT_MAX = 1_024;

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
  /** Called in order of arrival, for retained ones perhaps before `onUp`; must not throw and must not block. */
  onMessage(message: BusMessage): void;
  /** The connection stands and the subscriptions are granted. */
  onUp(): void;
  /** The connection is lost, or could not be made; the bus goes on trying by itself. */
  onDown(reason: string): void;
}

export type BusFailure =
  | { readonly code: 'bus_down' }
  | { readonly code: 'bus_congested'; readonly inFlight: number }
  | { readonly code: 'publish_unacknowledged'; readonly afterMs: number }
  | { readonly code: 'publish_too_large'; readonly bytes: number; readonly bytesMax: number };

export class BusError extends TielineError<BusFailure> {}

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
   * the receiver. Whether a message that was refused after it had been handed over has arrived is unknown.
   * @throws {BusError} bus_down when there is no connection, or it breaks first; publish_unacknowledged when
   * PUBACK does not come in time; bus_congested when too many are in flight; publish_too_large
   */
  publish(publication: BusPublication): Promise<void>;
  /** Disconnects in order: the will is not published. */
  stop(): Promise<void>;
}

/** @throws {BusError} publish_too_large */
export function refuseTooLarge(publication: BusPublication): void {
  const bytes = publication.payload.length;
  if (bytes > PAYLOAD_BYTES_MAX) {
    throw new BusError({ code: 'publish_too_large', bytes, bytesMax: PAYLOAD_BYTES_MAX });
  }
}
