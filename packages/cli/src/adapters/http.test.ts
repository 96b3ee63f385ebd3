import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, expect, test } from 'vitest';
import { CliError } from '../exit.ts';
import type { HttpRequest } from '../world.ts';
import { sendRequest } from './http.ts';

const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
});

async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

const ask = (url: string, more: Partial<HttpRequest> = {}) =>
  sendRequest(
    { method: 'GET', url: `${url}/v1/x`, headers: {}, timeoutMs: 5_000, ...more },
    new AbortController().signal,
  );
async function failure(work: Promise<unknown>): Promise<CliError> {
  const thrown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (thrown instanceof CliError) return thrown;
  throw new Error(`not refused: ${String(thrown)}`);
}

test('headers and body arrive, the answer comes back with its status', async () => {
  const url = await serve((request, response) => {
    let body = '';
    request.on('data', (part) => {
      body += part;
    });
    request.on('end', () => {
      response.writeHead(202).end(JSON.stringify([request.headers.authorization, body]));
    });
  });
  const headers = { authorization: 'Bearer t' };
  const answer = await ask(url, { method: 'POST', headers, body: { a: 1 } });
  expect(answer.status).toBe(202);
  const bytes = await answer.bytes(1_000);
  expect(JSON.parse(new TextDecoder().decode(bytes))).toEqual(['Bearer t', '{"a":1}']);
});

test('nobody there: exit 3, and a refused connection has changed nothing', async () => {
  const url = await serve(() => undefined);
  const [server] = servers.splice(0);
  await new Promise((resolve) => server?.close(resolve));
  const { exit, problem } = await failure(ask(url, { method: 'POST', body: {} }));
  expect(exit).toBe(3);
  expect(problem.facts).toEqual([['reason', 'ECONNREFUSED']]);
});

test('no answer in time: exit 3, and the effect of a POST is said to be unknown', async () => {
  const url = await serve(() => undefined);
  const { exit, problem } = await failure(ask(url, { method: 'POST', body: {}, timeoutMs: 50 }));
  expect(exit).toBe(3);
  expect(problem.facts).toEqual([
    ['reason', 'no answer within 50 ms'],
    ['effect', 'unknown: the request may have been carried out'],
  ]);
});

test('the time limit holds for the body too, and for streams only until they begin', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(200).write('first');
  });
  const stalled = await ask(url, { timeoutMs: 100 });
  expect((await failure(stalled.bytes(1_000))).exit).toBe(3);
  const stream = await ask(url, { timeoutMs: 100 });
  for await (const chunk of stream.chunks()) {
    expect(new TextDecoder().decode(chunk)).toBe('first');
    break;
  }
});

test('the token is not carried to where an answer redirects', async () => {
  let followed = 0;
  const elsewhere = await serve((_request, response) => {
    followed += 1;
    response.end();
  });
  const url = await serve((_request, response) => {
    response.writeHead(302, { location: elsewhere }).end();
  });
  expect((await failure(ask(url, { headers: { authorization: 'Bearer t' } }))).exit).toBe(3);
  expect(followed).toBe(0);
});

test('an answer larger than its bound is not gathered', async () => {
  const url = await serve((_request, response) => {
    response.end(Buffer.alloc(100_000));
  });
  const answer = await ask(url);
  expect((await failure(answer.bytes(10_000))).problem.what).toContain('too large');
});

test('a caller can end a stream that it waits for', async () => {
  const url = await serve((_request, response) => {
    response.writeHead(200).write(': alive\n\n');
  });
  const stop = new AbortController();
  const answer = await ask(url, { signal: stop.signal });
  const reading = (async () => {
    for await (const _chunk of answer.chunks()) stop.abort();
  })();
  await expect(reading).rejects.toThrow();
});
