import { fileURLToPath } from 'node:url';
import { BLOCK_BYTES, KINDS, openDocument, sha256 } from '@tieline/protocol';
import { expect, test } from 'vitest';
import { makeDeployment, WALL_MS } from '../testing/deployment.ts';
import { tieline } from '../testing/small-world.ts';

/** The package that is shipped. */
const DIRECTORY = fileURLToPath(
  new URL('../../../inference/models/site-import-forecast', import.meta.url),
);
const deployment = makeDeployment();
const files = {
  'trust.cose': deployment.trustBytes,
  'release.key': deployment.serviceKeyFile('release-1'),
  'witness.key': deployment.serviceKeyFile('witness-1'),
};
const pack = (key: string) =>
  tieline(
    ['model', 'pack', DIRECTORY, '--out', 'm', '--key', key, '--trust', 'trust.cose', '--json'],
    { files, wallMs: WALL_MS },
  );

test('the release vouches for the package and for every block that will travel', async () => {
  const { exit, stdout, files: after } = await pack('release.key');
  expect(exit).toBe(0);
  const packed = after.get('m') ?? new Uint8Array();
  const { body } = openDocument(KINDS.release, after.get('m.release') ?? new Uint8Array(), {
    trust: deployment.trust,
    site: null,
    wallS: WALL_MS / 1_000,
  });
  expect(body.digest).toEqual(sha256(packed));
  expect(body.blocks).toHaveLength(Math.ceil(packed.length / BLOCK_BYTES));
  body.blocks.forEach((block, at) => {
    expect(block).toEqual(sha256(packed.slice(at * BLOCK_BYTES, (at + 1) * BLOCK_BYTES)));
  });
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'tieline.model-packed/1',
    digest: `sha256:${Buffer.from(body.digest).toString('hex')}`,
    bytes: packed.length,
    signedBy: 'release-1',
  });
});

test('a key that may not release signs nothing, and nothing is written', async () => {
  const { exit, files: after } = await pack('witness.key');
  expect([exit, after.has('m'), after.has('m.release')]).toEqual([4, false, false]);
});

test('a directory that is no package is refused with exit 2 and the place', async () => {
  const { exit, stderr } = await tieline(['model', 'pack', '/nowhere', '--out', 'm']);
  expect([exit, stderr]).toEqual([2, expect.stringContaining('manifest.json')]);
});
