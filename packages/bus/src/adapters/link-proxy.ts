import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** A TCP link between a client and its broker that can be cut, stalled and restored. */
export interface LinkProxy {
  readonly port: number;
  /** Breaks the present connections at once; new ones are let through. */
  reset(): void;
  /** Breaks the present connections, and every new one, until `restore`. */
  cut(): void;
  /** Holds all bytes, and new connections, without telling anyone, until `restore`. */
  stall(): void;
  restore(): void;
  close(): Promise<void>;
}

/** Puts a link on a free port of 127.0.0.1 in front of `target`. */
export async function startLinkProxy(target: { host: string; port: number }): Promise<LinkProxy> {
  const sockets = new Set<Socket>();
  let state: 'open' | 'cut' | 'stalled' = 'open';

  // Half-open on both sides: each way ends by itself, once all that was sent before has been handed on.
  const sides = { noDelay: true, allowHalfOpen: true } as const;
  const server = createServer({ ...sides, pauseOnConnect: true }, (near) => {
    if (state === 'cut') {
      near.destroy();
      return;
    }
    const far = connect({ ...target, ...sides });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      sockets.add(from);
      from.on('data', (chunk) => {
        if (!to.write(chunk)) from.pause();
      });
      to.on('drain', () => state === 'open' && from.resume());
      from.on('end', () => to.end());
      from.on('error', () => to.destroy());
      from.on('close', () => sockets.delete(from));
      if (state === 'stalled') from.pause();
      else from.resume();
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
      for (const socket of sockets) socket.resume();
    },
    async close() {
      breakAll();
      server.close();
      await once(server, 'close');
    },
  };
}
