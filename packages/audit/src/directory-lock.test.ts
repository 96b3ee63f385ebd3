import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lockDirectory } from './directory-lock.ts';

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'tieline-lock-'));
  onTestFinished(() => rmSync(made, { recursive: true }));
  return made;
}

test('a directory is held by one alone, until it lets go', () => {
  const held = directory();
  const first = lockDirectory(held);
  expect(() => lockDirectory(held)).toThrow(
    expect.objectContaining({
      failure: { code: 'directory_in_use', directory: held, reason: 'another process holds it' },
    }),
  );
  first.release();
  lockDirectory(held).release();
});

test('another directory is not held with it', () => {
  const first = lockDirectory(directory());
  lockDirectory(directory()).release();
  first.release();
});
