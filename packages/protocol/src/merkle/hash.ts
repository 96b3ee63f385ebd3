import { sha256 } from '../crypto/digest.ts';

/** Length of every hash of the tree: SHA-256. */
export const HASH_BYTES = 32;

/** Root of a log that holds nothing: SHA-256 of no bytes. @source RFC 6962 §2.1 */
export function emptyRoot(): Uint8Array {
  return sha256(new Uint8Array(0));
}

/**
 * Hash of one record: SHA-256(0x00 ‖ record). The prefix keeps a record from passing for a node.
 * @source RFC 6962 §2.1
 */
export function leafHash(record: Uint8Array): Uint8Array {
  const input = Buffer.allocUnsafe(1 + record.length);
  input[0] = 0x00;
  input.set(record, 1);
  return sha256(input);
}

/** Hash of two subtrees: SHA-256(0x01 ‖ left ‖ right). @source RFC 6962 §2.1 */
export function nodeHash(left: Uint8Array, right: Uint8Array): Uint8Array {
  const input = Buffer.allocUnsafe(1 + 2 * HASH_BYTES);
  input[0] = 0x01;
  input.set(left, 1);
  input.set(right, 1 + HASH_BYTES);
  return sha256(input);
}
