import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeDeployment, PASSPHRASE, WALL_MS } from '../testing/deployment.ts';
import { type Scene, tieline } from '../testing/small-world.ts';

const deployment = makeDeployment();
const files = {
  'trust.cose': deployment.trustBytes,
  'alice.key': deployment.serviceKeyFile('alice'),
  'sealed.key': deployment.keyFile('alice'),
  'witness.key': deployment.serviceKeyFile('witness-1'),
  pass: `${PASSPHRASE}\n`,
};
const scene: Scene = { files, wallMs: WALL_MS };

const SETPOINT = ['--site', 'site-1', '--asset', 'battery-1', '--kw', '-80.5', '--for', '30m'];
const KEY = ['--key', 'alice.key', '--passphrase-file', 'pass', '--trust', 'trust.cose'];
const sign = (more: readonly string[] = [], words = [...SETPOINT, '--reason', 'evening peak']) =>
  ['order', 'sign', ...words, ...KEY, '--out', 'order.cose', ...more] as const;

async function signed(): Promise<Uint8Array> {
  const { files: after, stderr } = await tieline(sign(['--yes']), scene);
  const order = after.get('order.cose');
  if (order === undefined) throw new Error(stderr);
  return order;
}

test('an order signed by one command verifies in the next, and says in words what was signed', async () => {
  const order = await signed();
  const verified = await tieline(['order', 'verify', 'order.cose', '--trust', 'trust.cose'], {
    ...scene,
    files: { ...files, 'order.cose': order },
  });
  expect(verified.exit).toBe(0);
  expect(verified.stdout).toContain(
    'site-1     battery-1: draw from the grid 80.5 kW for 30 min, ramped at 10 kW/s, then the local rule goes on',
  );
  expect(verified.stdout).toMatch(/signed by {2}✓ alice, key [0-9a-f]{32}\n/);
  expect(verified.stdout).toContain('from 2025-06-01T11:59:00Z to 2025-06-01T12:15:00Z');
});

test('--json prints one versioned object, with ids in hex', async () => {
  const { stdout } = await tieline(sign(['--yes', '--json', '--quiet']), scene);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'tieline.order/1',
    id: expect.stringMatching(/^[0-9a-f]{32}$/),
    verified: true,
    signers: [{ principal: 'alice' }],
    class: 'routine',
    file: 'order.cose',
    targets: [{ site: 'site-1', actions: [{ type: 'setpoint', activePowerKw: -80.5 }] }],
  });
});

test('a sealed key signs once its passphrase is known', async () => {
  const argv = sign(['--yes']).map((word) => (word === 'alice.key' ? 'sealed.key' : word));
  expect((await tieline(argv, scene)).exit).toBe(0);
});

test('nothing is signed before a person agrees, who has been shown it in words', async () => {
  const declined = await tieline(sign(), { ...scene, answers: ['n'] });
  expect(declined.exit).toBe(1);
  expect(declined.stderr).toContain('signing as  alice');
  expect(declined.stderr).toContain('Declined');
  expect(declined.files.has('order.cose')).toBe(false);

  const nobody = await tieline(sign(), scene);
  expect(nobody.exit).toBe(2);
  expect(nobody.files.has('order.cose')).toBe(false);

  const agreed = await tieline(sign(), { ...scene, answers: ['y'] });
  expect(agreed.exit).toBe(0);
});

describe('exit 4, and nothing written, for a key that nobody would listen to', () => {
  test('a wrong passphrase', async () => {
    const argv = sign(['--yes']).map((word) => (word === 'alice.key' ? 'sealed.key' : word));
    const {
      exit,
      stderr,
      files: after,
    } = await tieline(argv, {
      ...scene,
      files: { ...files, pass: 'another passphrase\n' },
    });
    expect([exit, stderr]).toEqual([4, expect.stringContaining('does not open sealed.key')]);
    expect(after.has('order.cose')).toBe(false);
  });

  test('a key of another role', async () => {
    const argv = sign(['--yes']).map((word) => (word === 'alice.key' ? 'witness.key' : word));
    const { exit, stderr } = await tieline(argv, scene);
    expect([exit, stderr]).toEqual([4, expect.stringContaining('may not sign as operator')]);
  });

  test('a site outside the scope of the key', async () => {
    const argv = sign(['--yes']).map((word) => (word === 'site-1' ? 'site-9' : word));
    const { exit, stderr, files: after } = await tieline(argv, scene);
    expect([exit, stderr]).toEqual([4, expect.stringContaining('beyond the scope of alice')]);
    expect(after.has('order.cose')).toBe(false);
  });
});

test('whatever byte of a signed order is changed, added or lost: exit 4', {
  timeout: 30_000,
}, async () => {
  const order = await signed();
  const verify = async (bytes: Uint8Array) =>
    (
      await tieline(['order', 'verify', 'o', '--trust', 'trust.cose'], {
        ...scene,
        files: { ...files, o: bytes },
      })
    ).exit;
  expect(await verify(order)).toBe(0);
  await fc.assert(
    fc.asyncProperty(
      fc.nat(order.length - 1),
      fc.integer({ min: 1, max: 255 }),
      fc.constantFrom('flip', 'drop', 'insert'),
      async (at, bits, how) => {
        const bytes = [...order];
        if (how === 'flip') bytes[at] = (bytes[at] ?? 0) ^ bits;
        else bytes.splice(at, how === 'drop' ? 1 : 0, ...(how === 'insert' ? [bits] : []));
        const same = bytes.length === order.length && bytes.every((byte, k) => byte === order[k]);
        if (!same) expect(await verify(Uint8Array.from(bytes))).toBe(4);
      },
    ),
    { numRuns: 150 },
  );
});

