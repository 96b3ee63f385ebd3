import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { LAW } from './architecture/law.ts';
import { type ProjectFile, scan } from './architecture/scan.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** Installed, generated or measured: not ours to judge. Dot folders are skipped, too. */
const SKIPPED = new Set(['node_modules', 'out', 'data', 'coverage', 'generated']);

function readProject(folder = ''): ProjectFile[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(folder, entry.name);
    if (entry.isDirectory()) {
      return SKIPPED.has(entry.name) || entry.name.startsWith('.') ? [] : readProject(path);
    }
    const wanted = entry.name === 'package.json' || /\.[cm]?[jt]sx?$/.test(entry.name);
    return wanted ? [{ path, text: readFileSync(join(ROOT, path), 'utf8') }] : [];
  });
}

test('the project keeps the law of imports, has no cycles and takes time and chance from ports', () => {
  const broken = scan(readProject()).map(
    ({ rule, path, line, what }) => `${path}:${line} ${rule}: ${what}`,
  );
  expect(broken).toEqual([]);
});

test('the law itself has no cycle, and names no room that it does not know', () => {
  const reach = (room: string, trail: readonly string[]): void => {
    expect(trail, `the law leads from ${room} back to itself`).not.toContain(room);
    expect(LAW, `the law does not know ${room}`).toHaveProperty([room]);
    for (const next of LAW[room]?.mayImport ?? []) reach(next, [...trail, room]);
  };
  for (const room of Object.keys(LAW)) reach(room, []);
  expect(LAW['edge-agent']?.mayImport).not.toContain('control-plane');
  expect(LAW['control-plane']?.mayImport).not.toContain('edge-agent');
});
