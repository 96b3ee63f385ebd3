import { openPolicy, sealPolicy } from '@tieline/protocol';
import { describe, expect, test } from 'vitest';
import { answering, Refused } from '../testing/control-plane.ts';
import { makeDeployment, WALL_MS } from '../testing/deployment.ts';
import { samplePolicy } from '../testing/policy.ts';
import { tieline } from '../testing/small-world.ts';

const agent = (site: string, more: object = {}) => ({
  site,
  link: 'present',
  sinceWallMs: WALL_MS - 3_600_000,
  heardWallMs: WALL_MS - 3_000,
  sess: 'aa'.repeat(16),
  boot: 4,
  bornWallMs: WALL_MS - 3_600_000,
  software: '0.1.0',
  quarantine: null,
  reported: {
    trust: 1,
    policy: 7,
    model: 'cd'.repeat(32),
    clock: 'trusted',
    audit: { size: 120, root: '00' },
    mode: 'automatic',
    control: 'present',
    buffered: { receipts: 0, auditRecords: 2, telemetryPoints: 0 },
    refused: { signature_wrong: 3 },
  },
  auditReceipted: 118,
  waiting: 0,
  measurements: [
    { asset: 'meter-1', quantity: 'active-power-kw', value: -212.4, wallMs: WALL_MS - 1_000 },
    { asset: 'pv-1', quantity: 'active-power-kw', value: 3, wallMs: WALL_MS - 90_000 },
  ],
  ...more,
});

describe('agent', () => {
  const agents = [
    agent('site-1'),
    agent('site-2', { link: 'lost', sinceWallMs: WALL_MS - 60_000 }),
  ];

  test('ls puts the lost one first, says since when, and shows the model that is reported', async () => {
    const { exit, stdout } = await tieline(
      ['agent', 'ls'],
      answering({ 'GET /v1/agents': { agents } }),
    );
    expect(exit).toBe(0);
    const rows = stdout.split('\n');
    expect(rows[1]).toMatch(/^✗ site-2 +lost since 2025-06-01T11:59:00Z/);
    expect(rows[2]).toMatch(
      /^ {2}site-1 +present +3 s ago +automatic +trusted +cdcdcdcdcdcd +7 +2 +0$/,
    );
  });

  test('ls --site and --json narrow and pass on everything that was answered', async () => {
    const scene = answering({ 'GET /v1/agents': { agents } });
    const { stdout } = await tieline(['agent', 'ls', '--site', 'site-2', '--json'], scene);
    expect(JSON.parse(stdout)).toEqual({ schema: 'tieline.agents/1', agents: [agents[1]] });
  });

  test('get marks what was measured too long ago, and counts what was refused', async () => {
    const scene = answering({ 'GET /v1/agents/site-1': agent('site-1') });
    const { stdout } = await tieline(['agent', 'get', 'site-1'], scene);
    expect(stdout).toContain('signature_wrong 3');
    expect(stdout).toMatch(/! pv-1 .* 1 min 30 s ago/);
    expect(stdout).toMatch(/ {2}meter-1 +active-power-kw +-212\.4 +1 s ago/);
  });

  test('a site that nobody knows is exit 1, and a wrong token exit 4', async () => {
    const unknown = answering({
      'GET /v1/agents/x': new Refused(404, 'site_unknown', { site: 'x' }),
    });
    const { exit, stderr } = await tieline(['agent', 'get', 'x'], unknown);
    expect([exit, stderr]).toEqual([1, expect.stringContaining('next  tieline agent ls')]);
    const locked = answering({ 'GET /v1/agents': new Refused(401, 'unauthorized') });
    expect((await tieline(['agent', 'ls'], locked)).exit).toBe(4);
  });

  test('an answer of another shape is not guessed at: exit 1, with the place', async () => {
    const odd = answering({ 'GET /v1/agents': { agents: [{ site: 'site-1' }] } });
    const { exit, stderr } = await tieline(['agent', 'ls'], odd);
    expect([exit, stderr]).toEqual([1, expect.stringContaining('agents.0.link')]);
  });
});

describe('context', () => {
  test.each([
    ['none', {}, 'Which control plane is meant?'],
    [
      'a token in the clear over a network',
      { url: 'http://control.example:80' },
      'elsewhere https://',
    ],
    ['an unknown key', { url: 'https://c.example', tokenFile: 't', user: 'x' }, 'user'],
  ])('%s is refused with exit 2, and nothing is sent', async (_what, context, told) => {
    const files = { '/c.json': JSON.stringify({ tokenFile: 'token', ...context }) };
    const argv = ['agent', 'ls', '--context', '/c.json'];
    const { exit, stderr, requests } = await tieline(argv, { files });
    expect([exit, requests]).toEqual([2, []]);
    expect(stderr).toContain(told);
  });
});

