import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ROOT } from '../docs/source-facts.ts';

/** The tag that the examples take. */
export const TAG = 'v0.1.0';

export function hasGit(): boolean {
  return spawnSync('git', ['--version']).status === 0;
}

/** Puts the project, as it stands in the working tree, into a repository of its own, as its users would find it. */
export function publish(repository: string): void {
  const listed = git(ROOT, ['ls-files', '-z', '--cached', '--others', '--exclude-standard']);
  const deleted = new Set(git(ROOT, ['ls-files', '-z', '--deleted']).split('\0'));
  for (const file of listed.split('\0')) {
    if (file === '' || deleted.has(file)) continue;
    mkdirSync(dirname(join(repository, file)), { recursive: true });
    cpSync(join(ROOT, file), join(repository, file));
  }
  const who = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
  git(repository, ['init', '--quiet', '--initial-branch=main']);
  git(repository, ['add', '--all']);
  git(repository, [...who, 'commit', '--quiet', '--no-gpg-sign', '--message', TAG]);
  git(repository, ['tag', TAG]);
}

export function clone(repository: string, folder: string): void {
  const options = ['clone', '--quiet', '--depth', '1', '--branch', TAG];
  git(dirname(folder), [...options, `file://${repository}`, folder]);
}

function git(cwd: string, args: readonly string[]): string {
  return execFileSync('git', args, {
    ...{ cwd, encoding: 'utf8', maxBuffer: 64 * 1_048_576 },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}
