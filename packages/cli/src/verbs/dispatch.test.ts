import { describe, expect, test } from 'vitest';
import {
  answering,
  COMMAND_ID,
  commandAnswer,
  eventStream,
  Refused,
} from '../testing/control-plane.ts';
import { makeDeployment } from '../testing/deployment.ts';
import { tieline } from '../testing/small-world.ts';

const WATCH = ['dispatch', 'get', COMMAND_ID, '--watch'];
const SETPOINT = ['--site', 'site-1', '--asset', 'battery-1', '--kw', '80', '--for', '30m'];

const CLIPPED = {
  clipped: { by: 'site limit', toKw: 50 },
  detail: 'clipped by site limit to 50 kW',
};

const following = (...states: readonly object[]) =>
  answering({
    [`GET /v1/commands/${COMMAND_ID}`]: commandAnswer(),
    'GET /v1/events': eventStream(...states),
  });

test('get shows what is known, rung by rung, with the audit record that says the same', async () => {
  const { exit, stdout, requests } = await tieline(WATCH.slice(0, 3), following());
  expect(exit).toBe(0);
  expect(stdout).toContain('active, not confirmed\n');
  expect(stdout).toContain('battery-1: feed into the grid 80.0 kW for 30 min');
  expect(stdout).toMatch(/accepted +all +2025-06-01T12:00:01Z +41/);
  expect(requests[0]?.headers['authorization']).toBe('Bearer a-token-of-this-test');
});

describe('get --watch', () => {
  test('says confirmed by measurement only when the meter has said so, and ends with 0', async () => {
    const { exit, stdout } = await tieline(
      WATCH,
      following(
        { state: 'confirmed', confirmedBy: 'device' },
        { state: 'confirmed', confirmedBy: 'meter' },
        { state: 'failed', final: true },
      ),
    );
    const told = stdout.split('\n').filter((line) => line.startsWith('12:00:00Z'));
    expect(told).toEqual([
      '12:00:00Z · site-1  active, not confirmed',
      '12:00:00Z · site-1  confirmed by the device, not yet measured',
      '12:00:00Z ✓ site-1  confirmed by measurement',
    ]);
    expect(exit).toBe(0);
  });

  test.each([
    [{ state: 'refused', final: true, detail: 'beyond_policy_limit' }, 5, 'beyond policy limit'],
    [{ state: 'refused', final: true, detail: 'order_signature_wrong' }, 4, 'signature wrong'],
    [{ state: 'unknown', detail: 'no_receipt' }, 3, 'The effect is unknown'],
    [{ state: 'completed', final: true }, 3, 'The effect is unknown'],
    [{ state: 'expired', final: true }, 1, 'Not carried out as ordered'],
    [{ state: 'confirmed', confirmedBy: 'meter', ...CLIPPED }, 5, 'Not carried out as ordered'],
  ])('%j ends with %i', async (state, exit, told) => {
    const outcome = await tieline(WATCH, following(state));
    expect([outcome.exit, outcome.stderr]).toEqual([exit, expect.stringContaining(told)]);
  });

  test('other commands’ events, comments and what is no JSON change nothing', async () => {
    const noise = ': alive\n\nevent: command\ndata: {broken\n\nevent: agent\ndata: {}\n\n';
    const [good] = eventStream({ confirmedBy: 'meter' })();
    const [other] = eventStream({ id: 'f'.repeat(32), state: 'failed', final: true })();
    const scene = answering({
      [`GET /v1/commands/${COMMAND_ID}`]: commandAnswer(),
      'GET /v1/events': () => [new TextEncoder().encode(noise), other, good],
    });
    expect((await tieline(WATCH, scene)).exit).toBe(0);
  });

  test('a stream that breaks is opened again, and what was missed is asked for', async () => {
    const asked = [commandAnswer(), commandAnswer(), commandAnswer({ confirmedBy: 'meter' })];
    const scene = answering({
      [`GET /v1/commands/${COMMAND_ID}`]: () => ({ status: 200, body: asked.shift() }),
      'GET /v1/events': eventStream(),
    });
    const { exit, requests } = await tieline(WATCH, scene);
    expect(exit).toBe(0);
    expect(requests.filter(({ url }) => url.endsWith('/v1/events'))).toHaveLength(2);
  });

  test('--json tells each change on a line of its own', async () => {
    const { stdout } = await tieline([...WATCH, '--json'], following({ confirmedBy: 'meter' }));
    const lines = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ schema }) => schema)).toEqual([
      'tieline.command/1',
      'tieline.command-progress/1',
      'tieline.command-progress/1',
    ]);
    expect(lines[2]).toMatchObject({ id: COMMAND_ID, site: 'site-1', confirmedBy: 'meter' });
  });
});

