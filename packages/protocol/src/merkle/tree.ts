/**
 * An append-only Merkle tree (RFC 6962) over nodes that somebody else keeps.
 *
 * A *node* is a complete subtree: at `level` L, `index` i it covers the leaves [i·2^L, (i+1)·2^L).
 * Once complete, a node never changes, so it can be stored once and read for ever; the ragged right
 * edge of a tree of any size is folded from the few nodes that make it up and is never stored. That
 * makes the root, an inclusion proof and a consistency proof of *every* past size O(log n) reads.
 *
 * Sizes and indexes are safe integers far above 2^32, hence arithmetic instead of bit operations.
 */
import { assert } from '@tieline/kernel';
import { emptyRoot, nodeHash } from './hash.ts';

/** Hash of a complete subtree; throws where it is not known. */
export type NodeReader = (level: number, index: number) => Uint8Array;

export interface TreeNode {
  readonly level: number;
  readonly index: number;
}

/** The complete subtrees that make up a tree of `size` leaves, left to right: one for each bit set. */
export function frontierOf(size: number): readonly TreeNode[] {
  assertSize(size);
  const nodes: TreeNode[] = [];
  let covered = 0;
  for (let level = Math.ceil(Math.log2(size + 1)); level >= 0; level -= 1) {
    const width = 2 ** level;
    if (size - covered < width) continue;
    nodes.push({ level, index: covered / width });
    covered += width;
  }
  return nodes;
}

/**
 * Every subtree that leaf `index` completes, lowest first: the leaf itself, then as many ancestors
 * as `index` has low bits set.
 */
export function completedBy(
  index: number,
  leaf: Uint8Array,
  read: NodeReader,
): readonly Uint8Array[] {
  assertSize(index);
  const completed = [leaf];
  let [level, at, hash] = [0, index, leaf];
  while (at % 2 === 1) {
    hash = nodeHash(read(level, at - 1), hash);
    completed.push(hash);
    at = (at - 1) / 2;
    level += 1;
  }
  return completed;
}

/** Root of the first `size` leaves. */
export function rootOf(size: number, read: NodeReader): Uint8Array {
  assertSize(size);
  return size === 0 ? emptyRoot() : rangeHash(0, size, read);
}

/**
 * Siblings from the leaf up to the root of the first `size` leaves.
 * @source RFC 6962 §2.1.1, PATH
 */
export function inclusionProof(index: number, size: number, read: NodeReader): Uint8Array[] {
  assertSize(size);
  assert(index >= 0 && index < size, 'the leaf lies in the tree');
  const proof: Uint8Array[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const split = start + splitOf(end - start);
    if (index < split) {
      proof.push(rangeHash(split, end, read));
      end = split;
    } else {
      proof.push(rangeHash(start, split, read));
      start = split;
    }
  }
  return proof.reverse();
}

/**
 * Shows that the first `from` leaves of the tree of `to` leaves are the tree of `from` leaves. Empty
 * where there is nothing to show: from the empty tree, or from a size to itself.
 * @source RFC 6962 §2.1.2, PROOF
 */
export function consistencyProof(from: number, to: number, read: NodeReader): Uint8Array[] {
  assertSize(from);
  assertSize(to);
  assert(from <= to, 'a log only grows');
  if (from === 0 || from === to) return [];
  const proof: Uint8Array[] = [];
  let [start, end] = [0, to];
  while (end !== from) {
    const split = start + splitOf(end - start);
    if (from <= split) {
      proof.push(rangeHash(split, end, read));
      end = split;
    } else {
      proof.push(rangeHash(start, split, read));
      start = split;
    }
  }
  // Only where the old tree is not itself a left edge does the verifier not know this hash already.
  if (start !== 0) proof.push(rangeHash(start, end, read));
  return proof.reverse();
}

/** Hash over the leaves [start, end), where `start` is a multiple of the largest power of two in the range. */
function rangeHash(start: number, end: number, read: NodeReader): Uint8Array {
  const width = end - start;
  const split = splitOf(width);
  if (split * 2 === width || width === 1) return read(Math.round(Math.log2(width)), start / width);
  return nodeHash(rangeHash(start, start + split, read), rangeHash(start + split, end, read));
}

/** The largest power of two below `width`; 0 for a single leaf. */
function splitOf(width: number): number {
  if (width === 1) return 0;
  let split = 1;
  while (split * 2 < width) split *= 2;
  return split;
}

function assertSize(size: number): void {
  assert(Number.isSafeInteger(size) && size >= 0, 'a size is a whole number of leaves');
}
