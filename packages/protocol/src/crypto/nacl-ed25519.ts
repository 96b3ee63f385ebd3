import { assert } from '@tieline/kernel';
import nacl from 'tweetnacl';
import { kidOf, PUBLIC_KEY_BYTES, SEED_BYTES, SIGNATURE_BYTES } from './digest.ts';
import type { Signer, Verifier } from './port.ts';

/** Order of the base point, little-endian: 2^252 + 27742317777372353535851937790883648493 (RFC 8032). */
const GROUP_ORDER = Uint8Array.from(
  Buffer.from('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010', 'hex'),
);

/** tweetnacl's Ed25519: people's keys, and the second implementation in differential tests. */
export function naclSigner(seed: Uint8Array): Signer {
  assert(seed.length === SEED_BYTES, 'an Ed25519 seed has 32 bytes');
  const pair = nacl.sign.keyPair.fromSeed(new Uint8Array(seed));
  return {
    kid: kidOf(pair.publicKey),
    publicKey: pair.publicKey,
    sign: (bytes) => nacl.sign.detached(new Uint8Array(bytes), pair.secretKey),
  };
}

export function naclVerifier(publicKey: Uint8Array): Verifier {
  assert(publicKey.length === PUBLIC_KEY_BYTES, 'an Ed25519 public key has 32 bytes');
  const key = new Uint8Array(publicKey);
  return {
    kid: kidOf(key),
    publicKey: key,
    verify: (bytes, signature) =>
      signature.length === SIGNATURE_BYTES &&
      isScalarReduced(signature) &&
      nacl.sign.detached.verify(new Uint8Array(bytes), new Uint8Array(signature), key),
  };
}

/**
 * Whether S, the second half of a signature, is below the group order. tweetnacl leaves this out, and so takes
 * S + L for the same message: a second signature that nobody made (RFC 8032, §8.4).
 */
function isScalarReduced(signature: Uint8Array): boolean {
  for (let at = 31; at >= 0; at -= 1) {
    const difference = signature[32 + at]! - GROUP_ORDER[at]!;
    if (difference !== 0) return difference < 0;
  }
  return false;
}
