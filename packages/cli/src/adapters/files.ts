import {
  access,
  constants,
  type FileHandle,
  lstat,
  mkdir,
  open,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { CliError, usageError } from '../exit.ts';
import { nameOf } from '../input/files.ts';
import type { Chunks } from '../world.ts';

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
    const found = await file.stat();
    if (found.isDirectory()) throw usageError(`${path} is a directory`);
    if (found.isFile() && found.size > bytesMax) throw tooLarge(path, bytesMax, found.size);
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

/** A file of any size, piece by piece; what cannot be opened is refused before the first. */
export async function readPieces(path: string): Promise<Iterable<Uint8Array>> {
  try {
    if ((await stat(path)).isDirectory()) throw usageError(`${path} is a directory`);
    await access(path, constants.R_OK);
  } catch (thrown) {
    throw thrown instanceof CliError ? thrown : fileProblem(`${path} cannot be read`, thrown);
  }
  const { readChunks } = await import('@tieline/audit');
  return readChunks(path);
}

export async function fileExists(path: string): Promise<boolean> {
  return await lstat(path).then(
    () => true,
    () => false,
  );
}

/** Writes a file that does not exist yet, down to the disk; half a file is never left behind. */
export async function createFile(path: string, content: Chunks, mode: number): Promise<void> {
  let file: FileHandle;
  try {
    file = await open(path, 'wx', mode);
  } catch (thrown) {
    throw fileProblem(`${path} cannot be written`, thrown);
  }
  try {
    for await (const chunk of content) await file.writeFile(chunk);
    await file.sync();
  } catch (thrown) {
    await unlink(path);
    throw thrown instanceof CliError ? thrown : fileProblem(`${path} cannot be written`, thrown);
  } finally {
    await file.close();
  }
}

/** Makes a folder, with those above it, where it is not there yet. @throws {CliError} one that cannot be written into */
export async function makeFolder(path: string): Promise<void> {
  try {
    // One by one: Node's own recursion never ends where a parent is there and takes no folder, as in /proc.
    const missing: string[] = [];
    for (let at = path; !(await fileExists(at)); at = dirname(at)) missing.unshift(at);
    for (const folder of missing) await makeOne(folder);
    if (!(await stat(path)).isDirectory()) throw usageError(`${path} is no directory`);
    await access(path, constants.W_OK | constants.X_OK);
  } catch (thrown) {
    throw thrown instanceof CliError
      ? thrown
      : fileProblem(`${path} cannot be written into`, thrown);
  }
}

/** Somebody else may have made it meanwhile. */
async function makeOne(folder: string): Promise<void> {
  await mkdir(folder).catch((thrown: NodeJS.ErrnoException) => {
    if (thrown.code !== 'EEXIST') throw thrown;
  });
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
