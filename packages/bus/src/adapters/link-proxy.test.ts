import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { type LinkProxy, startLinkProxy } from './link-proxy.ts';

/** The two ends of one connection through a link. */
async function linked(): Promise<{ near: Socket; far: Socket; link: LinkProxy }> {
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const link = await startLinkProxy({ host: '127.0.0.1', port });
  const near = connect({ host: '127.0.0.1', port: link.port, allowHalfOpen: true });
  near.on('error', () => {});
  const [far] = (await once(server, 'connection')) as [Socket];
  far.on('error', () => {});
  onTestFinished(async () => {
    near.destroy();
    far.destroy();
    await link.close();
    server.close();
  });
  return { near, far, link };
}

test('each way ends by itself, and what was sent before arrives however late it is read', async () => {
  const { near, far } = await linked();
  far.end('heard');
  expect((await buffer(near)).toString()).toBe('heard');
  const sent = Buffer.alloc(20_000_000, 'x');
  near.end(sent);
  // By then the link has more to hand on than the kernel takes.
  await expect.poll(() => near.bytesWritten).toBeGreaterThan(1_000_000);
  expect((await buffer(far)).length).toBe(sent.length);
});

test('a reset at one end is a break at the other', async () => {
  const { near, far } = await linked();
  const broken = new Promise((resolve) => near.resume().once('end', resolve));
  far.resetAndDestroy();
  await broken;
});

test('a slow link hands everything on in its order, later, and waits where it stands still', async () => {
  const { near, far, link } = await linked();
  link.slow(() => 30);
  const sent = Buffer.alloc(300_000, 'abcdefg');
  const begunMs = performance.now();
  near.end(sent);
  const got = await buffer(far);
  expect(got.equals(sent)).toBe(true);
  expect(performance.now() - begunMs).toBeGreaterThan(29);
  let heard = '';
  near.setEncoding('utf8').on('data', (text: string) => {
    heard += text;
  });
  link.stall();
  far.write('held');
  link.restore();
  far.end(' back');
  await once(near, 'end');
  expect(heard).toBe('held back');
});
