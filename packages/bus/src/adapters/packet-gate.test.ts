import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { type PacketBounds, PacketGate } from './packet-gate.ts';
import { publishBytes } from './raw-mqtt.ts';

const BOUNDS: PacketBounds = { packetBytesMax: 262_144 };

/** A gate in front of one end of a TCP connection, and the peer at the other end. */
async function gated(bounds = BOUNDS): Promise<{ gate: PacketGate; socket: Socket; peer: Socket }> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const peer = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [socket] = (await once(server, 'connection')) as [Socket];
  peer.on('error', () => {});
  const gate = new PacketGate(socket, bounds);
  onTestFinished(() => {
    server.close();
    peer.destroy();
    gate.destroy();
  });
  return { gate, socket, peer };
}

/** Resolves however it came to that; `once` would reject on an error. */
const closed = (stream: Duplex): Promise<void> =>
  new Promise((resolve) => stream.once('close', () => resolve()));

const packets = (count: number, payloadBytes: number): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, () =>
      publishBytes({ topic: 't/1', payload: 'x'.repeat(payloadBytes) }),
    ),
  );

test('while nobody reads, the peer is asked to wait, and not a byte is lost', async () => {
  const { gate, socket, peer } = await gated();
  const sent = packets(400, 100_000);
  peer.end(sent);
  await expect.poll(() => socket.isPaused()).toBe(true);
  expect(gate.readableLength).toBeLessThan(1_000_000);
  expect(Buffer.compare(await buffer(gate), sent)).toBe(0);
});

test('of a stranger the first packet passes, and the rest waits, unbuffered, for its admission', async () => {
  const { gate, socket, peer } = await gated({ ...BOUNDS, strangerPacketBytesMax: 600 });
  const first = packets(1, 500);
  const rest = packets(400, 100_000);
  peer.end(Buffer.concat([first, rest]));
  await once(gate, 'readable');
  expect(gate.read()).toEqual(first);
  gate.read(0);
  expect({ waits: socket.isPaused(), buffered: gate.readableLength }).toEqual({
    waits: true,
    buffered: 0,
  });
  gate.admit();
  expect(Buffer.compare(await buffer(gate), rest)).toBe(0);
});

test('what came before a peer ended is read to its end, though the peer is gone by then', async () => {
  const { gate, socket, peer } = await gated();
  const sent = packets(10, 500);
  peer.end(sent);
  await Promise.all([once(socket, 'end'), once(peer, 'finish')]);
  peer.destroy();
  const gone = closed(socket);
  // The first bytes are answered by a reset, which the next ones meet.
  while (!socket.destroyed) await new Promise((written) => gate.write(Buffer.alloc(64), written));
  await gone;
  const read: Buffer[] = [];
  gate.on('data', (chunk: Buffer) => read.push(chunk));
  await closed(gate);
  expect(Buffer.compare(Buffer.concat(read), sent)).toBe(0);
  expect(gate.errored).toBeNull();
});

test('a peer that ends its side and stays is let go once it was read', async () => {
  const { gate, socket, peer } = await gated();
  peer.allowHalfOpen = true;
  peer.resume();
  peer.end(packets(10, 500));
  const over = Promise.all([closed(gate), closed(socket), once(peer, 'end')]);
  gate.resume();
  await over;
});

test('a reset ends the gate with an error, and so does the end of its own socket', async () => {
  const reset = await gated();
  reset.peer.resetAndDestroy();
  expect(await once(reset.gate, 'error')).toMatchObject([{ code: 'ECONNRESET' }]);
  const ended = await gated();
  const over = closed(ended.gate);
  ended.socket.destroy();
  await over;
});

test('a peer that does not read is written to up to a bound, and none of it outlives the peer', async () => {
  const { gate, peer } = await gated();
  peer.pause();
  let writes = 1;
  while (gate.write(Buffer.alloc(100_000)) && writes < 1_000) writes += 1;
  expect(writes).toBeLessThan(20);
  gate.on('error', () => {});
  const over = closed(gate);
  peer.resetAndDestroy();
  await over;
});
