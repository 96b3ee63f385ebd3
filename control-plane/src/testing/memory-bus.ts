import { BusError, type BusPublication, type BusSession, type MessageBus } from '@tieline/bus';

/** The control plane's side of a bus whose other side is the test. */
export class MemoryBus implements MessageBus {
  readonly sent: BusPublication[] = [];
  #session: BusSession | null = null;
  #up = false;

  get isUp(): boolean {
    return this.#up;
  }

  start(session: BusSession): void {
    this.#session = session;
  }

  publish(publication: BusPublication): Promise<void> {
    if (!this.#up) return Promise.reject(new BusError({ code: 'bus_down' }));
    this.sent.push(publication);
    return Promise.resolve();
  }

  stop(): Promise<void> {
    this.#up = false;
    return Promise.resolve();
  }

  up(): void {
    this.#up = true;
    this.#session?.onUp();
  }

  down(): void {
    this.#up = false;
    this.#session?.onDown('cut by the test');
  }

  deliver(message: { topic: string; payload: Uint8Array; retained?: boolean }): void {
    this.#session?.onMessage({ retained: false, ...message });
  }

  /** What was sent since the last call under topics that end so; taken out. */
  take(suffix: string): readonly BusPublication[] {
    const taken = this.sent.filter(({ topic }) => topic.endsWith(suffix));
    const rest = this.sent.filter(({ topic }) => !topic.endsWith(suffix));
    this.sent.splice(0, this.sent.length, ...rest);
    return taken;
  }
}
