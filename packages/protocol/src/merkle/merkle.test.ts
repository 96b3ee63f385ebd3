import { fromHex, toHex, utf8 } from '@tieline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { TreeFold } from './fold.ts';
import { emptyRoot, leafHash, nodeHash } from './hash.ts';
import {
  completedBy,
  consistencyProof,
  frontierOf,
  inclusionProof,
  type NodeReader,
  rootOf,
} from './tree.ts';
import { MerkleError, verifyConsistency, verifyInclusion } from './verify.ts';

/** Grows a tree as the log does: each leaf brings the nodes that it completes. */
function grown(leaves: readonly Uint8Array[]): NodeReader {
  const nodes = new Map<string, Uint8Array>();
  const read: NodeReader = (level, index) => {
    const hash = nodes.get(`${level}/${index}`);
    if (hash === undefined) throw new Error(`no node ${level}/${index}`);
    return hash;
  };
  for (const [index, leaf] of leaves.entries()) {
    for (const [level, hash] of completedBy(index, leaf, read).entries()) {
      nodes.set(`${level}/${Math.floor(index / 2 ** level)}`, hash);
    }
  }
  return read;
}

/** MTH of RFC 6962 §2.1, by its recursive definition. */
function mth(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length <= 1) return leaves[0] ?? emptyRoot();
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return nodeHash(mth(leaves.slice(0, split)), mth(leaves.slice(split)));
}

const leavesOf = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, at) => leafHash(utf8(`record ${at}`)));

const leaf = (leaves: readonly Uint8Array[], index: number): Uint8Array => {
  const found = leaves[index];
  if (found === undefined) throw new Error(`no leaf ${index}`);
  return found;
};

/**
 * Published vectors of the Certificate Transparency reference implementation
 * (google/certificate-transparency, cpp/merkletree/merkle_tree_test.cc; also transparency-dev/merkle).
 */
