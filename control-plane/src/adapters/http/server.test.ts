import { once } from 'node:events';
import { get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { silentLogger, toHex } from '@tieline/kernel';
import { BLOCK_BYTES, KINDS, type Release, sealDocument, sha256 } from '@tieline/protocol';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  releaseKey,
  setpoint,
  signedOrder,
  signedPolicy,
  trust,
} from '../../testing/deployment.ts';
import { World } from '../../testing/world.ts';
import type { App } from './app.ts';
import { buildServer } from './server.ts';

const TOKEN = 'a'.repeat(64);
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

async function ask(method: 'GET' | 'POST' | 'PUT', url: string, payload?: object, token = TOKEN) {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await app.inject({ method, url, headers, ...(payload ? { payload } : {}) });
  return { status: answer.statusCode, body: answer.json() };
}

const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');

test('nothing but health is answered without the token, and none that is nearly right', async () => {
  expect((await app.inject({ url: '/v1/health' })).statusCode).toBe(200);
  for (const url of [
    '/v1/agents',
    '/metrics',
    '/openapi.json',
    '/v1/events',
    '/v1/health?x=1',
    '/no',
  ]) {
    expect((await app.inject({ url })).statusCode).toBe(401);
    expect((await ask('GET', url, undefined, TOKEN.slice(1))).status).toBe(401);
  }
  expect((await ask('GET', '/v1/agents', undefined, '')).body.error.code).toBe('unauthorized');
});

test('an order goes in as base64 and comes back as commands that can be followed', async () => {
  const sent = await ask('POST', '/v1/orders', { order: base64(signedOrder(1)) });
  expect(sent.status).toBe(202);
  expect(sent.body).toMatchObject({ order: '01'.repeat(16), commands: [{ site: 'site-1' }] });
  const agent = world.agents['site-1'];
  const outcome = agent.hears(world.bus.take('/command')[0]!);
  agent.answers(outcome, { state: 'refused', code: 'asset_local', facts: { asset: 'battery-1' } });
  const { body } = await ask('GET', `/v1/commands/${sent.body.commands[0].id}`);
  expect(body).toMatchObject({ state: 'refused', detail: 'asset_local', final: true });
  expect(body.ladder[0].facts).toEqual({ code: 'asset_local', facts: { asset: 'battery-1' } });
  expect((await ask('GET', '/v1/commands?site=site-1&state=refused')).body.commands).toHaveLength(
    1,
  );
  expect((await ask('GET', '/v1/commands?state=active')).body.commands).toHaveLength(0);
});

test('a refusal says its code, its facts and a status that fits', async () => {
  const damaged = signedOrder(1);
  damaged[damaged.length - 1]! ^= 1;
  expect(await ask('POST', '/v1/orders', { order: base64(damaged) })).toMatchObject({
    status: 403,
    body: { error: { code: 'signature_wrong', facts: { step: 8 } } },
  });
  const garbage = await ask('POST', '/v1/orders', { order: base64(new Uint8Array(40)) });
  expect(garbage).toMatchObject({ status: 400, body: { error: { code: 'envelope_tag_wrong' } } });
  const targets = [{ site: 'site-1', actions: [setpoint(500)], assumes: {} }];
  const beyond = await ask('POST', '/v1/orders', {
    order: base64(signedOrder(2, { order: { targets } })),
  });
  expect(beyond).toMatchObject({
    status: 422,
    body: { error: { code: 'beyond_policy_limit', facts: { askedKw: 500, maxKw: 200 } } },
  });
  expect((await ask('GET', '/v1/agents/site-9')).status).toBe(404);
  expect((await ask('GET', '/v1/agents/SITE 9')).body.error.code).toBe('request_malformed');
  expect((await ask('GET', '/v1/nothing')).body.error.code).toBe('not_found');
  const extra = await ask('POST', '/v1/orders', { order: base64(signedOrder(3)), more: 1 });
  expect(extra).toMatchObject({ status: 400, body: { error: { code: 'request_malformed' } } });
});

test('a preview shows voltages before and after, and an order may name it', async () => {
  const draft = {
    class: 'routine',
    reason: 'evening peak',
    targets: [{ site: 'site-1', actions: [setpoint(120)] }],
  };
  const { status, body } = await ask('POST', '/v1/dispatch/preview', draft);
  expect(status).toBe(200);
  const [site] = body.sites;
  expect(site.after.importKw).toBeCloseTo(site.before.importKw - 120, 6);
  expect(site.after.voltagePu).toBeGreaterThan(site.before.voltagePu);
  expect(site).toMatchObject({ withinMargin: false, violations: [] });
  const preview = Buffer.from(body.digest, 'hex');
  const taken = await ask('POST', '/v1/orders', {
    order: base64(signedOrder(1, { order: { preview: new Uint8Array(preview) } })),
  });
  expect(taken.status).toBe(202);
  const targets = [{ site: 'site-1', actions: [setpoint(121)], assumes: {} }];
  const other = signedOrder(2, { order: { preview: new Uint8Array(preview), targets } });
  expect((await ask('POST', '/v1/orders', { order: base64(other) })).body.error.code).toBe(
    'preview_differs',
  );
  const unknown = signedOrder(3, { order: { preview: new Uint8Array(32) } });
  expect((await ask('POST', '/v1/orders', { order: base64(unknown) })).body.error.code).toBe(
    'preview_unknown',
  );
});