describe('send', () => {
  const deployment = makeDeployment();
  const files = {
    'trust.cose': deployment.trustBytes,
    '/ctx/trust.cose': deployment.trustBytes,
    'alice.key': deployment.serviceKeyFile('alice'),
  };
  const order = async (): Promise<Uint8Array> => {
    const key = ['--key', 'alice.key', '--out', 'o', '--yes'];
    const argv = ['order', 'sign', ...SETPOINT, '--reason', 'peak', ...key];
    const { files: after, stderr } = await tieline(argv, answering({}, { files }));
    const bytes = after.get('o');
    if (bytes === undefined) throw new Error(stderr);
    return bytes;
  };
  const send = async (routes: Readonly<Record<string, unknown>>, more: readonly string[] = []) =>
    tieline(['dispatch', 'send', 'o', ...more], answering(routes, { files: { o: await order() } }));

  test('hands over the very bytes that were signed, and promises nothing', async () => {
    const routes = {
      'POST /v1/orders': { order: 'ab', commands: [commandAnswer({ state: 'offered' })] },
    };
    const { exit, stdout, stderr, requests } = await send(routes);
    expect(exit).toBe(0);
    expect(stdout).toContain(`command ${COMMAND_ID}, offered`);
    expect(stderr).toContain('nothing is confirmed yet');
    const sent = requests.at(-1)?.body;
    expect(sent).toEqual({ order: Buffer.from(await order()).toString('base64') });
  });

  test('--watch ends as the commands end', async () => {
    const { exit, stdout } = await send(
      {
        'POST /v1/orders': { order: 'ab', commands: [commandAnswer()] },
        [`GET /v1/commands/${COMMAND_ID}`]: commandAnswer(),
        'GET /v1/events': eventStream({ confirmedBy: 'meter' }),
      },
      ['--watch'],
    );
    expect([exit, stdout]).toEqual([0, expect.stringContaining('confirmed by measurement')]);
  });

  test.each([
    [403, 'signature_wrong', 4],
    [403, 'order_quorum_missed', 6],
    [422, 'beyond_policy_limit', 5],
    [401, 'unauthorized', 4],
    [409, 'order_conflict', 1],
    [422, 'preview_differs', 1],
    [400, 'message_malformed', 2],
    [500, 'internal', 3],
  ])('%i %s is exit %i, with the facts', async (status, code, exit) => {
    const outcome = await send({
      'POST /v1/orders': new Refused(status, code, { askedKw: -400, asset: 'battery-1' }),
    });
    expect(outcome.exit).toBe(exit);
    expect(outcome.stderr).toContain(code.replaceAll('_', ' '));
    expect(outcome.stderr).toContain('asked  battery-1: draw from the grid 400 kW');
  });

  test('bytes that are no order stay here: exit 2', async () => {
    const scene = answering({}, { files: { o: new Uint8Array([1, 2, 3]) } });
    const { exit, requests } = await tieline(['dispatch', 'send', 'o'], scene);
    expect([exit, requests]).toEqual([2, []]);
  });
});

