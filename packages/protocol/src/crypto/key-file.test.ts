import { seededRng, toHex } from '@tieline/kernel';
import { describe, expect, test } from 'vitest';
import {
  KeyFileError,
  keyFileIdentity,
  openKeyFile,
  openServiceKeyFile,
  type ScryptCost,
  sealKeyFile,
  serviceKeyFile,
} from './key-file.ts';
import { nodeVerifier } from './node-ed25519.ts';

const CHEAP: ScryptCost = { N: 2 ** 14, r: 8, p: 1 };
const seed = new Uint8Array(32).map((_, k) => k);
const message = new Uint8Array([1, 2, 3]);
const random = () => seededRng(1).stream('keys');
const sealed = sealKeyFile({ principal: 'ada', seed }, 'correct horse', random(), CHEAP);

const changed = (text: string, change: object): string =>
  JSON.stringify({ ...JSON.parse(text), ...change });
const failure = (run: () => unknown): KeyFileError['failure'] => {
  try {
    run();
  } catch (thrown) {
    if (thrown instanceof KeyFileError) return thrown.failure;
    throw thrown;
  }
  throw new Error('was accepted');
};

describe('sealed key files', () => {
  test('the right passphrase gives the key back, under the name it was sealed with', () => {
    const { principal, signer } = openKeyFile(sealed, 'correct horse');
    expect(principal).toBe('ada');
    expect(keyFileIdentity(sealed)).toEqual({
      principal: 'ada',
      kid: toHex(signer.kid),
      publicKey: toHex(signer.publicKey),
    });
    expect(nodeVerifier(signer.publicKey).verify(message, signer.sign(message))).toBe(true);
  });

  test('a wrong passphrase is told apart from a damaged file', () => {
    expect(failure(() => openKeyFile(sealed, 'Correct horse')).code).toBe(
      'key_file_passphrase_wrong',
    );
    expect(failure(() => openKeyFile(sealed.slice(0, 50), 'correct horse'))).toMatchObject({
      code: 'key_file_malformed',
      place: '(whole)',
    });
  });

  test('a passphrase composed differently is the same passphrase', () => {
    const text = sealKeyFile({ principal: 'ada', seed }, 'caf\u00e9', random(), CHEAP);
    expect(openKeyFile(text, 'cafe\u0301').principal).toBe('ada');
  });

  test.each(['principal', 'kid', 'publicKey'])('a forged %s is noticed', (place) => {
    const forged: Record<string, string> = {
      principal: 'eve',
      kid: '00'.repeat(16),
      publicKey: '00'.repeat(32),
    };
    const text = changed(sealed, { [place]: forged[place] });
    expect(failure(() => openKeyFile(text, 'correct horse'))).toEqual({
      code: 'key_file_contradicts_itself',
      place,
    });
  });

  test('a file cannot ask for gigabytes of memory, nor bring keys nobody knows', () => {
    const greedy = changed(sealed, {
      scrypt: { N: 2 ** 19, r: 8, p: 1, salt: '00'.repeat(32) },
    });
    expect(failure(() => openKeyFile(greedy, 'x'))).toMatchObject({ place: 'scrypt.N' });
    const extra = changed(sealed, { hint: 'horse' });
    expect(failure(() => openKeyFile(extra, 'x')).code).toBe('key_file_malformed');
  });

  test('neither the seed nor the passphrase is in the file', () => {
    expect(sealed).not.toContain(toHex(seed).slice(0, 16));
    expect(sealed).not.toContain('horse');
  });
});

describe('service key files', () => {
  test('open to the same key, and notice a name or key that does not belong to the seed', () => {
    const text = serviceKeyFile('site-1', seed);
    expect(openServiceKeyFile(text).signer.publicKey).toEqual(
      openKeyFile(sealed, 'correct horse').signer.publicKey,
    );
    const forged = changed(text, { publicKey: '11'.repeat(32) });
    expect(failure(() => openServiceKeyFile(forged))).toMatchObject({ place: 'publicKey' });
  });

  test('a sealed file is not taken for one', () => {
    expect(failure(() => openServiceKeyFile(sealed)).code).toBe('key_file_malformed');
  });
});
