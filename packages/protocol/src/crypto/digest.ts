import { hash } from 'node:crypto';
import { assert } from '@tieline/kernel';

/** SHA-256, 32 bytes. */
export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'));
}

export const KID_BYTES = 16;
export const PUBLIC_KEY_BYTES = 32;
export const SEED_BYTES = 32;
export const SIGNATURE_BYTES = 64;

/** Names a key on the wire: the first 16 bytes of SHA-256 over the raw public key. */
export function kidOf(publicKey: Uint8Array): Uint8Array {
  assert(publicKey.length === PUBLIC_KEY_BYTES, 'an Ed25519 public key has 32 bytes');
  return sha256(publicKey).slice(0, KID_BYTES);
}