describe('preview', () => {
  const side = (value: unknown) => ({ before: value, after: value });
  const preview = (violations: readonly object[]) => ({
    schema: 'tieline.preview/1',
    digest: 'ab'.repeat(32),
    madeWallMs: 0,
    policyVersion: 7,
    sites: [
      {
        site: 'site-1',
        before: { importKw: 310, voltagePu: 0.951 },
        after: { importKw: 230, voltagePu: 0.953 },
        measuredWallMs: Date.UTC(2025, 5, 1, 11, 59, 58),
        headroom: {
          importFallKw: 900,
          importRiseKw: 40,
          fallStops: 'voltage',
          riseStops: 'voltage',
        },
        quarterHourImportMaxKw: 300,
        withinMargin: false,
        violations,
        unmodelled: [],
      },
    ],
    minVoltage: side({ bus: '18', pu: 0.913 }),
    lossKw: side(202.7),
    feederImportKw: side(3917.7),
  });
  const argv = ['dispatch', 'preview', ...SETPOINT, '--reason', 'peak', '--out', 'draft.json'];

  test('says what would raise the demand that is billed', async () => {
    const shown = async (afterKw: number): Promise<string> => {
      const { sites, ...rest } = preview([]);
      const raised = sites.map((site) => ({ ...site, after: { importKw: afterKw, voltagePu: 1 } }));
      const scene = answering({ 'POST /v1/dispatch/preview': { ...rest, sites: raised } });
      return (await tieline(argv, scene)).stdout;
    };
    expect(await shown(312.04)).toContain(
      '! site-1  held for a quarter hour, 312.0 kW pass the demand of 300.0 kW',
    );
    // It was beyond it before, and gets no worse.
    expect(await shown(309)).not.toContain('quarter hour');
  });

  test('shows before and after, and writes a draft that names what was looked at', async () => {
    const scene = answering({ 'POST /v1/dispatch/preview': preview([]) });
    const { exit, stdout, files, requests } = await tieline(argv, scene);
    expect(exit).toBe(0);
    expect(stdout).toMatch(
      /site-1 +310\.0 +230\.0 +0\.9510 +0\.9530 +-900 to \+40 +2 s ago +a signed order/,
    );
    expect(JSON.parse(new TextDecoder().decode(files.get('draft.json')))).toMatchObject({
      preview: 'ab'.repeat(32),
      policyVersionMin: 7,
      notAfter: '2025-06-01T12:15:00.000Z',
      targets: [{ site: 'site-1', actions: [{ type: 'setpoint', activePowerKw: 80 }] }],
    });
    expect(requests[0]?.body).toMatchObject({
      class: 'routine',
      notAfter: Date.UTC(2025, 5, 1, 12, 15) / 1_000,
    });
  });

  test('what the policy would refuse ends with 5, and leaves no draft behind', async () => {
    const violation = { code: 'beyond_policy_limit', site: 'site-1', askedKw: 400, maxKw: 200 };
    const scene = answering({ 'POST /v1/dispatch/preview': preview([violation]) });
    const { exit, stdout, stderr, files } = await tieline(argv, scene);
    expect(exit).toBe(5);
    expect(stdout).toContain('askedKw 400, maxKw 200');
    expect(stderr).toContain('would refuse');
    expect(files.has('draft.json')).toBe(false);
  });
});

test('ls puts first what needs attention, marked', async () => {
  const commands = [commandAnswer(), commandAnswer({ state: 'unknown' })];
  const scene = answering({ 'GET /v1/commands': { commands } });
  const { stdout, requests } = await tieline(['dispatch', 'ls', '--site', 'site-1'], scene);
  const rows = stdout.split('\n');
  expect(rows[1]).toMatch(/^✗ .*UNKNOWN/);
  expect(rows[2]).toMatch(/^ {2}.*active/);
  expect(requests[0]?.url).toBe('http://127.0.0.1:8080/v1/commands?site=site-1&limit=20');
});
