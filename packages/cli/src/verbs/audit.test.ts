import { AuditLog, AuditWitness, auditKeysOf, openDatabase } from '@tieline/audit';
import { concatBytes } from '@tieline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { makeDeployment, WALL_MS } from '../testing/deployment.ts';
import { type Scene, tieline } from '../testing/small-world.ts';

const deployment = makeDeployment();
const keys = auditKeysOf(deployment.trust);

/** A log of `site-1`, receipted up to `receipted` records, as one file. */
function exportOf(records: number, receipted: number, pruned = false): Uint8Array {
  const database = () => openDatabase(':memory:', { synchronous: 'FULL' });
  const { anchor } = deployment.trust;
  const identity = { anchor, deployment: 'demo', site: 'site-1' };
  const log = new AuditLog({ db: database(), identity, key: deployment.key('site-1') });
  const witness = new AuditWitness({
    db: database(),
    deployment: 'demo',
    anchor,
    key: deployment.key('witness-1'),
    clock: { wallMs: () => WALL_MS, monotonicMs: () => 0, sleepUntil: async () => undefined },
  });
  for (let at = 0; at < records; at += 1) {
    log.append({
      wallMs: WALL_MS + at,
      monotonicMs: at,
      clock: 'trusted',
      actor: 'agent',
      kind: 'cycle',
      subject: 'battery-1',
      body: { at },
      digests: {},
    });
    if (at + 1 !== receipted) continue;
    const upload = log.pending(196_608);
    if (upload !== null) log.acceptReceipt(witness.ingest('site-1', upload, keys), keys);
  }
  if (pruned) log.prune(0);
  return concatBytes(...log.export());
}

const file = exportOf(12, 8);
const verify = (bytes: Uint8Array, more: readonly string[] = []) =>
  tieline(['audit', 'verify', 'log', '--trust', 'trust.cose', ...more], {
    files: { log: bytes, 'trust.cose': deployment.trustBytes },
  });

test('a whole log verifies offline, and it is said how far the control plane vouches for it', async () => {
  const { exit, stdout } = await verify(file);
  expect(exit).toBe(0);
  expect(stdout).toContain('✓ log of site-1 in demo');
  expect(stdout).toContain('12, from 0 to 11');
  expect(stdout).toContain('8 receipted by the control plane; beyond that');
});

test('--json says the same to a machine', async () => {
  const { stdout } = await verify(file, ['--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'tieline.audit-verified/1',
    verified: true,
    site: 'site-1',
    first: 0,
    size: 12,
    receipts: 1,
    receiptedSize: 8,
    root: expect.stringMatching(/^[0-9a-f]{64}$/),
  });
});

test('a file that begins later verifies only where that is accepted, and it is said where it begins', async () => {
  const later = exportOf(12, 8, true);
  const refused = await verify(later);
  expect([refused.exit, refused.stdout]).toEqual([4, '']);
  expect(refused.stderr).toContain('export pruned');
  expect(refused.stderr).toContain('tieline audit verify log --pruned');
  const { exit, stdout } = await verify(later, ['--pruned']);
  expect(exit).toBe(0);
  expect(stdout).toContain('4, from 8 to 11');
  expect(stdout).toContain('records 0 to 7 are not in this file');
});

test('whatever byte is changed, wherever it is cut: exit 4, with the place', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.nat(file.length - 1),
      fc.integer({ min: 1, max: 255 }),
      async (at, bits) => {
        const flipped = file.slice();
        flipped[at] = (flipped[at] ?? 0) ^ bits;
        expect((await verify(flipped)).exit).toBe(4);
        expect((await verify(file.slice(0, at))).exit).toBe(4);
      },
    ),
    { numRuns: 100 },
  );
});

test('a log of another deployment does not verify by this trust document', async () => {
  const other = makeDeployment('simulated').trustBytes;
  const { exit } = await tieline(['audit', 'verify', 'log', '--trust', 't'], {
    files: { log: file, t: other },
  });
  expect(exit).toBe(4);
});

test.each([
  ['a trust document that its root did not sign', 4, deployment.trustBytes.with(-1, 0)],
  ['what is no trust document', 2, new Uint8Array([1, 2, 3])],
])('%s is refused with exit %i', async (_what, exit, trust) => {
  const scene = { files: { log: file, 'trust.cose': trust } };
  expect((await tieline(['audit', 'verify', 'log', '--trust', 'trust.cose'], scene)).exit).toBe(
    exit,
  );
});

describe('replay', () => {
  const replay = (childStdout: string, childExit: number, more: Partial<Scene> = {}) =>
    tieline(['audit', 'replay', 'log'], { childStdout, childExit, ...more });
  const firstDifference = {
    seq: 17,
    expected: {
      cycles: [
        [1, 'a'],
        [2, 'b'],
      ],
    },
    logged: {
      cycles: [
        [1, 'a'],
        [3, 'b'],
      ],
    },
  };
  const line = (identical: boolean, cycles = 600) =>
    `${JSON.stringify({
      schema: 'tieline.replay/1',
      cycles,
      from: cycles === 0 ? null : 3,
      identical,
      firstDifference: identical || cycles === 0 ? null : firstDifference,
    })}\n`;

  test('passes on that every decision is identical, and from where', async () => {
    const { exit, stdout } = await replay(line(true), 0);
    expect([exit, stdout]).toEqual([
      0,
      'replayed  ✓ 600 cycles from record 3 on, every decision identical\n',
    ]);
  });

  test('ends with 1 at the first difference, and says where it is', async () => {
    const { exit, stderr } = await replay(line(false), 1);
    const place = 'record 17, cycles.1.0: logged 3, decided again 2';
    expect([exit, stderr]).toEqual([1, expect.stringContaining(place)]);
  });

  test('a log in which nothing was decided is no success, and not called a difference', async () => {
    const { exit, stdout, stderr } = await replay(line(false, 0), 1);
    expect([exit, stdout]).toEqual([1, '']);
    expect(stderr).toContain('There is nothing to replay in log');
  });

  test('passes on that the file is none, and never takes silence for success', async () => {
    expect((await replay('', 2)).exit).toBe(2);
    expect((await replay('', 0)).exit).toBe(1);
    expect((await replay(line(true), 1)).exit).toBe(1);
  });

  test('with --trust replays nothing that does not verify', async () => {
    const scene = { files: { log: file.with(40, 0), 'trust.cose': deployment.trustBytes } };
    const argv = ['audit', 'replay', 'log', '--trust', 'trust.cose'];
    const { exit, stdout } = await tieline(argv, { ...scene, childStdout: line(true) });
    expect([exit, stdout]).toEqual([4, '']);
  });
});
