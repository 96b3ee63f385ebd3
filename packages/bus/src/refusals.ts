import type { Logger } from '@tieline/kernel';

/** Why the embedded broker refused something: a label of a metric, so the list is closed. */
export const BROKER_REFUSALS = [
  'connections_full',
  'connect_timeout',
  'packet_too_large',
  'packet_malformed',
  'protocol_version',
  'session_not_clean',
  'keepalive_out_of_range',
  'credentials_bad',
  'client_id_foreign',
  'will_denied',
  'topic_invalid',
  'qos_2',
  'publish_denied',
  'retain_denied',
  'retained_full',
  'subscribe_denied',
  'forward_denied',
  'keepalive_lost',
  'reader_slow',
] as const;
export type BrokerRefusal = (typeof BROKER_REFUSALS)[number];

/** Counts refusals, and logs the first, tenth, hundredth … of each reason: a flood must not fill the log. */
export class Refusals {
  readonly #logger: Logger;
  readonly #counts = new Map<BrokerRefusal, number>(BROKER_REFUSALS.map((reason) => [reason, 0]));

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  /** @param clientId  of a client that is known; what a stranger calls itself does not go to the log */
  count(reason: BrokerRefusal, clientId: string | null): void {
    const count = (this.#counts.get(reason) ?? 0) + 1;
    this.#counts.set(reason, count);
    if (Number.isInteger(Math.log10(count))) {
      this.#logger.warn('broker_refused', { reason, client: clientId, count });
    }
  }

  /** Refusals since the start, every reason present. */
  get counts(): ReadonlyMap<BrokerRefusal, number> {
    return this.#counts;
  }
}
