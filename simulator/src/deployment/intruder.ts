import { type BusMessage, IN_FLIGHT_MAX, type MessageBus } from '@tieline/bus';
import { printTopic, type TopicKind } from '@tieline/protocol';

/**
 * Somebody who owns the broker: hears every command and may publish anything. What they cannot do is sign.
 */
export class Intruder {
  readonly #bus: MessageBus;
  readonly #deployment: string;
  readonly #heard = new Map<string, BusMessage>();

  /**
   * @param bus  not started yet
   * @param hears  kinds of topics, beside commands
   */
  constructor(deployment: string, bus: MessageBus, hears: readonly TopicKind[] = []) {
    this.#deployment = deployment;
    this.#bus = bus;
    this.#bus.start({
      subscriptions: ['command', ...hears].map((kind) => `tl1/${deployment}/+/${kind}`),
      onMessage: (message) => this.#overhear(message),
      onUp: () => undefined,
      onDown: () => undefined,
    });
  }

  get isUp(): boolean {
    return this.#bus.isUp;
  }

  /** The overheard command with its signature changed, each time to another one. */
  async forge(site: string, times = 1): Promise<void> {
    for (let done = 0; done < times; done += IN_FLIGHT_MAX) {
      const batch = Array.from({ length: Math.min(IN_FLIGHT_MAX, times - done) }, (_, k) =>
        this.#forgeOne(site, done + k + 1),
      );
      await Promise.all(batch);
    }
  }

  /** @param nr  from 1: 1 changes one bit of the last byte */
  async #forgeOne(site: string, nr: number): Promise<void> {
    const { topic, payload } = this.overheard(site);
    const forged = new Uint8Array(payload);
    // The end of the signature: everything but the author is right.
    const view = new DataView(forged.buffer, forged.length - 4);
    view.setUint32(0, view.getUint32(0) ^ nr);
    await this.#bus.publish({ topic, payload: forged, qos: 1 });
  }

  /** The overheard command, as it was, again; on the topic of another site where one is named. */
  async replay(site: string, to: string = site): Promise<void> {
    const { payload } = this.overheard(site);
    await this.publish(this.#topic(to, 'command'), payload);
  }

  /** The first policy that was overheard, as if it were the newest: the broker keeps it for whoever connects. */
  async replayPolicy(site: string): Promise<void> {
    const { topic, payload } = this.overheard(site, 'desired/policy');
    await this.#bus.publish({ topic, payload, qos: 1, retain: true });
  }

  async publish(topic: string, payload: Uint8Array): Promise<void> {
    await this.#bus.publish({ topic, payload, qos: 1 });
  }

  stop(): Promise<void> {
    return this.#bus.stop();
  }

  /** Keeps the first of each site: what comes later may be the intruder's own. */
  #overhear(message: BusMessage): void {
    if (!this.#heard.has(message.topic)) this.#heard.set(message.topic, message);
  }

  /** @throws where nothing of the kind was heard */
  overheard(site: string, kind: TopicKind = 'command'): BusMessage {
    const message = this.#heard.get(this.#topic(site, kind));
    if (message === undefined) throw new Error(`no ${kind} for ${site} was overheard`);
    return message;
  }

  #topic(site: string, kind: TopicKind): string {
    return printTopic({ deployment: this.#deployment, site, kind });
  }
}