const CT_RECORDS = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657'].concat(
  '606162636465666768696a6b6c6d6e6f',
);
const CT_ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const CT_INCLUSION: readonly (readonly [index: number, size: number, proof: readonly string[]])[] =
  [
    [0, 1, []],
    [
      0,
      8,
      [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    ],
    [
      5,
      8,
      [
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    ],
    [2, 3, ['fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125']],
    [
      1,
      5,
      [
        '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
      ],
    ],
  ];
const CT_CONSISTENCY: readonly (readonly [from: number, to: number, proof: readonly string[]])[] = [
  [1, 1, []],
  [
    1,
    8,
    [
      '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
    ],
  ],
  [
    6,
    8,
    [
      '0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a',
      'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
      'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
    ],
  ],
  [
    2,
    5,
    [
      '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
      'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
    ],
  ],
];

describe('against the published vectors of Certificate Transparency', () => {
  const leaves = CT_RECORDS.map((hex) => leafHash(fromHex(hex) ?? new Uint8Array(0)));
  const read = grown(leaves);

  test.each([...CT_ROOTS.entries()])(
    'the root of %i records is the published one',
    (size, root) => {
      expect(toHex(rootOf(size, read))).toBe(root);
      const fold = new TreeFold();
      for (const next of leaves.slice(0, size)) fold.append(next);
      expect(toHex(fold.root())).toBe(root);
    },
  );

  test.each(CT_INCLUSION)(
    'the proof of record %i in %i is the published one',
    (index, size, proof) => {
      expect(inclusionProof(index, size, read).map(toHex)).toEqual(proof);
    },
  );

  test.each(CT_CONSISTENCY)('the proof from %i to %i is the published one', (from, to, proof) => {
    expect(consistencyProof(from, to, read).map(toHex)).toEqual(proof);
  });
});

test('every proof of every size up to 70 verifies, and the root is that of the definition', () => {
  const leaves = leavesOf(70);
  const read = grown(leaves);
  for (let size = 0; size <= 70; size += 1) {
    const root = rootOf(size, read);
    expect(toHex(root)).toBe(toHex(mth(leaves.slice(0, size))));
    for (let index = 0; index < size; index += 1) {
      const proof = inclusionProof(index, size, read);
      verifyInclusion({ index, leaf: leaf(leaves, index), size, root }, proof);
    }
    for (let from = 0; from <= size; from += 1) {
      const claim = { from, fromRoot: rootOf(from, read), to: size, toRoot: root };
      verifyConsistency(claim, consistencyProof(from, size, read));
    }
  }
});

test('no proof verifies for another index, size, root or leaf, nor with a hash changed, added or dropped', () => {
  const leaves = leavesOf(40);
  const read = grown(leaves);
  const size = fc.integer({ min: 2, max: 40 });
  const change = fc.constantFrom('index', 'size', 'root', 'leaf', 'flip', 'drop', 'add', 'long');
  const property = fc.property(size, fc.nat(), change, fc.nat(), (n, pick, what, where) => {
    const index = pick % n;
    const claim = { index, leaf: leaf(leaves, index), size: n, root: rootOf(n, read) };
    const proof = inclusionProof(index, n, read);
    const other = (index + 1 + (where % (n - 1))) % n;
    const changed = {
      index: () => verifyInclusion({ ...claim, index: other }, proof),
      size: () => verifyInclusion({ ...claim, size: 2 * n + where }, proof),
      root: () => verifyInclusion({ ...claim, root: rootOf(n - 1, read) }, proof),
      leaf: () => verifyInclusion({ ...claim, leaf: leaf(leaves, other) }, proof),
      flip: () => verifyInclusion(claim, flipped(proof, where)),
      drop: () => verifyInclusion(claim, proof.toSpliced(where % proof.length, 1)),
      add: () => verifyInclusion(claim, proof.toSpliced(where % (proof.length + 1), 0, claim.leaf)),
      long: () => verifyInclusion(claim, [...proof.slice(0, -1), new Uint8Array(33)]),
    }[what];
    expect(changed).toThrow(MerkleError);
  });
  fc.assert(property, { numRuns: 2_000 });
});

test('no consistency proof verifies for other sizes or roots, nor with a hash changed, added or dropped', () => {
  const leaves = leavesOf(40);
  const read = grown(leaves);
  const change = fc.constantFrom('old', 'new', 'fork', 'flip', 'drop', 'add', 'swap', 'size');
  const property = fc.property(
    fc.integer({ min: 1, max: 39 }),
    fc.integer({ min: 1, max: 40 }),
    change,
    fc.nat(),
    (a, b, what, where) => {
      fc.pre(a !== b);
      const [from, to] = [Math.min(a, b), Math.max(a, b)];
      const forked = grown(leaves.with(where % from, leafHash(utf8('another'))));
      const claim = { from, fromRoot: rootOf(from, read), to, toRoot: rootOf(to, read) };
      const proof = consistencyProof(from, to, read);
      const changed = {
        old: () => verifyConsistency({ ...claim, fromRoot: rootOf(from - 1, read) }, proof),
        new: () => verifyConsistency({ ...claim, toRoot: rootOf(to - 1, read) }, proof),
        fork: () => verifyConsistency({ ...claim, fromRoot: rootOf(from, forked) }, proof),
        flip: () => verifyConsistency(claim, flipped(proof, where)),
        drop: () => verifyConsistency(claim, proof.toSpliced(where % proof.length, 1)),
        add: () => verifyConsistency(claim, [...proof, claim.toRoot]),
        size: () => verifyConsistency({ ...claim, to: 2 * to + where }, proof),
        swap: () => verifyConsistency({ ...claim, from: to, to: from }, proof),
      }[what];
      expect(changed).toThrow(MerkleError);
    },
  );
  fc.assert(property, { numRuns: 2_000 });
});

test('a fold taken up at any size goes on to the same roots', () => {
  const leaves = leavesOf(60);
  const read = grown(leaves);
  const property = fc.property(fc.nat(60), fc.nat(60), (a, b) => {
    const [from, to] = [Math.min(a, b), Math.max(a, b)];
    const frontier = frontierOf(from).map(({ level, index }) => read(level, index));
    const fold = new TreeFold(from, frontier);
    for (const next of leaves.slice(from, to)) fold.append(next);
    expect(fold.size).toBe(to);
    expect(toHex(fold.root())).toBe(toHex(rootOf(to, read)));
  });
  fc.assert(property);
});

test('roots and proofs for sizes from P on need no node of an earlier leaf but the frontier of P', () => {
  const leaves = leavesOf(48);
  const read = grown(leaves);
  for (let kept = 0; kept <= 48; kept += 1) {
    const frontier = new Set(frontierOf(kept).map(({ level, index }) => `${level}/${index}`));
    const pruned: NodeReader = (level, index) => {
      const isLater = (index + 1) * 2 ** level > kept;
      if (!isLater && !frontier.has(`${level}/${index}`)) throw new Error('pruned');
      return read(level, index);
    };
    for (let size = kept; size <= 48; size += 1) {
      rootOf(size, pruned);
      consistencyProof(kept, size, pruned);
      for (let index = kept; index < size; index += 1) inclusionProof(index, size, pruned);
    }
  }
});

test('sizes beyond 32 bits keep their arithmetic', () => {
  const size = 2 ** 45 + 2 ** 31 + 5;
  expect(frontierOf(size)).toEqual([
    { level: 45, index: 0 },
    { level: 31, index: 2 ** 14 },
    { level: 2, index: (size - 5) / 4 },
    { level: 0, index: size - 1 },
  ]);
  // All records alike: the nodes of a level are alike too, so a huge log can be written down.
  const perfect: Uint8Array[] = [leafHash(utf8('same'))];
  for (let level = 1; level <= 46; level += 1) {
    const below = leaf(perfect, level - 1);
    perfect.push(nodeHash(below, below));
  }
  const same: NodeReader = (level) => leaf(perfect, level);
  const root = rootOf(size, same);
  const index = 2 ** 45 + 7;
  verifyInclusion({ index, leaf: leaf(perfect, 0), size, root }, inclusionProof(index, size, same));
  const from = 2 ** 33 + 3;
  const claim = { from, fromRoot: rootOf(from, same), to: size, toRoot: root };
  verifyConsistency(claim, consistencyProof(from, size, same));
});

function flipped(proof: readonly Uint8Array[], where: number): Uint8Array[] {
  const at = where % proof.length;
  const copy = Uint8Array.from(leaf(proof, at));
  copy[where % 32] = (copy[where % 32] ?? 0) ^ (1 << (where % 8));
  return proof.toSpliced(at, 1, copy);
}
