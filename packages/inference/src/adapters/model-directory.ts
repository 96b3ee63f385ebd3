import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf } from '@tieline/kernel';
import { ModelError } from '../errors.ts';
import { PACKAGE_FILES, type PackageFiles, packFiles, refuseAbove } from '../model-package.ts';

/**
 * Packs a directory of `manifest.json`, `golden.json` and `model.onnx` into the one-file form; other
 * files there (the model card) stay behind.
 *
 * @throws {ModelError} file_unreadable, or as `unpackModel`
 */
export function packModel(directory: string): Uint8Array {
  const [manifest, golden, onnx] = PACKAGE_FILES;
  return packFiles({
    manifest: readBounded(directory, manifest),
    golden: readBounded(directory, golden),
    onnx: readBounded(directory, onnx),
  });
}

/** The import forecast that the sources ship with; `npm run train` makes it again. */
export const SHIPPED_FORECAST_DIRECTORY = fileURLToPath(
  new URL('../../models/site-import-forecast/', import.meta.url),
);

/** Writes the files of a package into a directory, which is made where it is missing. */
export function writeModelDirectory(directory: string, files: PackageFiles): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'manifest.json'), files.manifest);
  writeFileSync(join(directory, 'golden.json'), files.golden);
  writeFileSync(join(directory, 'model.onnx'), files.onnx);
}

function readBounded(
  directory: string,
  { name, bytesMax }: (typeof PACKAGE_FILES)[number],
): Uint8Array {
  const path = join(directory, name);
  try {
    refuseAbove(path, statSync(path).size, bytesMax);
    return new Uint8Array(readFileSync(path));
  } catch (thrown) {
    if (thrown instanceof ModelError) throw thrown;
    throw new ModelError({ code: 'file_unreadable', place: path, reason: messageOf(thrown) });
  }
}
