import { once } from 'node:events';
import { type ClientRequest, get, type IncomingMessage, request } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { silentLogger } from '@tieline/kernel';
import {
  BLOCK_BYTES,
  KINDS,
  MODEL_BYTES_MAX,
  type Release,
  sealDocument,
  sha256,
} from '@tieline/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { releaseKey, trust } from '../../testing/deployment.ts';
import { World } from '../../testing/world.ts';
import type { App } from './app.ts';
import { buildServer } from './server.ts';

const TOKEN = 'a'.repeat(64);
const headers = { authorization: `Bearer ${TOKEN}` };
let world: World;
let app: App;

beforeEach(async () => {
  world = World.ready();
  app = await buildServer({ plane: world.plane, token: TOKEN, logger: silentLogger });
});
afterEach(async () => {
  await app.close();
  await world.plane.stop();
});

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

async function statusOf(asked: ClientRequest): Promise<number | undefined> {
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  asked.destroy();
  return response.statusCode;
}

test('a body beyond its bound is refused before it is read whole, whether it says its length or not', async () => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const post = (more: object) =>
    request({
      ...{ host: '127.0.0.1', port, method: 'POST', path: '/v1/orders' },
      headers: { ...headers, 'content-type': 'application/json', ...more },
    }).on('error', () => {});
  // Neither of them is ever ended.
  const told = post({ 'content-length': 200_000 });
  told.write('{');
  expect(await statusOf(told)).toBe(413);
  const untold = post({});
  untold.write(`{"order":"${'A'.repeat(140_000)}`);
  expect(await statusOf(untold)).toBe(413);
});

test('who has connected and asks nothing, or half of something, does not keep the server from closing', async () => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const silent = connect(port, '127.0.0.1');
  const halting = connect(port, '127.0.0.1');
  const gone = [silent, halting].map((socket) => once(socket.resume(), 'close'));
  await Promise.all([once(silent, 'connect'), once(halting, 'connect')]);
  halting.write('GET /v1/health HTTP/1.1\r\nhost: here\r\n');
  // Both are known to the server by the time it has answered a third.
  expect((await fetch(`http://127.0.0.1:${port}/v1/health`)).status).toBe(200);
  await app.close();
  await Promise.all(gone);
});

test('a path that is none is no way around the token, and is refused like all else', async () => {
  const answer = await app.inject({ url: '/v1/%zz' });
  expect([answer.statusCode, answer.json().error.code]).toEqual([401, 'unauthorized']);
  const known = await app.inject({ url: '/v1/%zz', headers });
  expect([known.statusCode, known.json().error.code]).toEqual([400, 'request_refused']);
});

test('each scrape of the metrics looks at the agents once', async () => {
  let looked = 0;
  const agents = world.plane.agents.bind(world.plane);
  world.plane.agents = () => {
    looked += 1;
    return agents();
  };
  world.agents['site-1'].dies();
  const { payload } = await app.inject({ url: '/metrics', headers });
  expect(looked).toBe(1);
  expect(payload).toContain('tieline_agent_present{site="site-1"} 0');
  expect(payload).toContain('tieline_agent_policy_version{site="site-2"} 1');
});

test('a package of the largest size that a release may name is taken', async () => {
  const packed = new Uint8Array(MODEL_BYTES_MAX).fill(7);
  const block = sha256(packed.slice(0, BLOCK_BYTES));
  const blocks = Array.from({ length: MODEL_BYTES_MAX / BLOCK_BYTES }, () => block);
  const release: Release = {
    ...{ name: 'forecast', version: '1', bytes: packed.length, digest: sha256(packed), blocks },
  };
  const sealed = sealDocument(KINDS.release, release, trust.anchor, [releaseKey], { iat: 1 });
  const body = { package: base64(packed), release: base64(sealed) };
  const push = async (payload: object): Promise<number> => {
    const answer = await app.inject({ method: 'POST', url: '/v1/models', headers, payload });
    return answer.statusCode;
  };
  expect(await push(body)).toBe(201);
  for (const wrong of ['AAA', 'AA=A', 'A===', 'AA-A', `${'A'.repeat(4_001)}===`]) {
    expect(await push({ ...body, package: wrong }), wrong).toBe(400);
  }
});

test('an answer of audit records ends where it grows large, and says where to go on', async () => {
  const agent = world.agents['site-1'];
  agent.notes(300, 'x'.repeat(200), { text: 'y'.repeat(8_000) });
  for (let upload = agent.audit.pending(131_072); upload; upload = agent.audit.pending(131_072)) {
    agent.uploads(upload);
    for (const { payload } of world.bus.take('site-1/audit-receipt')) agent.believes(payload);
  }
  const pageFrom = async (from: number): Promise<{ seqs: number[]; next: number | null }> => {
    const url = `/v1/audit/site-1?limit=1000&from=${from}`;
    const answer = await app.inject({ url, headers });
    expect(answer.rawPayload.length).toBeLessThan(1_100_000);
    const { records, next } = answer.json();
    return { seqs: records.map(({ seq }: { seq: number }) => seq), next };
  };
  const seen: number[] = [];
  for (let from: number | null = 0; from !== null; ) {
    const { seqs, next } = await pageFrom(from);
    seen.push(...seqs);
    from = next;
  }
  expect(seen).toEqual(Array.from({ length: 300 }, (_, seq) => seq));
});

test('a HEAD of the event stream is no listener', async () => {
  const answer = await app.inject({ method: 'HEAD', url: '/v1/events', headers });
  expect(answer.statusCode).toBe(404);
});

test('a listener that does not read is cut off, and the others go on', async () => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  const [stuck] = await once(
    get({ port, host: '127.0.0.1', path: '/v1/events', headers }),
    'response',
  );
  stuck.pause();
  const cut = once(stuck, 'error');
  const detail = 'x'.repeat(100_000);
  const told = { type: 'model', site: detail, desired: null, running: null } as const;
  for (let nr = 0; nr < 400; nr += 1) world.plane.events.append(told, 0);
  stuck.resume();
  expect((await cut)[0]).toMatchObject({ code: 'ECONNRESET' });
  expect((await app.inject({ url: '/v1/agents', headers })).statusCode).toBe(200);
});
