import { closeSync, fsyncSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';

const CHUNK_BYTES = 262_144;

/** Writes chunks to a file that appears under its name only when it is whole and on the disk. */
export function writeExport(chunks: Iterable<Uint8Array>, path: string): void {
  const partPath = `${path}.part`;
  const file = openSync(partPath, 'w', 0o600);
  try {
    const buffer = Buffer.allocUnsafe(CHUNK_BYTES);
    let filled = 0;
    for (const chunk of chunks) {
      if (filled + chunk.length > CHUNK_BYTES) {
        writeWhole(file, buffer.subarray(0, filled));
        filled = 0;
      }
      buffer.set(chunk, filled);
      filled += chunk.length;
    }
    writeWhole(file, buffer.subarray(0, filled));
    fsyncSync(file);
  } catch (thrown) {
    rmSync(partPath, { force: true });
    throw thrown;
  } finally {
    closeSync(file);
  }
  renameSync(partPath, path);
}

/** The bytes of a file, in chunks that each stay valid. */
export function* readChunks(path: string): Generator<Uint8Array> {
  const file = openSync(path, 'r');
  try {
    for (;;) {
      const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
      const count = readSync(file, chunk);
      if (count === 0) return;
      yield chunk.subarray(0, count);
    }
  } finally {
    closeSync(file);
  }
}

function writeWhole(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
}
