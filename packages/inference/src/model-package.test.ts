import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { packModel, writeModelDirectory } from './adapters/model-directory.ts';
import { ModelError, type ModelFailure } from './errors.ts';
import { type ModelManifest, packageJson, parseManifest } from './manifest.ts';
import {
  digestOf,
  PACKAGE_BYTES_MAX,
  packFiles,
  splitFiles,
  unpackModel,
} from './model-package.ts';
import { sampleFiles, sampleModel } from './sample-models.ts';

const directory = mkdtempSync(join(tmpdir(), 'tieline-model-'));
afterAll(() => rmSync(directory, { recursive: true }));

function failureOf(act: () => unknown): ModelFailure {
  try {
    act();
  } catch (thrown) {
    if (thrown instanceof ModelError) return thrown.failure;
    throw thrown;
  }
  throw new Error('nothing was thrown');
}

function withManifest(change: (manifest: ModelManifest) => unknown): Uint8Array {
  const files = sampleFiles();
  const changed = JSON.stringify(change(parseManifest(files.manifest)));
  return packFiles({ ...files, manifest: new TextEncoder().encode(changed) });
}

test('a directory packs to the bytes its files were unpacked from', () => {
  const packed = sampleModel();
  writeModelDirectory(directory, splitFiles(packed));
  writeFileSync(join(directory, 'MODEL_CARD.md'), 'stays behind');
  expect(packModel(directory)).toEqual(packed);
  expect(unpackModel(packModel(directory)).digest).toBe(digestOf(packed));
});

test('a directory without its files is refused with the path', () => {
  expect(failureOf(() => packModel(join(directory, 'nowhere')))).toMatchObject({
    code: 'file_unreadable',
    place: join(directory, 'nowhere', 'manifest.json'),
  });
});

describe('no damaged package is accepted', () => {
  const packed = sampleModel();

  test('any flipped bit is refused with a code, or gives another digest', () => {
    const { digest } = unpackModel(packed);
    const anyBit = fc.tuple(fc.nat(packed.length - 1), fc.nat(7));
    fc.assert(
      fc.property(anyBit, ([at, bit]) => {
        const damaged = Uint8Array.from(packed);
        damaged[at] = (damaged[at] ?? 0) ^ (1 << bit);
        try {
          // A manifest has free text, where a flip can only be caught by the package's digest.
          expect(unpackModel(damaged).digest).not.toBe(digest);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(ModelError);
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('every shorter form and every tail is refused', () => {
    for (let length = 0; length < packed.length; length += 1) {
      expect(failureOf(() => unpackModel(packed.subarray(0, length))).code).toBe(
        'package_malformed',
      );
    }
    expect(failureOf(() => unpackModel(Uint8Array.of(...packed, 0)))).toMatchObject({
      code: 'package_malformed',
      reason: '1 bytes too many',
    });
  });

  test('golden cases or a graph other than the manifest names are refused', () => {
    const [one, other] = [sampleFiles(), sampleFiles(1)];
    for (const file of ['golden', 'onnx'] as const) {
      expect(failureOf(() => packFiles({ ...one, [file]: other[file] }))).toEqual({
        code: 'digest_mismatch',
        place: file === 'golden' ? 'golden.json' : 'model.onnx',
        expected: digestOf(one[file]),
        actual: digestOf(other[file]),
      });
    }
  });

  test('random bytes are refused with a code', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const framed = Uint8Array.of(...packed.subarray(0, 8), ...bytes);
        expect(failureOf(() => unpackModel(framed)).code).toMatch(/^package_/);
      }),
    );
  });

  test('a package, or a file in it, above its bound is refused before it is read', () => {
    const huge = new Uint8Array(PACKAGE_BYTES_MAX + 1);
    expect(failureOf(() => unpackModel(huge)).code).toBe('package_too_large');
    const files = sampleFiles();
    const failure = failureOf(() => packFiles({ ...files, golden: new Uint8Array(1_048_577) }));
    expect(failure).toEqual({
      code: 'package_too_large',
      place: 'golden.json',
      bytes: 1_048_577,
      bytesMax: 1_048_576,
    });
  });
});

describe('a manifest that does not fit is refused with its place', () => {
  const cases: [string, (manifest: ModelManifest) => unknown, Partial<ModelFailure>][] = [
    [
      'an unknown key',
      (manifest) => ({ ...manifest, priority: 1 }),
      { code: 'manifest_invalid', place: 'manifest.json' },
    ],
    [
      'a range upside down',
      ({ input, ...rest }) => ({
        ...rest,
        input: { ...input, features: [{ name: 'a', unit: 'kW', min: 1, max: -1 }] },
      }),
      { code: 'manifest_invalid', place: 'manifest.json: input.features.0' },
    ],
    [
      'a digest in capitals',
      ({ files, ...rest }) => ({ ...rest, files: { ...files, onnx: files.onnx.toUpperCase() } }),
      { code: 'manifest_invalid', place: 'manifest.json: files.onnx' },
    ],
    [
      'golden cases out of the feature range',
      ({ input, ...rest }) => ({
        ...rest,
        input: { ...input, features: input.features.map((spec) => ({ ...spec, max: 0 })) },
      }),
      { code: 'golden_invalid', place: 'golden.json: cases.0' },
    ],
    [
      'another input name than the graph has',
      ({ input, ...rest }) => ({ ...rest, input: { ...input, name: 'other' } }),
      { code: 'onnx_invalid', place: 'model.onnx input' },
    ],
  ];
  test.each(cases)('%s', (_, change, failure) => {
    expect(failureOf(() => withManifest(change))).toMatchObject(failure);
  });

  test('text that is not JSON', () => {
    const files = sampleFiles();
    expect(failureOf(() => packFiles({ ...files, manifest: Uint8Array.of(0xff) }))).toEqual({
      code: 'manifest_invalid',
      place: 'manifest.json',
      reason: 'not JSON in UTF-8',
    });
  });
});

test('equal contents give equal bytes, other contents another digest', () => {
  expect(sampleModel(1)).toEqual(sampleModel(1));
  expect(digestOf(sampleModel(1))).not.toBe(digestOf(sampleModel(2)));
  const manifest = parseManifest(sampleFiles().manifest);
  expect(packageJson(manifest)).toEqual(sampleFiles().manifest);
});
