import { equalBytes, TielineError } from '@tieline/kernel';
import { HASH_BYTES, nodeHash } from './hash.ts';

export type MerkleFailure =
  | { readonly code: 'inclusion_unproven'; readonly index: number; readonly size: number }
  | { readonly code: 'consistency_unproven'; readonly from: number; readonly to: number };
/** A proof that proves nothing. */
export class MerkleError extends TielineError<MerkleFailure> {}

export interface InclusionClaim {
  readonly index: number;
  readonly leaf: Uint8Array;
  readonly size: number;
  readonly root: Uint8Array;
}

/**
 * That `leaf` stands at `index` of the log whose first `size` records have `root`.
 * @throws {MerkleError} inclusion_unproven
 * @source RFC 9162 §2.1.3.2
 */
export function verifyInclusion(claim: InclusionClaim, proof: readonly Uint8Array[]): void {
  const { index, size } = claim;
  const fail = () => new MerkleError({ code: 'inclusion_unproven', index, size });
  if (!isSize(index) || !isSize(size) || index >= size || !allHashes(proof)) throw fail();
  let [at, last, hash] = [index, size - 1, claim.leaf];
  for (const sibling of proof) {
    if (last === 0) throw fail();
    if (at % 2 === 1 || at === last) {
      hash = nodeHash(sibling, hash);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, half(last)];
    } else {
      hash = nodeHash(hash, sibling);
    }
    [at, last] = [half(at), half(last)];
  }
  if (last !== 0 || !equalBytes(hash, claim.root)) throw fail();
}

export interface ConsistencyClaim {
  readonly from: number;
  readonly fromRoot: Uint8Array;
  readonly to: number;
  readonly toRoot: Uint8Array;
}

/**
 * That the log of `to` records begins with the log of `from` records. From the empty log there is
 * nothing to prove, and the proof is empty; from a size to itself the roots must be equal.
 * @throws {MerkleError} consistency_unproven
 * @source RFC 9162 §2.1.4.2
 */
export function verifyConsistency(claim: ConsistencyClaim, proof: readonly Uint8Array[]): void {
  const { from, to, fromRoot, toRoot } = claim;
  const fail = () => new MerkleError({ code: 'consistency_unproven', from, to });
  if (!isSize(from) || !isSize(to) || from > to || !allHashes(proof)) throw fail();
  if (from === 0 || from === to) {
    if (proof.length > 0 || (from === to && !equalBytes(fromRoot, toRoot))) throw fail();
    return;
  }
  let [at, last] = [from - 1, to - 1];
  while (at % 2 === 1) [at, last] = [half(at), half(last)];
  // `at` is 0 exactly where the old tree is one complete subtree: the proof then leaves its root out.
  const [seed, ...path] = at === 0 ? [fromRoot, ...proof] : proof;
  if (seed === undefined) throw fail();
  let [oldRoot, newRoot] = [seed, seed];
  for (const hash of path) {
    if (last === 0) throw fail();
    if (at % 2 === 1 || at === last) {
      oldRoot = nodeHash(hash, oldRoot);
      newRoot = nodeHash(hash, newRoot);
      while (at % 2 === 0 && at !== 0) [at, last] = [at / 2, half(last)];
    } else {
      newRoot = nodeHash(newRoot, hash);
    }
    [at, last] = [half(at), half(last)];
  }
  if (last !== 0 || !equalBytes(oldRoot, fromRoot) || !equalBytes(newRoot, toRoot)) throw fail();
}

const half = (value: number): number => Math.floor(value / 2);

const isSize = (value: number): boolean => Number.isSafeInteger(value) && value >= 0;

const allHashes = (proof: readonly Uint8Array[]): boolean =>
  proof.every((hash) => hash.length === HASH_BYTES);
