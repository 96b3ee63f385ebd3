import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { createFile, makeFolder, readBounded, readPieces } from './files.ts';

const directory = mkdtempSync(join(tmpdir(), 'tieline-files-'));
afterAll(() => rmSync(directory, { recursive: true }));
const at = (name: string) => join(directory, name);

test('a file is created whole, with its mode, from pieces', async () => {
  await createFile(at('new'), [Uint8Array.of(1, 2), Uint8Array.of(3)], 0o600);
  expect([...readFileSync(at('new'))]).toEqual([1, 2, 3]);
  expect(statSync(at('new')).mode & 0o777).toBe(0o600);
});

test('nothing that exists is written over, even if it came a moment ago', async () => {
  writeFileSync(at('old'), 'precious');
  await expect(createFile(at('old'), [Uint8Array.of(1)], 0o600)).rejects.toThrow(
    'cannot be written',
  );
  expect(readFileSync(at('old'), 'utf8')).toBe('precious');
});

test('where the source breaks off no half file stays', async () => {
  const source = async function* () {
    yield Uint8Array.of(1);
    throw new Error('the connection broke');
  };
  await expect(createFile(at('half'), source(), 0o644)).rejects.toThrow('cannot be written');
  expect(readdirSync(directory)).not.toContain('half');
});

test('a file is read up to its bound, and not a byte further', async () => {
  writeFileSync(at('ten'), '0123456789');
  expect(await readBounded(at('ten'), 10)).toHaveLength(10);
  await expect(readBounded(at('ten'), 9)).rejects.toThrow('too large');
  // A device has no size that could be looked at first.
  await expect(readBounded('/dev/zero', 1_000)).rejects.toThrow('too large');
});

test('pieces of a file make the file; a directory and nothing have none', async () => {
  writeFileSync(at('pieces'), 'x'.repeat(600_000));
  const pieces = [...(await readPieces(at('pieces')))];
  expect(pieces.length).toBeGreaterThan(1);
  expect(Buffer.concat(pieces).toString()).toBe('x'.repeat(600_000));
  await expect(readPieces(directory)).rejects.toThrow('is a directory');
  await expect(readPieces(at('absent'))).rejects.toThrow('cannot be read');
});

test('a folder is made with those above it; a file stays what it is', async () => {
  await makeFolder(at('a/b/c'));
  await makeFolder(at('a/b'));
  expect(statSync(at('a/b/c')).isDirectory()).toBe(true);
  writeFileSync(at('a/file'), '');
  await expect(makeFolder(at('a/file'))).rejects.toThrow('is no directory');
  await expect(makeFolder('')).rejects.toThrow('cannot be written into');
  await expect(makeFolder(at('a/file/below'))).rejects.toThrow('cannot be written into');
});

test.runIf(process.platform === 'linux')(
  'a place that takes no folder is refused, and not tried for ever',
  async () => {
    await expect(makeFolder('/proc/x')).rejects.toThrow('cannot be written into');
    await expect(makeFolder('/proc/x/y')).rejects.toThrow('cannot be written into');
  },
);
