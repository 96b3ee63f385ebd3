import { concatBytes, fromHex, seededRng, toHex } from '@tieline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { kidOf } from './digest.ts';
import { naclSigner, naclVerifier } from './nacl-ed25519.ts';
import { nodeSigner, nodeVerifier } from './node-ed25519.ts';
import { assertPublicKeySound, PublicKeyError } from './public-key.ts';

const hex = (text: string): Uint8Array => fromHex(text) ?? new Uint8Array();
const seed = fc.uint8Array({ minLength: 32, maxLength: 32 });

// RFC 8032, §7.1, tests 1 to 3: seed, public key, message, signature.
const RFC_8032 = [
  [
    '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60',
    'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
    '',
    'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
  ],
  [
    '4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb',
    '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
    '72',
    '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
  ],
  [
    'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
    'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
    'af82',
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
  ],
] as const;

// Project Wycheproof, testvectors/eddsa_test.json (Apache-2.0), cases of the key 7d4d0e7f…: id, message, signature.
const WYCHEPROOF_KEY = '7d4d0e7f6153a69b6242b522abbee685fda4420f8834b108c3bdae369ef549fa';
const R = '7c38e026f29e14aabd059a0f2db8b0cd783040609a8be684db12f82a27774ab0';
const WYCHEPROOF_VALID = [
  [3, '54657374', `${R}7a9155711ecfaf7f99f277bad0c6ae7e39d4eef676573336a5c51eb6f946b30d`],
] as const;
const WYCHEPROOF_INVALID = [
  [10, '3f', '00'.repeat(64)],
  [14, '3f', `${'00'.repeat(32)}ed${'ff'.repeat(30)}7f`],
  [16, '3f', `01${'00'.repeat(31)}01${'00'.repeat(31)}`],
  [30, '54657374', ''],
  [31, '54657374', R],
  [37, '54657374', `${R}7a9155711ecfaf7f99f277bad0c6ae7e39d4eef676573336a5c51eb6f946b30d00`],
  [63, '54657374', `${R}67654bce3832c2d76f8f6f5dafc08d9339d4eef676573336a5c51eb6f946b31d`],
  [64, '54657374', `${R}5439412b5395d42f462c67008eba6ca839d4eef676573336a5c51eb6f946b32d`],
  [65, '54657374', `${R}2ee12ce5875bf9dff26556464bae2ad239d4eef676573336a5c51eb6f946b34d`],
  [66, '54657374', `${R}e2300459f1e742404cd934d2c595a6253ad4eef676573336a5c51eb6f946b38d`],
  [67, '54657374', `${R}7a9155711ecfaf7f99f277bad0c6ae7e39d4eef676573336a5c51eb6f946b32d`],
  [68, '54657374', `${R}7a9155711ecfaf7f99f277bad0c6ae7e39d4eef676573336a5c51eb6f946b34d`],
  [69, '54657374', `${R}7a9155711ecfaf7f99f277bad0c6ae7e39d4eef676573336a5c51eb6f946b38d`],
  [70, '54657374', `${R}679155711ecfaf7f99f277bad0c6ae7e39d4eef676573336a5c51eb6f946b38d`],
] as const;

const IMPLEMENTATIONS = [
  ['node:crypto', nodeSigner, nodeVerifier],
  ['tweetnacl', naclSigner, naclVerifier],
] as const;

