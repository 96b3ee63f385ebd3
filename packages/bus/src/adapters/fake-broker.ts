import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';

export const CONNACK = Buffer.from([0x20, 2, 0, 0]);

/** Answers a SUBSCRIBE, whose message id stands at its bytes 2 and 3. */
export const suback = (subscribe: Buffer, ...granted: number[]): Buffer =>
  Buffer.from([0x90, 2 + granted.length, subscribe[2]!, subscribe[3]!, ...granted]);

/** A broker that is none: what it says, and when, is the test's. */
export async function fakeBroker(
  talk: (socket: Socket) => void,
): Promise<{ readonly port: number; close(): void }> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    talk(socket);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}
