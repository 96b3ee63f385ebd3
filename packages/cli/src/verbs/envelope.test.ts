import { addressedAad, encodeCbor, nodeSigner, signSign1 } from '@tieline/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tieline } from '../testing/small-world.ts';

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/**
 * EdDSA (alg −8) over "This is the content.", key "11".
 * @source COSE working group, github.com/cose-wg/Examples, eddsa-examples/eddsa-sig-01.json
 */
const COSE_WG = {
  key: 'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
  message:
    'D28445A201270300A10442313154546869732069732074686520636F6E74656E742E58407142FD2FF96D56DB85BEE905A76BA1D0B7321A95C8C4D3607C5781932B7AFB8711497DFA751BF40B58B3BCC32300B1487F3DB34085EEF013BF08F4A44D6FEF0D',
};

const signer = nodeSigner(new Uint8Array(32).fill(7));
const aad = addressedAad(new Uint8Array(32), 'tl1/demo/site-1/command');
const message = signSign1(
  { typ: 'application/vnd.tieline.command.v1+cose', claims: { iss: 'dispatch-1', aud: 'site-1' } },
  encodeCbor({ note: 'a\u001b[2Jb', kw: -80.5 }),
  aad,
  signer,
);
const verify = (file: string | Uint8Array, more: readonly string[] = []) =>
  tieline(['envelope', 'verify', 'm', '--key', hex(signer.publicKey), '--aad', hex(aad), ...more], {
    files: { m: file },
  });

test('the published vector of another implementation verifies', async () => {
  const argv = ['envelope', 'verify', 'm', '--alg', '-8', '--key', COSE_WG.key];
  const { exit, stdout } = await tieline(argv, { files: { m: COSE_WG.message } });
  expect(exit).toBe(0);
  expect(stdout).toContain('protected    {1: -8, 3: 0}\n');
  expect(stdout).toContain("unprotected  {4: h'3131'}\n");
});

test('raw bytes, hex and hex on several lines are the same message', async () => {
  const text = hex(message);
  const answers = await Promise.all([
    verify(message),
    verify(`${text.toUpperCase()}\n`),
    verify(`${text.slice(0, 64)}\n${text.slice(64)}\r\n`),
  ]);
  expect(answers.map(({ exit }) => exit)).toEqual([0, 0, 0]);
  expect(new Set(answers.map(({ stdout }) => stdout)).size).toBe(1);
});

test('what a message says cannot repaint the terminal', async () => {
  const { stdout } = await verify(message);
  expect(stdout).not.toContain('\u001b');
  expect(stdout).toContain('"kw": -80.5');
});

test('--json holds verdict, headers and payload', async () => {
  const { stdout } = await verify(message, ['--json']);
  expect(JSON.parse(stdout)).toMatchObject({
    schema: 'tieline.envelope-verified/1',
    verified: true,
    reason: null,
    alg: -19,
    kid: hex(signer.kid),
  });
});

test('whatever bit is flipped, wherever it is cut: exit 4', async () => {
  await fc.assert(
    fc.asyncProperty(fc.nat(message.length * 8 - 1), async (bit) => {
      const bytes = message.slice();
      bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect((await verify(bytes)).exit).toBe(4);
      expect((await verify(message.slice(0, Math.max(1, bit >> 3)))).exit).toBe(4);
    }),
    { numRuns: 200 },
  );
});

describe('exit 4', () => {
  test('for another algorithm than the one that the key is pinned to', async () => {
    const { exit, stderr } = await verify(message, ['--alg', '-8']);
    expect([exit, stderr]).toEqual([4, expect.stringContaining('another algorithm')]);
  });

  test('for other external data, and says on standard output that nothing is verified', async () => {
    const argv = ['envelope', 'verify', 'm', '--key', hex(signer.publicKey)];
    const { exit, stdout } = await tieline(argv, { files: { m: message } });
    expect([exit, stdout]).toEqual([4, expect.stringContaining('✗ NO')]);
  });

  test('for a key of small order, under which anything verifies', async () => {
    const argv = ['envelope', 'verify', 'm', '--key', `01${'00'.repeat(31)}`];
    const { exit, stderr } = await tieline(argv, { files: { m: message } });
    expect([exit, stderr]).toEqual([4, expect.stringContaining('small order')]);
  });
});

test.each([
  ['a key that is no key', ['--key', 'abcd']],
  ['another algorithm', ['--key', COSE_WG.key, '--alg', '-7']],
  ['external data that is no hex', ['--key', COSE_WG.key, '--aad', 'xyz']],
  ['no key', []],
])('%s is a wrong use: exit 2', async (_what, more) => {
  const argv = ['envelope', 'verify', 'm', ...more];
  expect((await tieline(argv, { files: { m: message } })).exit).toBe(2);
});

test('show takes a message of the protocol apart, and any other CBOR as it is', async () => {
  const own = await tieline(['envelope', 'show', 'm'], { files: { m: message } });
  expect(own.stdout).toContain('form       COSE_Sign1');
  expect(own.stdout).toContain(`key ${hex(signer.kid)}`);
  const other = await tieline(['envelope', 'show', 'm', '--json'], {
    files: { m: COSE_WG.message },
  });
  expect(JSON.parse(other.stdout)).toMatchObject({
    form: 'other',
    diagnostic: expect.stringMatching(/^18\(\[h'/),
  });
  expect((await tieline(['envelope', 'show', 'm'], { files: { m: 'ff' } })).exit).toBe(2);
  expect((await tieline(['envelope', 'show', 'm'], { files: { m: '' } })).exit).toBe(2);
});
