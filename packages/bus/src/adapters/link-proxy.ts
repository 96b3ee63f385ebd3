import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Passes, PublicationFilter } from '../publication-filter.ts';

/** A TCP link between a client and its broker that can be cut, stalled, slowed and restored. */
export interface LinkProxy {
  readonly port: number;
  /** Breaks the present connections at once; new ones are let through. */
  reset(): void;
  /** Breaks the present connections, and every new one, until `restore`. */
  cut(): void;
  /** Holds all bytes, and new connections, without telling anyone, until `restore`. */
  stall(): void;
  restore(): void;
  /** What is read from now on takes so long, real ms, asked for each piece; none overtakes another. */
  slow(delayMs: () => number): void;
  close(): Promise<void>;
}

/**
 * Puts a link on a free port of 127.0.0.1 in front of `target`.
 *
 * @param passes  asked of every publication that an MQTT broker sends through it; without it the bytes are not read
 */
export async function startLinkProxy(
  target: { host: string; port: number },
  passes?: Passes,
): Promise<LinkProxy> {
  const sockets = new Set<Socket>();
  const ways = new Set<Way>();
  let state: 'open' | 'cut' | 'stalled' = 'open';
  let delayMs = (): number => 0;

  // Half-open on both sides: each way ends by itself, once all that was sent before has been handed on.
  const sides = { noDelay: true, allowHalfOpen: true } as const;
  const server = createServer({ ...sides, pauseOnConnect: true }, (near) => {
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect({ ...target, ...sides });
    const filter = passes && new PublicationFilter(passes);
    for (const [from, to, through] of [
      [near, far, (piece: Buffer) => piece],
      [far, near, (piece: Buffer) => filter?.pass(piece) ?? piece],
    ] as const) {
      sockets.add(from);
      const link = { isOpen: () => state === 'open', delayMs: () => delayMs(), through };
      const way = new Way(from, to, link);
      ways.add(way);
      from.on('error', () => to.destroy());
      from.on('close', () => {
        sockets.delete(from);
        ways.delete(way);
      });
      way.flow();
    }
  });

  const breakAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  server.listen({ host: '127.0.0.1', port: 0, backlog: 4_096 });
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    reset: breakAll,
    cut() {
      state = 'cut';
      breakAll();
    },
    stall() {
      state = 'stalled';
      for (const socket of sockets) socket.pause();
    },
    restore() {
      state = 'open';
      for (const way of ways) way.flow();
    },
    slow(ofPieceMs) {
      delayMs = ofPieceMs;
    },
    async close() {
      breakAll();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Passage {
  isOpen(): boolean;
  delayMs(): number;
  /** What goes on of a piece. */
  through(piece: Buffer): Buffer;
}

/** One direction of a connection. What comes behind a piece that is on its way waits in the kernel. */
class Way {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #link: Passage;
  #travels = false;
  /** Has travelled, and met a link that stood still. */
  #arrived: Buffer | null = null;
  #ended = false;

  constructor(from: Socket, to: Socket, link: Passage) {
    this.#from = from;
    this.#to = to;
    this.#link = link;
    from.on('data', (piece: Buffer) => this.#send(piece));
    // An end is told even of a socket that is paused.
    from.on('end', () => this.#end());
    to.on('drain', () => this.flow());
  }

  /** Hands on what has arrived, and reads again where nothing is in the way. */
  flow(): void {
    if (this.#travels) return;
    if (!this.#link.isOpen()) {
      this.#from.pause();
      return;
    }
    const piece = this.#arrived;
    this.#arrived = null;
    const passes = piece === null || (this.#to.writable && this.#to.write(piece));
    if (this.#ended) this.#to.end();
    else if (passes) this.#from.resume();
  }

  #end(): void {
    this.#ended = true;
    if (!this.#travels && this.#arrived === null) this.#to.end();
  }

  #send(read: Buffer): void {
    const piece = this.#link.through(read);
    if (piece.length === 0) return;
    const delayMs = this.#link.delayMs();
    if (delayMs <= 0) {
      if (!this.#to.write(piece)) this.#from.pause();
      return;
    }
    this.#from.pause();
    this.#travels = true;
    setTimeout(() => {
      this.#travels = false;
      this.#arrived = piece;
      this.flow();
    }, delayMs);
  }
}
