import { createHash } from 'node:crypto';
import { concatBytes, equalBytes, utf8 } from '@tieline/kernel';
import { ModelError } from './errors.ts';
import {
  type Digest,
  GOLDEN_BYTES_MAX,
  type GoldenCases,
  MANIFEST_BYTES_MAX,
  type ModelManifest,
  parseGolden,
  parseManifest,
} from './manifest.ts';
import { type OnnxValue, readOnnx } from './onnx/read-model.ts';

/** Bound of a whole package, as one file: a gateway's link and memory are small. */
export const PACKAGE_BYTES_MAX = 8 * 1_048_576;

/** The files of a package, in the order in which they stand in the one file. */
export const PACKAGE_FILES = [
  { name: 'manifest.json', bytesMax: MANIFEST_BYTES_MAX },
  { name: 'golden.json', bytesMax: GOLDEN_BYTES_MAX },
  { name: 'model.onnx', bytesMax: PACKAGE_BYTES_MAX },
] as const;

/** `tlmodel1`; a layout that differs gets another last letter. */
const MAGIC = utf8('tlmodel1');
const LENGTH_BYTES = 4;

/** The raw files of a package. */
export interface PackageFiles {
  readonly manifest: Uint8Array;
  readonly golden: Uint8Array;
  readonly onnx: Uint8Array;
}

/** A package that was read and holds together; not yet run. */
export interface ModelPackage {
  /** SHA-256 over the one-file bytes: the package's identity everywhere. */
  readonly digest: Digest;
  readonly manifest: ModelManifest;
  readonly golden: GoldenCases;
  readonly onnx: Uint8Array;
}

/** SHA-256 as `sha256:…`. */
export function digestOf(bytes: Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

/**
 * The one-file form: the magic, then each file of `PACKAGE_FILES` as a 32-bit big-endian length and its
 * bytes. Equal files give equal bytes. Checks what `unpackModel` checks, so nothing unreadable is made.
 *
 * @throws {ModelError} as `unpackModel`
 */
export function packFiles(files: PackageFiles): Uint8Array {
  const parts = [files.manifest, files.golden, files.onnx].flatMap((bytes) => {
    const length = new Uint8Array(LENGTH_BYTES);
    new DataView(length.buffer).setUint32(0, bytes.length);
    return [length, bytes];
  });
  const packed = concatBytes(MAGIC, ...parts);
  unpackModel(packed);
  return packed;
}

/**
 * Reads the one-file form and checks everything that can be checked without running it: bounds, schema,
 * digests, golden cases against the feature schema, names and shapes of the graph against the manifest.
 *
 * @throws {ModelError} package_too_large | package_malformed | manifest_invalid | golden_invalid |
 *   digest_mismatch | onnx_invalid, each with its place
 */
export function unpackModel(packed: Uint8Array): ModelPackage {
  const files = splitFiles(packed);
  const manifest = parseManifest(files.manifest);
  expectDigest('golden.json', manifest.files.golden, files.golden);
  expectDigest('model.onnx', manifest.files.onnx, files.onnx);
  const golden = parseGolden(files.golden);
  checkGolden(manifest, golden);
  checkGraph(manifest, files.onnx);
  return { digest: digestOf(packed), manifest, golden, onnx: files.onnx };
}

/**
 * The raw files inside a package, unread.
 *
 * @throws {ModelError} package_too_large | package_malformed
 */
export function splitFiles(packed: Uint8Array): PackageFiles {
  refuseAbove('package', packed.length, PACKAGE_BYTES_MAX);
  if (!equalBytes(packed.subarray(0, MAGIC.length), MAGIC)) {
    throw malformed('byte 0', 'does not begin as a model package');
  }
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  let at = MAGIC.length;
  const next = ({ name, bytesMax }: (typeof PACKAGE_FILES)[number]): Uint8Array => {
    if (packed.length - at < LENGTH_BYTES) throw malformed(name, `cut short at byte ${at}`);
    const length = view.getUint32(at);
    at += LENGTH_BYTES;
    refuseAbove(name, length, bytesMax);
    if (length > packed.length - at) {
      throw malformed(name, `cut short: ${length} bytes announced, ${packed.length - at} there`);
    }
    at += length;
    return packed.slice(at - length, at);
  };
  const [manifestFile, goldenFile, onnxFile] = PACKAGE_FILES;
  const files = { manifest: next(manifestFile), golden: next(goldenFile), onnx: next(onnxFile) };
  if (at !== packed.length) throw malformed(`byte ${at}`, `${packed.length - at} bytes too many`);
  return files;
}

/** Refuses sizes before anything of that size is read. */
export function refuseAbove(place: string, bytes: number, bytesMax: number): void {
  if (bytes > bytesMax) {
    throw new ModelError({ code: 'package_too_large', place, bytes, bytesMax });
  }
}

function expectDigest(place: string, expected: Digest, bytes: Uint8Array): void {
  const actual = digestOf(bytes);
  if (actual !== expected) {
    throw new ModelError({ code: 'digest_mismatch', place, expected, actual });
  }
}

function checkGolden(manifest: ModelManifest, golden: GoldenCases): void {
  const specs = manifest.input.features;
  for (const [at, { features, expected }] of golden.cases.entries()) {
    const place = `golden.json: cases.${at}`;
    const refuse = (reason: string): never => {
      throw new ModelError({ code: 'golden_invalid', place, reason });
    };
    if (features.length !== specs.length) {
      refuse(`${features.length} features, the manifest has ${specs.length}`);
    }
    for (const [index, spec] of specs.entries()) {
      const value = features[index] ?? Number.NaN;
      if (!(value >= spec.min && value <= spec.max)) refuse(`${spec.name} ${value} out of range`);
    }
    if (expected < manifest.output.min || expected > manifest.output.max) {
      refuse(`expected ${expected} is outside the output's range`);
    }
  }
}

function checkGraph(manifest: ModelManifest, onnx: Uint8Array): void {
  const { inputs, outputs } = readOnnx(onnx);
  checkValue('input', inputs, manifest.input.name, manifest.input.features.length);
  checkValue('output', outputs, manifest.output.name, 1);
}

function checkValue(
  what: 'input' | 'output',
  values: readonly OnnxValue[],
  name: string,
  width: number,
): void {
  const place = `model.onnx ${what}`;
  const value = values[0];
  if (value === undefined || values.length !== 1) {
    throw new ModelError({ code: 'onnx_invalid', place, reason: `has ${values.length}, not one` });
  }
  const shape = value.dims.map((dim) => dim ?? 'batch').join(', ');
  if (value.name !== name || value.dims.length !== 2 || value.dims[0] !== null) {
    const reason = `is ${value.name} [${shape}], the manifest says ${name} [batch, ${width}]`;
    throw new ModelError({ code: 'onnx_invalid', place, reason });
  }
  if (value.dims[1] !== width) {
    throw new ModelError({
      code: 'onnx_invalid',
      place,
      reason: `is ${value.dims[1]} wide, the manifest says ${width}`,
    });
  }
}

function malformed(place: string, reason: string): ModelError {
  return new ModelError({ code: 'package_malformed', place, reason });
}
