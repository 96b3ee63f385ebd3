import { type FileHandle, lstat, open, unlink } from 'node:fs/promises';
import { type CliError, usageError } from '../exit.ts';
import { nameOf } from '../input/files.ts';

const CHUNK_BYTES = 65_536;

/** Reads a file or standard input, and never more than the bound: the size is looked at before the bytes. */
export async function readBounded(path: string, bytesMax: number): Promise<Uint8Array> {
  if (path === '-') return await drain(process.stdin, path, bytesMax);
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch (thrown) {
    throw fileProblem(`${path} cannot be read`, thrown);
  }
  try {
    const stat = await file.stat();
    if (stat.isDirectory()) throw usageError(`${path} is a directory`);
    if (stat.isFile() && stat.size > bytesMax) throw tooLarge(path, bytesMax, stat.size);
    // A device or a pipe has no size, and a file may grow meanwhile.
    return await drain(file.createReadStream({ autoClose: false }), path, bytesMax);
  } finally {
    await file.close();
  }
}

async function drain(
  stream: AsyncIterable<Buffer | string>,
  path: string,
  bytesMax: number,
): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let bytes = 0;
  for await (const part of stream) {
    const chunk = Buffer.from(part);
    bytes += chunk.length;
    if (bytes > bytesMax) throw tooLarge(path, bytesMax);
    parts.push(chunk);
  }
  return new Uint8Array(Buffer.concat(parts, bytes));
}

export async function fileExists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

/** Writes a file that does not exist yet, down to the disk; half a file is never left behind. */
export async function createFile(path: string, bytes: Uint8Array, mode: number): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', mode);
  } catch (thrown) {
    throw fileProblem(`${path} cannot be written`, thrown);
  }
  try {
    for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
      await file.writeFile(bytes.subarray(at, at + CHUNK_BYTES));
    }
    // The umask may take bits away from a mode, never more than the caller wants gone.
    await file.sync();
  } catch (thrown) {
    await unlink(path);
    throw fileProblem(`${path} cannot be written`, thrown);
  } finally {
    await file.close();
  }
}

const REASONS: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  EACCES: 'permission denied',
  EEXIST: 'it exists already, and nothing is overwritten',
  EISDIR: 'it is a directory',
  ENOTDIR: 'a part of the path is not a directory',
  ENOSPC: 'the disk is full',
};

function fileProblem(what: string, thrown: unknown): CliError {
  const code = thrown instanceof Error && 'code' in thrown ? String(thrown.code) : '';
  const reason = REASONS[code] ?? (thrown instanceof Error ? thrown.message : String(thrown));
  return usageError(what, [['reason', reason]]);
}

function tooLarge(path: string, bytesMax: number, bytes?: number): CliError {
  const found = bytes === undefined ? [] : [['size', `${bytes} bytes`] as const];
  return usageError(`${nameOf(path)} is too large`, [...found, ['limit', `${bytesMax} bytes`]]);
}
