import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Digest, digestOf } from '@tieline/inference';
import { concatBytes, utf8 } from '@tieline/kernel';

/** What the trained network rests on, from the project's root. */
const SOURCES = [
  'packages/inference/src/forecast',
  'packages/inference/src/onnx',
  'packages/kernel/src/rng.ts',
  'packages/kernel/src/seeded-rng.ts',
  'packages/kernel/src/units.ts',
  'simulator/src/plant/profiles',
  'simulator/src/training',
];

const ROOT = fileURLToPath(new URL('../../../../', import.meta.url));

/**
 * Digest over the training sources: stands for the commit in a model's lineage. A commit that leaves
 * them alone leaves the model's bytes alone, and one that does not asks for a new training.
 */
export function trainingCodeDigest(): Digest {
  const files = SOURCES.flatMap((source) =>
    source.endsWith('.ts')
      ? [source]
      : readdirSync(join(ROOT, source))
          .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
          .map((name) => `${source}/${name}`),
  ).sort();
  return digestOf(
    concatBytes(
      ...files.map((file) =>
        utf8(`${file} ${digestOf(new Uint8Array(readFileSync(join(ROOT, file))))}\n`),
      ),
    ),
  );
}
