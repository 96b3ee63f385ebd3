import { assert } from '@tieline/kernel';
import { emptyRoot, HASH_BYTES, nodeHash } from './hash.ts';
import { frontierOf } from './tree.ts';

/**
 * The right edge of a growing tree, and nothing else: reads any number of leaves in order with
 * O(log n) memory and knows the root after each. For whoever checks a log without keeping its nodes.
 */
export class TreeFold {
  #size: number;
  readonly #edge: Uint8Array[];

  /** Starts after `size` leaves, whose complete subtrees are `frontier`, left to right. */
  constructor(size = 0, frontier: readonly Uint8Array[] = []) {
    assert(
      frontier.length === frontierOf(size).length &&
        frontier.every((hash) => hash.length === HASH_BYTES),
      'a frontier has one hash for each bit of its size',
    );
    this.#size = size;
    this.#edge = [...frontier];
  }

  get size(): number {
    return this.#size;
  }

  /** Hashes of the complete subtrees, left to right. */
  get frontier(): readonly Uint8Array[] {
    return this.#edge;
  }

  append(leaf: Uint8Array): void {
    let hash = leaf;
    for (let at = this.#size; at % 2 === 1; at = (at - 1) / 2) {
      const left = this.#edge.pop();
      assert(left !== undefined, 'an odd index has a left sibling');
      hash = nodeHash(left, hash);
    }
    this.#edge.push(hash);
    this.#size += 1;
  }

  root(): Uint8Array {
    const last = this.#edge.at(-1);
    if (last === undefined) return emptyRoot();
    return this.#edge.slice(0, -1).reduceRight((right, left) => nodeHash(left, right), last);
  }
}
