import { posix } from 'node:path';
import { AMBIENT, AMBIENT_MODULES, LAW, OPEN_FOLDERS, PROCESS_ROOMS, ROOT_FILES } from './law.ts';
import { findImports, type ImportSite, lineOf, type MaskedSource, maskSource } from './source.ts';

/** A file of the project: sources and every `package.json`; paths from the root, with `/`. */
export interface ProjectFile {
  readonly path: string;
  readonly text: string;
}

export interface Violation {
  readonly rule:
    | 'nothing_scanned'
    | 'workspace_unlisted'
    | 'exports_too_wide'
    | 'room_not_allowed'
    | 'deep_import'
    | 'compliance_in_production'
    | 'import_not_declared'
    | 'import_unresolved'
    | 'import_computed'
    | 'core_knows_adapter'
    | 'ambient'
    | 'cycle';
  readonly path: string;
  readonly line: number;
  readonly what: string;
}

interface Manifest {
  readonly name?: string;
  readonly exports?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

interface Source {
  readonly path: string;
  readonly masked: MaskedSource;
  readonly imports: readonly ImportSite[];
  /** Name of the room; `null` in an open folder. */
  readonly room: string | null;
  readonly isTest: boolean;
}

interface Project {
  readonly sources: ReadonlyMap<string, Source>;
  readonly manifests: ReadonlyMap<string, Manifest>;
}

const SOURCE = /\.[cm]?[jt]sx?$/;

/** Everything in these files that breaks the architecture's law; nothing when they keep it. */
export function scan(files: readonly ProjectFile[]): Violation[] {
  const { project, violations } = read(files);
  for (const source of project.sources.values()) {
    violations.push(...checkImports(source, project), ...checkAmbient(source));
  }
  return [...violations, ...findCycles(project)];
}

function read(files: readonly ProjectFile[]): { project: Project; violations: Violation[] } {
  const sources = new Map<string, Source>();
  const manifests = new Map<string, Manifest>();
  const violations: Violation[] = [];
  for (const { path, text } of files) {
    if (posix.basename(path) === 'package.json') {
      const manifest: Manifest = JSON.parse(text);
      const folder = posix.dirname(path);
      manifests.set(folder, manifest);
      if (folder !== '.') violations.push(...checkManifest(path, folder, manifest));
    } else if (SOURCE.test(path) && !ROOT_FILES.includes(path)) {
      const source = readSource(path, text);
      if (source === null) violations.push(at('workspace_unlisted', path, 1, topOf(path)));
      else sources.set(path, source);
    }
  }
  for (const folder of manifests.keys()) {
    const hasSource = [...sources.keys()].some((path) => path.startsWith(`${folder}/`));
    if (folder !== '.' && !hasSource) violations.push(at('nothing_scanned', folder, 1, folder));
  }
  if (sources.size === 0) violations.push(at('nothing_scanned', '.', 1, 'no source at all'));
  return { project: { sources, manifests }, violations };
}

function readSource(path: string, text: string): Source | null {
  const room = roomOf(path);
  if (room === null && !OPEN_FOLDERS.includes(topOf(path))) return null;
  const masked = maskSource(text);
  const isTest = path.startsWith('test/') || /(?:\.test|\/compliance)\.ts$/.test(path);
  return { path, masked, imports: findImports(masked), room, isTest };
}

function checkManifest(path: string, folder: string, manifest: Manifest): Violation[] {
  const room = Object.keys(LAW).find((name) => LAW[name]?.folder === folder);
  if (room === undefined || manifest.name !== `@tieline/${room}`) {
    return [at('workspace_unlisted', path, 1, manifest.name ?? folder)];
  }
  const tooWide = Object.keys(manifest.exports ?? {}).filter(
    (name) => name !== '.' && name !== './compliance',
  );
  return tooWide.map((name) => at('exports_too_wide', path, 1, name));
}

function checkImports(source: Source, project: Project): Violation[] {
  return source.imports.flatMap(({ specifier, line }) => {
    const rule =
      specifier === null
        ? 'import_computed'
        : specifier.startsWith('.')
          ? checkRelative(source, specifier, project)
          : checkNamed(source, specifier, project);
    return rule === null ? [] : [at(rule, source.path, line, specifier ?? 'import(…)')];
  });
}

function checkRelative(source: Source, specifier: string, project: Project): Rule | null {
  const target = resolve(source, specifier);
  const sameRoom =
    source.room === null ? topOf(target) === topOf(source.path) : roomOf(target) === source.room;
  if (!sameRoom) return 'deep_import';
  if (SOURCE.test(target) && !project.sources.has(target)) return 'import_unresolved';
  const isCompliance = posix.basename(target) === 'compliance.ts';
  if (isCompliance && !source.isTest) return 'compliance_in_production';
  return knowsAdapter(source, target) ? 'core_knows_adapter' : null;
}

/** In a process, `core` and `ports` are imported by `adapters` and wired by `main.ts`, never the other way. */
function knowsAdapter(source: Source, target: string): boolean {
  if (source.isTest || source.room === null || !PROCESS_ROOMS.includes(source.room)) return false;
  const inner = /\/src\/(?:core|ports)\//.test(source.path);
  return inner && (hasFolder(target, 'adapters') || posix.basename(target) === 'main.ts');
}

function checkNamed(source: Source, specifier: string, project: Project): Rule | null {
  if (specifier.startsWith('node:')) return null;
  if (!specifier.startsWith('@tieline/')) {
    return isDeclared(source, packageOf(specifier), project) ? null : 'import_not_declared';
  }
  const [room = '', ...inside] = specifier.slice('@tieline/'.length).split('/');
  if (inside.length > 0 && inside.join('/') !== 'compliance') return 'deep_import';
  if (inside.length > 0 && !source.isTest) return 'compliance_in_production';
  if (source.room !== null && !LAW[source.room]?.mayImport.includes(room)) {
    return 'room_not_allowed';
  }
  return isDeclared(source, `@tieline/${room}`, project) ? null : 'import_not_declared';
}

function isDeclared(source: Source, name: string, project: Project): boolean {
  const root = project.manifests.get('.');
  if (source.room === null) {
    const all = [...project.manifests.values()];
    const ours = all.some((manifest) => manifest.name === name);
    return ours || all.some((each) => name in { ...each.dependencies, ...each.devDependencies });
  }
  const own = project.manifests.get(LAW[source.room]?.folder ?? '');
  return (
    name in { ...own?.dependencies } || (source.isTest && name in { ...root?.devDependencies })
  );
}

function checkAmbient(source: Source): Violation[] {
  const exempt =
    source.room === null ||
    source.isTest ||
    hasFolder(source.path, 'adapters') ||
    posix.basename(source.path) === 'main.ts';
  if (exempt) return [];
  const { code } = source.masked;
  const words = AMBIENT.flatMap(({ what, pattern }) =>
    [...code.matchAll(pattern)].map((hit) =>
      at('ambient', source.path, lineOf(code, hit.index), what),
    ),
  );
  const modules = source.imports
    .filter(({ specifier }) => specifier !== null && AMBIENT_MODULES.includes(specifier))
    .map(({ specifier, line }) => at('ambient', source.path, line, specifier ?? ''));
  return [...words, ...modules];
}

/** Each ring of files that import one another, once, named from its first file in the alphabet. */
function findCycles({ sources }: Project): Violation[] {
  const done = new Set<string>();
  const rings = new Map<string, Violation>();
  const walk = (path: string, trail: readonly string[]): void => {
    const seenAt = trail.indexOf(path);
    if (seenAt !== -1) {
      const ring = turned(trail.slice(seenAt));
      rings.set(ring.join(' → '), at('cycle', ring[0] ?? path, 1, ring.join(' → ')));
      return;
    }
    if (done.has(path)) return;
    const source = sources.get(path);
    for (const { specifier } of source?.imports ?? []) {
      if (source && specifier?.startsWith('.')) walk(resolve(source, specifier), [...trail, path]);
    }
    done.add(path);
  };
  for (const path of sources.keys()) walk(path, []);
  return [...rings.values()];
}

function turned(ring: readonly string[]): string[] {
  const first = ring.indexOf([...ring].sort()[0] ?? '');
  return [...ring.slice(first), ...ring.slice(0, first)];
}

type Rule = Violation['rule'];

function at(rule: Rule, path: string, line: number, what: string): Violation {
  return { rule, path, line, what };
}

function resolve(source: Source, specifier: string): string {
  return posix.join(posix.dirname(source.path), specifier);
}

function roomOf(path: string): string | null {
  const found = Object.entries(LAW).find(([, { folder }]) => path.startsWith(`${folder}/`));
  return found?.[0] ?? null;
}

function topOf(path: string): string {
  return path.split('/')[0] ?? '';
}

function packageOf(specifier: string): string {
  const [scope = '', name = ''] = specifier.split('/');
  return scope.startsWith('@') ? `${scope}/${name}` : scope;
}

function hasFolder(path: string, folder: string): boolean {
  return path.split('/').slice(0, -1).includes(folder);
}