test('an order outside its time is rightly signed and not to be used: exit 1', async () => {
  const late = { ...scene, wallMs: WALL_MS + 3_600_000, files: { ...files, o: await signed() } };
  const { exit, stderr } = await tieline(['order', 'verify', 'o', '--trust', 'trust.cose'], late);
  expect([exit, stderr]).toEqual([1, expect.stringContaining('outside its time')]);
});

test('after the trust document has run out nothing is signed by it', async () => {
  const { exit, stderr } = await tieline(sign(['--yes']), { ...scene, wallMs: 2 ** 34 * 1_000 });
  expect([exit, stderr]).toEqual([4, expect.stringContaining('trust expired')]);
});

test('show says that it has verified nothing, and names no person', async () => {
  const shown = await tieline(['order', 'show', 'o'], { files: { o: await signed() } });
  expect(shown.exit).toBe(0);
  expect(shown.stdout).toContain('not verified');
  expect(shown.stdout).not.toContain('alice');
});

describe('a draft file', () => {
  const draft = (change: object) =>
    JSON.stringify({
      reason: 'move charge',
      notAfter: '2025-06-01T18:00:00Z',
      targets: [
        {
          site: 'site-1',
          sess: '00112233445566778899aabbccddeeff',
          actions: [{ type: 'mode', mode: 'idle', startWithinMs: 0, validForMs: 60_000 }],
          assumes: { stateOfChargeMin: [{ asset: 'battery-1', min: 0.4 }] },
        },
      ],
      ...change,
    });
  const argv = [...sign(['--yes'], ['--draft', 'draft.json'])];
  const run = (text: string) =>
    tieline(argv, { ...scene, files: { ...files, 'draft.json': text } });

  test('is signed as it stands, with ids from hex', async () => {
    const { exit, stderr } = await run(draft({}));
    expect(exit).toBe(0);
    expect(stderr).toContain('bring every store to 0 kW for 1 min');
    expect(stderr).toContain('battery-1 is charged to 40 % or more');
    expect(stderr).toContain('session 00112233445566778899aabbccddeeff');
    expect(stderr).toContain('to 2025-06-01T18:00:00Z');
  });

  test.each([
    ['not JSON', '{', 'is not JSON'],
    ['an unknown key', draft({ raeson: 'x' }), 'raeson'],
    ['no target', draft({ targets: [] }), 'targets'],
    ['an id that is no hex', draft({ preview: 'xyz' }), 'preview'],
    [
      'a setpoint without an end',
      draft({
        targets: [{ site: 'site-1', actions: [{ type: 'mode', mode: 'idle', startWithinMs: 0 }] }],
      }),
      'targets[0].actions[0].validForMs',
    ],
    [
      'over before it begins',
      draft({ notBefore: '2025-06-01T19:00:00Z' }),
      'notBefore is not before notAfter',
    ],
    ['over already', draft({ notAfter: '2025-06-01T11:00:00Z' }), 'over before it is signed'],
    ['too large', draft({ reason: 'x'.repeat(70_000) }), 'too large'],
    ['bytes that are no text', new Uint8Array([0xff, 0xfe]), 'not text'],
  ])('%s is refused with exit 2 and the place', async (_what, text, told) => {
    const {
      exit,
      stderr,
      files: after,
    } = await tieline(argv, {
      ...scene,
      files: { ...files, 'draft.json': text },
    });
    expect([exit, stderr]).toEqual([2, expect.stringContaining(told)]);
    expect(after.has('order.cose')).toBe(false);
  });

  test('and flags exclude each other', async () => {
    const both = [...argv, '--kw', '5'];
    const { exit, stderr } = await tieline(both, {
      ...scene,
      files: { ...files, 'draft.json': draft({}) },
    });
    expect([exit, stderr]).toEqual([2, expect.stringContaining('--draft and --kw')]);
  });
});

test('a power without an end, an asset or a reason is refused with exit 2', async () => {
  for (const missing of ['--kw', '--for', '--asset', '--site', '--reason']) {
    const words = [...SETPOINT, '--reason', 'r'];
    words.splice(words.indexOf(missing), 2);
    const { exit, stderr } = await tieline(sign(['--yes'], words), scene);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(`${missing} is missing`)]);
  }
});

test('the sped-up clock of a context dates an order of a simulation, and of nothing real', async () => {
  const context = JSON.stringify({
    url: 'http://127.0.0.1:1',
    tokenFile: 't',
    clock: { rate: 30, realOriginMs: 0, simulatedOriginMs: 0 },
  });
  const argv = [...sign(['--yes', '--json']), '--context', '/ctx.json'];
  const real = await tieline(argv, { ...scene, files: { ...files, '/ctx.json': context } });
  expect([real.exit, real.stderr]).toEqual([2, expect.stringContaining('sped-up clock')]);
  const simulated = { ...files, 'trust.cose': makeDeployment('simulated').trustBytes };
  const { exit } = await tieline(argv, { ...scene, files: { ...simulated, '/ctx.json': context } });
  expect(exit).toBe(0);
});