describe.each(IMPLEMENTATIONS)('%s', (_name, signer, verifier) => {
  test.each(RFC_8032)('RFC 8032 test with seed %s', (secret, publicKey, message, signature) => {
    const key = signer(hex(secret));
    expect(toHex(key.publicKey)).toBe(publicKey);
    expect(toHex(key.sign(hex(message)))).toBe(signature);
    expect(verifier(key.publicKey).verify(hex(message), hex(signature))).toBe(true);
  });

  test.each(WYCHEPROOF_VALID)('Wycheproof %i is valid', (_id, message, signature) => {
    expect(verifier(hex(WYCHEPROOF_KEY)).verify(hex(message), hex(signature))).toBe(true);
  });

  test.each(WYCHEPROOF_INVALID)('Wycheproof %i is refused', (_id, message, signature) => {
    expect(verifier(hex(WYCHEPROOF_KEY)).verify(hex(message), hex(signature))).toBe(false);
  });

  test('a key names itself by the first 16 bytes of SHA-256 over the public key', () => {
    const key = signer(hex(RFC_8032[0][0]));
    expect(toHex(key.kid)).toBe('21fe31dfa154a261626bf854046fd227');
    expect(verifier(key.publicKey).kid).toEqual(key.kid);
    expect(kidOf(key.publicKey)).toEqual(key.kid);
  });
});

test('both implementations make the same signatures and agree on every damaged one', () => {
  const damage = fc.record({ at: fc.nat(127), flip: fc.integer({ min: 0, max: 255 }) });
  fc.assert(
    fc.property(seed, fc.uint8Array({ maxLength: 64 }), damage, (secret, message, { at, flip }) => {
      const native = nodeSigner(secret);
      const portable = naclSigner(secret);
      expect(portable.publicKey).toEqual(native.publicKey);
      const signature = native.sign(message);
      expect(portable.sign(message)).toEqual(signature);

      const damaged = concatBytes(signature, message);
      const place = at % damaged.length;
      damaged[place] = damaged[place]! ^ flip;
      const parts = [damaged.slice(64), damaged.slice(0, 64)] as const;
      const verdict = nodeVerifier(native.publicKey).verify(...parts);
      expect(verdict).toBe(flip === 0);
      expect(naclVerifier(native.publicKey).verify(...parts)).toBe(verdict);
    }),
    { numRuns: 40 },
  );
});

describe('public keys at registration', () => {
  const fault = (publicKey: Uint8Array): string => {
    try {
      assertPublicKeySound(publicKey);
    } catch (thrown) {
      if (thrown instanceof PublicKeyError) return thrown.failure.fault;
      throw thrown;
    }
    return 'sound';
  };

  // The eight points whose order divides 8, and their second spellings (y + p, or the sign of x = 0).
  test.each([
    ['order 1', `01${'00'.repeat(31)}`, 'small_order'],
    ['order 2', `ec${'ff'.repeat(30)}7f`, 'small_order'],
    ['order 4', '00'.repeat(32), 'small_order'],
    ['order 4, negative', `${'00'.repeat(31)}80`, 'small_order'],
    ['order 8', '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05', 'small_order'],
    [
      'order 8, negative',
      '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
      'small_order',
    ],
    [
      'order 8, other y',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
      'small_order',
    ],
    [
      'order 8, other y, negative',
      'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
      'small_order',
    ],
    ['y = 1 with a sign', `01${'00'.repeat(30)}80`, 'not_canonical'],
    ['y = p', `ed${'ff'.repeat(30)}7f`, 'not_canonical'],
    ['y = p + 1', `ee${'ff'.repeat(30)}7f`, 'not_canonical'],
    ['y = 2^255 - 1', `${'ff'.repeat(32)}`, 'not_canonical'],
    ['no point', `02${'00'.repeat(31)}`, 'not_on_curve'],
    ['31 bytes', '00'.repeat(31), 'length'],
  ])('%s is refused', (_name, publicKey, expected) => {
    expect(fault(hex(publicKey))).toBe(expected);
  });

  test('a small-order key is why: under it, one signature fits any message', () => {
    const neutral = hex(`01${'00'.repeat(31)}`);
    const forged = concatBytes(neutral, new Uint8Array(32));
    const verdicts = ['a', 'b'].map((text) => naclVerifier(neutral).verify(hex(text), forged));
    expect(verdicts).toEqual([true, true]);
  });

  test('every key made from a seed is sound', () => {
    const random = seededRng(5).stream('keys');
    for (let k = 0; k < 50; k += 1) {
      expect(fault(nodeSigner(random.bytes(32)).publicKey)).toBe('sound');
    }
  });
});
