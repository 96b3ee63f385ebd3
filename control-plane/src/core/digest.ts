import { hash } from 'node:crypto';

/** SHA-256 as lower-case hex: how digests are kept here. */
export function sha256Hex(bytes: Uint8Array): string {
  return hash('sha256', bytes, 'hex');
}
