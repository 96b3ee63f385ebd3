import type { BusMessage, MessageBus } from '@tieline/bus';
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

  /** The overheard command with one bit of its signature changed. */
  async forge(site: string): Promise<void> {
    const { topic, payload } = this.overheard(site);
    const forged = new Uint8Array(payload);
    // A bit of the signature's last byte: everything but the author is right.
    forged[forged.length - 1] = (forged.at(-1) ?? 0) ^ 0x01;
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