test('a newer policy is published; an older one, and another of the same version, are refused', async () => {
  const put = (bytes: Uint8Array) => ask('PUT', '/v1/policy', { policy: base64(bytes) });
  expect(await put(signedPolicy(3))).toMatchObject({ status: 200, body: { version: 3 } });
  expect(world.bus.take('site-2/desired/policy')).toMatchObject([{ retain: true, qos: 1 }]);
  expect((await put(signedPolicy(3))).status).toBe(200);
  expect((await put(signedPolicy(2))).body.error.code).toBe('policy_not_newer');
  const far = await put(signedPolicy(3 + 65_537));
  expect(far).toMatchObject({ status: 422, body: { error: { facts: { stepMax: 65_536 } } } });
  const other = signedPolicy(3, { approvals: { routine: 1, critical: 1 } });
  expect(await put(other)).toMatchObject({
    status: 409,
    body: { error: { code: 'policy_conflict' } },
  });
  expect(world.events.at(-1)).toMatchObject({ type: 'alarm', code: 'policy_conflict' });
  expect((await put(signedPolicy(4, {}, releaseKey))).body.error.code).toBe('role_missing');
  expect((await put(signedPolicy(4, { deployment: 'other' }))).body.error.code).toBe(
    'policy_of_other_deployment',
  );
  expect((await ask('GET', '/v1/policy')).body.version).toBe(3);
});

test('a signed model is taken, asked of a site, fetched in blocks, and shown as running only when reported', async () => {
  const packed = new Uint8Array(BLOCK_BYTES + 10).fill(7);
  const blocks = [packed.slice(0, BLOCK_BYTES), packed.slice(BLOCK_BYTES)];
  const release: Release = {
    ...{ name: 'forecast', version: '1', bytes: packed.length, digest: sha256(packed) },
    blocks: blocks.map((block) => sha256(block)),
  };
  const seal = (body: Release) =>
    base64(sealDocument(KINDS.release, body, trust.anchor, [releaseKey], { iat: 1_700_000_000 }));
  const push = (bytes: Uint8Array, body: Release) =>
    ask('POST', '/v1/models', { package: base64(bytes), release: seal(body) });
  const wrong = { ...release, blocks: [release.blocks[1]!, release.blocks[0]!] };
  expect((await push(packed, wrong)).body.error.facts.place).toBe('blocks.0');
  const other = { ...release, digest: sha256(packed.slice(1)) };
  expect((await push(packed, other)).body.error.facts.place).toBe('digest');
  expect((await push(packed.slice(1), release)).body.error.facts.place).toBe('size');
  const digest = toHex(release.digest);
  expect(await push(packed, release)).toMatchObject({ status: 201, body: { digest } });
  expect((await ask('GET', '/v1/models')).body.models).toHaveLength(1);

  const asked = await ask('PUT', '/v1/sites/site-1/model', { digest });
  expect(asked.body).toMatchObject({ desired: digest, running: null, settled: false });
  expect(world.bus.take('site-1/desired/model')).toHaveLength(1);
  const agent = world.agents['site-1'];
  const want = KINDS.blockWant.message.encode({ digest: release.blocks[1]! });
  world.bus.deliver({ topic: 'tl1/test/site-1/block/want', payload: want });
  const [have] = world.bus.take('site-1/block/have');
  expect(KINDS.blockHave.message.decode(have!.payload).bytes).toHaveLength(10);
  world.bus.deliver({ topic: 'tl1/test/site-1/block/want', payload: want, retained: true });
  expect(world.bus.take('site-1/block/have')).toHaveLength(0);
  for (let nr = 0; nr < 200; nr += 1) {
    world.bus.deliver({ topic: 'tl1/test/site-1/block/want', payload: want });
  }
  expect(world.bus.take('site-1/block/have')).toHaveLength(159);
  agent.model = release.digest;
  agent.beats();
  const { body } = await ask('GET', '/v1/models/status');
  expect(body.sites[0]).toMatchObject({ site: 'site-1', running: digest, settled: true });
  expect((await ask('PUT', '/v1/sites/site-1/model', { digest: 'f'.repeat(64) })).status).toBe(404);
});

