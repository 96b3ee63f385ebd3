import type { ServerResponse } from 'node:http';
import type { EventLog, Numbered } from '../../core/events.ts';

/** So that proxies and clients see that the stream lives; ms. */
const COMMENT_EVERY_MS = 15_000;
export const CLIENTS_MAX = 64;
/** A client that leaves more than this unread is cut off: it can come back with its last id. */
const UNREAD_BYTES_MAX = 1_048_576;

/** Server-sent events to bounded clients (WHATWG HTML, 9.2). */
export class EventStreams {
  readonly #events: EventLog;
  readonly #clients = new Set<ServerResponse>();
  readonly #timer: NodeJS.Timeout;

  constructor(events: EventLog) {
    this.#events = events;
    this.#timer = setInterval(() => {
      for (const client of this.#clients) this.#write(client, ': alive\n\n');
    }, COMMENT_EVERY_MS);
    this.#timer.unref();
  }

  get isFull(): boolean {
    return this.#clients.size >= CLIENTS_MAX;
  }

  /** @param lastId  where the client left off; `gap` tells it that some of what followed is gone */
  serve(client: ServerResponse, lastId: string | undefined): void {
    client.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    this.#clients.add(client);
    const end = this.#events.listen((numbered) => this.#write(client, frame(numbered)));
    client.on('close', () => {
      end();
      this.#clients.delete(client);
    });
    const missed = lastId === undefined ? [] : this.#events.after(lastId);
    this.#write(client, ': tieline\n\n');
    if (missed === null) this.#write(client, 'event: gap\ndata: {}\n\n');
    for (const numbered of missed ?? []) this.#write(client, frame(numbered));
  }

  close(): void {
    clearInterval(this.#timer);
    for (const client of this.#clients) client.end();
  }

  #write(client: ServerResponse, text: string): void {
    if (client.destroyed) return;
    if (client.writableLength > UNREAD_BYTES_MAX) client.destroy();
    else client.write(text);
  }
}

function frame({ id, wallMs, event }: Numbered): string {
  const { type, ...data } = event;
  return `id: ${id}\nevent: ${type}\ndata: ${JSON.stringify({ wallMs, ...data })}\n\n`;
}
