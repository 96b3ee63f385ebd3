import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { assert, concatBytes } from '@tieline/kernel';
import { kidOf, PUBLIC_KEY_BYTES, SEED_BYTES, SIGNATURE_BYTES } from './digest.ts';
import type { Signer, Verifier } from './port.ts';

/** RFC 8410: what DER puts in front of the 32 bytes of a seed, and of a public key. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const SPKI_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/** The platform's Ed25519, for the hot path. The key is imported once: importing costs as much as verifying. */
export function nodeSigner(seed: Uint8Array): Signer {
  assert(seed.length === SEED_BYTES, 'an Ed25519 seed has 32 bytes');
  const der = Buffer.from(concatBytes(PKCS8_PREFIX, seed));
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  der.fill(0);
  const publicKey = rawPublicKey(createPublicKey(key));
  return {
    kid: kidOf(publicKey),
    publicKey,
    sign: (bytes) => new Uint8Array(sign(null, bytes, key)),
  };
}

export function nodeVerifier(publicKey: Uint8Array): Verifier {
  assert(publicKey.length === PUBLIC_KEY_BYTES, 'an Ed25519 public key has 32 bytes');
  const der = Buffer.from(concatBytes(SPKI_PREFIX, publicKey));
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return {
    kid: kidOf(publicKey),
    publicKey: new Uint8Array(publicKey),
    verify: (bytes, signature) =>
      signature.length === SIGNATURE_BYTES && verify(null, bytes, key, signature),
  };
}

function rawPublicKey(key: KeyObject): Uint8Array {
  const der = key.export({ format: 'der', type: 'spki' });
  return new Uint8Array(der.subarray(SPKI_PREFIX.length));
}
