import { z } from 'zod';
import { ModelError } from './errors.ts';

/** Bound of a manifest, bytes of JSON. */
export const MANIFEST_BYTES_MAX = 65_536;
/** Bound of the golden cases, bytes of JSON. */
export const GOLDEN_BYTES_MAX = 1_048_576;
const FEATURES_MAX = 256;
const GOLDEN_CASES_MAX = 256;

/** `sha256:` and 64 lower-case hex digits. */
export const Digest = z.string().regex(/^sha256:[0-9a-f]{64}$/, 'sha256: and 64 hex digits');
export type Digest = z.output<typeof Digest>;

const name = z.string().regex(/^[a-zA-Z0-9][a-zA-Z0-9._-]{0,63}$/, '1 to 64 of A-Z a-z 0-9 . _ -');
const text = z.string().min(1).max(1_000);
const risingRange = { min: z.number(), max: z.number() };

/** One input of a model: a value outside [min, max] is not fed to it. */
export const FeatureSpec = z
  .strictObject({ name, unit: z.string().min(1).max(32), ...risingRange })
  .refine(({ min, max }) => min < max, 'min must be below max');
export type FeatureSpec = z.output<typeof FeatureSpec>;

const ErrorFigures = z.strictObject({
  /** Mean absolute error, in the output's unit. */
  mae: z.number().nonnegative(),
  /** Root mean square error, in the output's unit. */
  rmse: z.number().nonnegative(),
});

/** Where a model comes from: enough to make it again. */
const Lineage = z.strictObject({
  dataset: z.strictObject({
    generator: text,
    seed: z.int(),
    sites: z.int().positive(),
    days: z.int().positive(),
    samples: z.int().positive(),
    digest: Digest,
  }),
  /** Digest of the training sources rather than a commit, so that a commit that changes none of them changes no byte. */
  codeDigest: Digest,
  training: z.record(name, z.union([z.number(), z.string().max(200)])),
  results: z.strictObject({
    /** The days measured on, none of which was trained on. */
    unseen: z.strictObject({ seed: z.int(), sites: z.int().positive(), days: z.int().positive() }),
    samples: z.int().positive(),
    model: ErrorFigures,
    rivals: z.record(name, ErrorFigures),
  }),
});

/** What a model package says of itself. */
export const ModelManifest = z.strictObject({
  schema: z.literal('tieline.model/1'),
  name,
  version: z.string().regex(/^\d{1,6}\.\d{1,6}\.\d{1,6}$/, 'three numbers'),
  description: text,
  input: z.strictObject({ name, features: z.array(FeatureSpec).min(1).max(FEATURES_MAX) }),
  output: z
    .strictObject({ name, unit: z.string().min(1).max(64), ...risingRange })
    .refine(({ min, max }) => min < max, 'min must be below max'),
  files: z.strictObject({ onnx: Digest, golden: Digest }),
  lineage: Lineage,
});
export type ModelManifest = z.output<typeof ModelManifest>;

/** Inputs with the outputs that the trainer computed for them. */
export const GoldenCases = z.strictObject({
  schema: z.literal('tieline.golden/1'),
  /** Largest allowed |output − expected|, in the output's unit. */
  tolerance: z.number().positive(),
  cases: z
    .array(
      z.strictObject({ features: z.array(z.number()).max(FEATURES_MAX), expected: z.number() }),
    )
    .min(1)
    .max(GOLDEN_CASES_MAX),
});
export type GoldenCases = z.output<typeof GoldenCases>;

/** @throws {ModelError} manifest_invalid with the key and the reason */
export function parseManifest(json: Uint8Array): ModelManifest {
  return parseJson(ModelManifest, json, 'manifest_invalid', 'manifest.json');
}

/** @throws {ModelError} golden_invalid with the key and the reason */
export function parseGolden(json: Uint8Array): GoldenCases {
  return parseJson(GoldenCases, json, 'golden_invalid', 'golden.json');
}

/** The bytes of a manifest or of golden cases as they stand in a package. */
export function packageJson(value: ModelManifest | GoldenCases): Uint8Array {
  return new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);
}

function parseJson<T>(
  schema: z.ZodType<T>,
  bytes: Uint8Array,
  code: 'manifest_invalid' | 'golden_invalid',
  file: string,
): T {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw new ModelError({ code, place: file, reason: 'not JSON in UTF-8' }, undefined, { cause });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const place = issue === undefined || issue.path.length === 0 ? '' : `: ${issue.path.join('.')}`;
  throw new ModelError({
    code,
    place: `${file}${place}`,
    reason: issue?.message ?? 'does not fit its schema',
  });
}
