import { openKeyFile } from '@tieline/protocol';
import { describe, expect, test } from 'vitest';
import { PASSPHRASE } from '../testing/deployment.ts';
import { tieline } from '../testing/small-world.ts';

const NEW = ['key', 'new', '--principal', 'alice', '--out', 'alice.key'];
const text = (bytes: Uint8Array | undefined) => new TextDecoder().decode(bytes);

test('a key made at the terminal opens with the passphrase that was typed twice, and shows no secret', async () => {
  const made = await tieline(NEW, { answers: [PASSPHRASE, PASSPHRASE] });
  expect(made.exit).toBe(0);
  const file = text(made.files.get('alice.key'));
  const key = openKeyFile(file, PASSPHRASE);
  expect(key.principal).toBe('alice');
  const { kid, publicKey, sealed } = JSON.parse(file);
  expect(made.stdout).toContain(kid);
  expect(made.stdout).toContain(publicKey);
  expect(made.stdout + made.stderr).not.toContain(sealed);

  const shown = await tieline(['key', 'show', 'alice.key', '--json'], {
    files: { 'alice.key': file },
  });
  expect(JSON.parse(shown.stdout)).toEqual({
    schema: 'tieline.key-facts/1',
    principal: 'alice',
    kid,
    publicKey,
  });
});

describe('no key is written', () => {
  test.each([
    ['where the two passphrases differ', { answers: [PASSPHRASE, 'another one'] }, 'differ'],
    ['for a short passphrase', { answers: ['short', 'short'] }, 'too short'],
    ['where there is nobody to ask', {}, 'no terminal'],
  ])('%s', async (_what, scene, told) => {
    const { exit, stderr, files } = await tieline(NEW, scene);
    expect([exit, stderr]).toEqual([2, expect.stringContaining(told)]);
    expect(files.size).toBe(0);
  });

  test('over another file', async () => {
    const scene = { answers: [PASSPHRASE, PASSPHRASE], files: { 'alice.key': 'precious' } };
    const { exit, files } = await tieline(NEW, scene);
    expect([exit, text(files.get('alice.key'))]).toEqual([2, 'precious']);
  });

  test.each(['Alice', '', 'a b', 'x'.repeat(65)])("for the principal '%s'", async (principal) => {
    const argv = ['key', 'new', `--principal=${principal}`, '--out', 'k'];
    const { exit, files } = await tieline(argv, { answers: [PASSPHRASE, PASSPHRASE] });
    expect([exit, files.size]).toEqual([2, 0]);
  });
});

test.each([
  ['not JSON', '{"schema":'],
  ['another file', '{"schema":"tieline.flow/1"}'],
  ['a key id that is none', '{"schema":"tieline.key/1","principal":"alice","kid":"00"}'],
  ['too large', `"${'x'.repeat(20_000)}"`],
])('key show refuses %s with exit 2', async (_what, file) => {
  const { exit, stdout } = await tieline(['key', 'show', 'k'], { files: { k: file } });
  expect([exit, stdout]).toEqual([2, '']);
});