test('audit records are shown decoded, and exported', async () => {
  const agent = world.agents['site-1'];
  agent.audit.append({
    ...{ wallMs: 1, monotonicMs: 1, clock: 'trusted' as const, actor: 'double', kind: 'note' },
    ...{ subject: 'x', body: { digest: new Uint8Array([1, 255]) }, digests: {} },
  });
  agent.uploads(agent.audit.pending(131_072)!);
  const { body } = await ask('GET', '/v1/audit/site-1?from=0&limit=10');
  expect(body).toMatchObject({ size: 1, next: null });
  expect(body.records).toMatchObject([{ seq: 0, body: { digest: '01ff' } }]);
  const headers = { authorization: `Bearer ${TOKEN}` };
  const file = await app.inject({ url: '/v1/audit/site-1/export', headers });
  expect(file.headers['content-type']).toBe('application/octet-stream');
  expect(file.rawPayload.length).toBeGreaterThan(100);
  expect((await ask('GET', '/v1/audit/site-2')).body).toEqual({
    ...{ size: 0, records: [], next: null },
  });
  for (const nothing of ['site-2/export', 'site-1/export?closed=1']) {
    expect(await ask('GET', `/v1/audit/${nothing}`)).toMatchObject({
      status: 404,
      body: { error: { code: 'log_unknown' } },
    });
  }
});

test('telemetry comes back in buckets that keep the extremes', async () => {
  const agent = world.agents['site-1'];
  const values: number[] = Array.from({ length: 60 }, (_, at) => (at === 30 ? -300 : -100));
  values[59] = -90;
  agent.measures({
    ...{ startSessionMs: 1, startWallMs: 1_000_000, clock: 'trusted', stepMs: 1_000 },
    series: [
      {
        asset: 'meter',
        quantity: 'active-power-kw',
        values: [...values.slice(0, 5), null, ...values.slice(6)],
      },
    ],
  });
  await world.clock.advance(1_000);
  const of = 'site=site-1&asset=meter&quantity=active-power-kw';
  const { body } = await ask('GET', `/v1/telemetry?${of}&fromMs=1000000&toMs=1060000&points=2`);
  expect(body.bucketMs).toBe(30_000);
  expect(body.points).toEqual([
    { atMs: 1_000_000, mean: -100, min: -100, max: -100, count: 29 },
    { atMs: 1_030_000, mean: (-100 * 28 - 390) / 30, min: -300, max: -90, count: 30 },
  ]);
  expect((await ask('GET', '/v1/agents/site-1')).body.measurements).toEqual([
    { asset: 'meter', quantity: 'active-power-kw', value: -90, wallMs: 1_059_000 },
  ]);
  expect((await ask('GET', `/v1/telemetry?${of}&fromMs=5&toMs=5`)).body.error.code).toBe(
    'range_empty',
  );
});

test('events arrive as they happen; a client that comes back gets what it missed, or is told of a gap', async () => {
  await app.listen({ host: '127.0.0.1', port: 0 });
  const { port } = app.server.address() as AddressInfo;
  world.agents['site-1'].dies();
  const lastId = `${world.plane.epoch}-`;
  const read = async (id: string | null, until: string, act: () => void) => {
    const headers = { authorization: `Bearer ${TOKEN}`, ...(id ? { 'last-event-id': id } : {}) };
    const request = get({ port, host: '127.0.0.1', path: '/v1/events', headers });
    const [response] = await once(request, 'response');
    let text = '';
    act();
    for await (const chunk of response) {
      text += chunk;
      if (text.includes(until)) break;
    }
    request.destroy();
    return text;
  };
  const live = await read(null, '"lost"', () => {
    world.agents['site-2'].dies();
  });
  expect(live).toContain('event: agent');
  expect(live).not.toContain('site-1');
  const number = Number(/id: \d+-(\d+)/.exec(live)?.[1]);
  const missed = await read(`${lastId}${number - 1}`, 'site-2', () => {});
  expect(missed).toContain(`id: ${lastId}${number}`);
  expect(await read('0-1', 'gap', () => {})).toContain('event: gap');
});

test('metrics tell what is counted, with the sites of the configuration and no others', async () => {
  world.bus.deliver({ topic: 'tl1/test/site-77/heartbeat', payload: new Uint8Array(3) });
  const headers = { authorization: `Bearer ${TOKEN}` };
  const { payload } = await app.inject({ url: '/metrics', headers });
  expect(payload).toContain('tieline_messages_refused_total{code="site_unknown"} 1');
  expect(payload).toContain('tieline_agent_present{site="site-1"} 1');
  expect(payload).not.toContain('site-77');
});

test('docs/reference/openapi.json is the OpenAPI 3.1 document as it stands', async () => {
  const { body } = await ask('GET', '/openapi.json');
  expect(body.openapi).toBe('3.1.0');
  expect(Object.keys(body.paths)).toEqual(
    expect.arrayContaining(['/v1/orders', '/v1/agents/{site}', '/v1/events', '/metrics']),
  );
  const text = `${JSON.stringify(body, null, 2)}\n`;
  await expect(text).toMatchFileSnapshot('../../../../docs/reference/openapi.json');
});
