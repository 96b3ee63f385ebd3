import { TielineError, toHex } from '@tieline/kernel';
import { PUBLIC_KEY_BYTES } from './digest.ts';

export type PublicKeyFault = 'length' | 'not_canonical' | 'not_on_curve' | 'small_order';

export interface PublicKeyFailure {
  readonly code: 'public_key_unsound';
  readonly fault: PublicKeyFault;
  /** Hex. */
  readonly publicKey: string;
}
export class PublicKeyError extends TielineError<PublicKeyFailure> {}

/** The field of edwards25519, and d of −x² + y² = 1 + d·x²·y² (RFC 8032, §5.1). */
const P = 2n ** 255n - 19n;
const D = 37095705934669439343138083508754565189542113879843219016388785533085940283555n;

/**
 * Refuses, when a key is registered, what both verifiers would take: a key of small order, under which one
 * signature fits many messages, and a second spelling of another key, which would have another `kid`.
 * @throws {PublicKeyError} public_key_unsound
 */
export function assertPublicKeySound(publicKey: Uint8Array): void {
  const fault = publicKeyFault(publicKey);
  if (fault === null) return;
  throw new PublicKeyError({ code: 'public_key_unsound', fault, publicKey: toHex(publicKey) });
}

function publicKeyFault(publicKey: Uint8Array): PublicKeyFault | null {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return 'length';
  const encoded = BigInt(`0x${toHex(publicKey.slice().reverse())}`);
  const y = encoded & (2n ** 255n - 1n);
  if (y >= P) return 'not_canonical';
  const ySquared = (y * y) % P;
  // x² = (y² − 1) / (d·y² + 1); the divisor is never 0, for −1/d is no square.
  const xSquared = modulo((ySquared - 1n) * power((D * ySquared + 1n) % P, P - 2n));
  if (xSquared !== 0n && power(xSquared, (P - 1n) / 2n) !== 1n) return 'not_on_curve';
  // x = 0 is y = ±1: of order 1 or 2, and the sign bit would be a second spelling.
  if (xSquared === 0n) return encoded === y ? 'small_order' : 'not_canonical';
  return hasSmallOrder(xSquared, ySquared) ? 'small_order' : null;
}

/**
 * Whether 8·(x, y) is the neutral element, from the squares alone. On this curve y = 0 has order 4, and a point
 * has order 8 when its double has y = 0, that is when x² + y² = 0.
 */
function hasSmallOrder(xSquared: bigint, ySquared: bigint): boolean {
  return ySquared === 0n || modulo(xSquared + ySquared) === 0n;
}

function modulo(value: bigint): bigint {
  const rest = value % P;
  return rest < 0n ? rest + P : rest;
}

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  let square = modulo(base);
  for (let rest = exponent; rest > 0n; rest >>= 1n) {
    if (rest & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}
