/** Where a room is, and which rooms it may import, as docs and `@tieline/…` name them. */
export interface Room {
  readonly folder: string;
  readonly mayImport: readonly string[];
}

const foundation = ['kernel', 'protocol'];
const processRooms = [...foundation, 'audit', 'bus', 'inference', 'grid'];

/** The law of imports: arrows point down only. The table of the architecture, as data. */
export const LAW: Readonly<Record<string, Room>> = {
  kernel: { folder: 'packages/kernel', mayImport: [] },
  protocol: { folder: 'packages/protocol', mayImport: ['kernel'] },
  grid: { folder: 'packages/grid', mayImport: ['kernel'] },
  planning: { folder: 'packages/planning', mayImport: ['kernel', 'grid'] },
  audit: { folder: 'packages/audit', mayImport: foundation },
  bus: { folder: 'packages/bus', mayImport: foundation },
  inference: { folder: 'packages/inference', mayImport: foundation },
  virtual: { folder: 'packages/virtual', mayImport: [...foundation, 'bus'] },
  'edge-agent': { folder: 'edge-agent', mayImport: processRooms },
  'control-plane': { folder: 'control-plane', mayImport: [...processRooms, 'planning'] },
  simulator: {
    folder: 'simulator',
    mayImport: [...processRooms, 'planning', 'virtual', 'edge-agent', 'control-plane'],
  },
  cli: {
    folder: 'packages/cli',
    mayImport: [...foundation, 'audit', 'inference', 'grid', 'simulator'],
  },
};

/** Folders that are no room: they may import whatever is public, and touch the world. */
export const OPEN_FOLDERS: readonly string[] = ['test', 'bench', 'certs', 'scripts'];

/** Files at the root that are no source of ours. */
export const ROOT_FILES: readonly string[] = ['vitest.config.ts'];

/** Rooms that are processes: their `core` and `ports` know nothing of their `adapters`. */
export const PROCESS_ROOMS: readonly string[] = ['edge-agent', 'control-plane'];

/** Time and randomness that do not come from a port, each with the words that give it away. */
export const AMBIENT: ReadonlyArray<{ readonly what: string; readonly pattern: RegExp }> = [
  { what: 'Date.now', pattern: /\bDate\s*\.\s*now\b/g },
  { what: 'new Date()', pattern: /\bnew\s+Date\s*(?:\(\s*\)|(?!\s*\())/g },
  { what: 'Date()', pattern: /(?<!new\s+)(?<![.\w])Date\s*\(/g },
  { what: 'performance', pattern: /\bperformance\s*\./g },
  { what: 'hrtime', pattern: /\bhrtime\b/g },
  { what: 'process.uptime', pattern: /\bprocess\s*\.\s*uptime\b/g },
  { what: 'timers', pattern: /\b(?:setTimeout|setInterval|setImmediate)\b/g },
  { what: 'AbortSignal.timeout', pattern: /\bAbortSignal\s*\.\s*timeout\b/g },
  { what: 'Math.random', pattern: /\bMath\s*\.\s*random\b/g },
  {
    what: 'random bytes',
    pattern: /\b(?:randomBytes|randomUUID|randomInt|randomFill|randomFillSync|getRandomValues)\b/g,
  },
  { what: 'random keys', pattern: /\b(?:generateKeyPair|generateKeyPairSync|generateKey)\b/g },
  { what: 'random keys', pattern: /\bkeyPair\s*\(\s*\)/g },
  { what: 'toLocale…', pattern: /\btoLocale\w*/g },
];

/** Modules that are ambient time as a whole. */
export const AMBIENT_MODULES: readonly string[] = [
  'node:timers',
  'node:timers/promises',
  'node:perf_hooks',
];