describe('policy', () => {
  const deployment = makeDeployment();
  const files = {
    '/ctx/trust.cose': deployment.trustBytes,
    'policy.key': deployment.serviceKeyFile('policy-1'),
    'alice.key': deployment.serviceKeyFile('alice'),
  };
  const documentOf = (policy: ReturnType<typeof samplePolicy>) =>
    Buffer.from(
      sealPolicy(policy, deployment.trust.anchor, [deployment.key('policy-1')], {
        iat: 1,
      }),
    ).toString('base64');
  const held = { version: 7, document: documentOf(samplePolicy()) };
  const next = { ...samplePolicy(), version: 8 };
  next.sites = next.sites.map((site) => ({ ...site, importMaxKw: 480 }));
  const publish = (policy: object, routes: object, key = 'policy.key', more = ['--yes']) =>
    tieline(
      ['policy', 'publish', 'p.json', '--key', key, ...more],
      answering(
        { 'GET /v1/policy': held, ...routes },
        { files: { ...files, 'p.json': JSON.stringify(policy) } },
      ),
    );

  test('show decodes what was signed', async () => {
    const { stdout } = await tieline(
      ['policy', 'show', '--json'],
      answering({ 'GET /v1/policy': held }),
    );
    expect(JSON.parse(stdout)).toEqual({ schema: 'tieline.policy/1', policy: samplePolicy() });
  });

  test('publish shows what changes, signs it, and hands over what verifies', async () => {
    const { exit, stderr, requests } = await publish(next, { 'PUT /v1/policy': {} });
    expect(exit).toBe(0);
    expect(stderr).toContain('7 → 8');
    expect(stderr).toMatch(/site-1\.importMaxKw +500 → 480\n/);
    expect(stderr.match(/→/g)).toHaveLength(2);
    const { body } = requests.at(-1) as { body: { policy: string } };
    const opened = openPolicy(new Uint8Array(Buffer.from(body.policy, 'base64')), {
      trust: deployment.trust,
      site: null,
      wallS: WALL_MS / 1_000,
    });
    expect(opened.body.version).toBe(8);
  });

  test.each([
    ['a version not above the one in force', samplePolicy(), 'policy.key', 2],
    ['a policy of another deployment', { ...next, deployment: 'other' }, 'policy.key', 2],
    ['a key of another role', next, 'alice.key', 4],
  ])('%s is not published', async (_what, policy, key, exit) => {
    const outcome = await publish(policy, { 'PUT /v1/policy': {} }, key);
    expect(outcome.exit).toBe(exit);
    expect(outcome.requests.some(({ method }) => method === 'PUT')).toBe(false);
  });

  test('nothing is published before a person agrees', async () => {
    const { exit, requests } = await publish(next, { 'PUT /v1/policy': {} }, 'policy.key', []);
    expect(exit).toBe(2);
    expect(requests.some(({ method }) => method === 'PUT')).toBe(false);
  });
});

describe('model and audit', () => {
  test('status marks a site that runs something else than was asked', async () => {
    const sites = [
      { site: 'site-1', desired: 'ab'.repeat(32), running: 'ab'.repeat(32), settled: true },
      { site: 'site-2', desired: 'ab'.repeat(32), running: null, settled: false },
    ];
    const { stdout } = await tieline(
      ['model', 'status'],
      answering({ 'GET /v1/models/status': { sites } }),
    );
    expect(stdout.split('\n')[1]).toBe(
      '! site-2  abababababab  none (rule)       not what was asked',
    );
  });

  test('tail asks for the newest records, and --json prints one a line', async () => {
    const record = (seq: number) => ({
      seq,
      wallMs: WALL_MS,
      monotonicMs: 0,
      clock: 'trusted',
      actor: 'agent',
      kind: 'cycle',
      subject: 'battery-1',
      body: { at: seq },
    });
    // The second question for two is answered with one, which is large, and where to go on.
    const pages = [
      { records: [record(0)], next: 1 },
      { records: [record(498)], next: 499 },
      { records: [record(499)], next: null },
    ];
    const scene = answering({
      'GET /v1/audit/site-1': () => ({ status: 200, body: { size: 500, ...pages.shift() } }),
    });
    const argv = ['audit', 'tail', 'site-1', '--limit', '2', '--json'];
    const { stdout, requests } = await tieline(argv, scene);
    expect(requests.map(({ url }) => new URL(url).search)).toEqual([
      '?from=0&limit=1',
      '?from=498&limit=2',
      '?from=499&limit=1',
    ]);
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines).toEqual(
      [498, 499].map((seq) => ({ schema: 'tieline.audit-record/1', ...record(seq) })),
    );
  });

  test('export writes what came, whole or not at all', async () => {
    const argv = ['audit', 'export', 'site-1', '--out', 'log'];
    const route = 'GET /v1/audit/site-1/export';
    const whole = await tieline(
      argv,
      answering({ [route]: () => [Uint8Array.of(1), Uint8Array.of(2, 3)] }),
    );
    expect([whole.exit, whole.files.get('log')]).toEqual([0, Uint8Array.of(1, 2, 3)]);
    const closed = await tieline(
      [...argv, '--closed', '2'],
      answering({ [route]: () => [Uint8Array.of(4)] }),
    );
    expect(new URL(closed.requests[0]?.url ?? '').search).toBe('?closed=2');
    const empty = await tieline(argv, answering({ [route]: () => [] }));
    expect([empty.exit, empty.files.has('log')]).toEqual([1, false]);
    const unknown = await tieline(argv, answering({}));
    expect([unknown.exit, unknown.files.has('log')]).toEqual([1, false]);
  });
});
