import { describe, expect, test } from 'vitest';
import { type ProjectFile, scan, type Violation } from './architecture/scan.ts';

const manifest = (room: string, dependencies: string[] = [], more: object = {}): string =>
  JSON.stringify({
    name: `@tieline/${room}`,
    exports: { '.': './src/index.ts' },
    dependencies: Object.fromEntries(dependencies.map((name) => [name, '1.0.0'])),
    ...more,
  });

/** A small project that keeps the law. */
const CLEAN: Readonly<Record<string, string>> = {
  'package.json': JSON.stringify({ devDependencies: { vitest: '5', 'fast-check': '4' } }),
  'packages/kernel/package.json': manifest('kernel', ['zod']),
  'packages/kernel/src/index.ts': "export { clock } from './adapters/clock.ts';",
  'packages/kernel/src/adapters/clock.ts': 'export const clock = () => Date.now();',
  'packages/kernel/src/compliance.ts': "import { test } from 'vitest';\nexport { test };",
  'packages/bus/package.json': manifest('bus', ['@tieline/kernel', '@tieline/protocol', 'mqtt']),
  'packages/bus/src/index.ts':
    "import { connect } from 'mqtt';\nimport { clock } from '@tieline/kernel';\nexport { clock, connect };",
  'packages/bus/src/bus.test.ts':
    "import { test } from 'vitest';\nimport '@tieline/kernel/compliance';\ntest('a', () => setTimeout(() => {}));",
  'edge-agent/package.json': manifest('edge-agent', ['@tieline/kernel', '@tieline/bus']),
  'edge-agent/src/main.ts':
    "import { decide } from './core/decide.ts';\nimport { disk } from './adapters/disk.ts';\ndecide(disk, Date.now());",
  'edge-agent/src/core/decide.ts':
    "import type { Disk } from '../ports/disk.ts';\nexport const decide = (disk: Disk, nowMs: number) => [disk, nowMs];",
  'edge-agent/src/ports/disk.ts': 'export interface Disk {}',
  'edge-agent/src/adapters/disk.ts':
    "import type { Disk } from '../ports/disk.ts';\nexport const disk: Disk = {};",
  'control-plane/package.json': manifest('control-plane', ['@tieline/kernel']),
  'control-plane/src/index.ts': "export { clock } from '@tieline/kernel';",
  'test/helpers.ts':
    "export { connect } from 'mqtt';\nexport { decide } from '@tieline/edge-agent';",
  'bench/main.ts': 'console.log(performance.now());',
};

function broken(planted: Readonly<Record<string, string>>): Violation[] {
  const files: ProjectFile[] = Object.entries({ ...CLEAN, ...planted }).map(([path, text]) => ({
    path,
    text,
  }));
  return scan(files);
}

test('a project that keeps the law is not blamed', () => {
  expect(broken({})).toEqual([]);
});

describe('a planted violation is found, once, at its place', () => {
  const index = 'packages/kernel/src/index.ts';
  const bus = 'packages/bus/src/index.ts';
  const core = 'edge-agent/src/core/decide.ts';
  test.each<[string, Violation['rule'], string, string]>([
    ['an upward import', 'room_not_allowed', index, "import '@tieline/bus';"],
    ['an upward type import', 'room_not_allowed', index, "import type { A } from '@tieline/bus';"],
    ['an upward re-export', 'room_not_allowed', index, "export * from '@tieline/bus';"],
    ['an upward dynamic import', 'room_not_allowed', index, "await import('@tieline/bus');"],
    ['an upward import type', 'room_not_allowed', index, "let a: import('@tieline/bus').A;"],
    [
      'an upward import over several lines',
      'room_not_allowed',
      index,
      "import {\n  a, // from 'x'\n  b,\n} from '@tieline/bus';",
    ],
    ['agent to control plane', 'room_not_allowed', core, "import '@tieline/control-plane';"],
    [
      'control plane to agent',
      'room_not_allowed',
      'control-plane/src/index.ts',
      "import '@tieline/edge-agent';",
    ],
    [
      'the simulator in a test',
      'room_not_allowed',
      'packages/bus/src/bus.test.ts',
      "import '@tieline/simulator';",
    ],
    ['a room that nobody knows', 'room_not_allowed', bus, "import '@tieline/nowhere';"],
    ['a deep import', 'deep_import', bus, "import '@tieline/kernel/src/clock.ts';"],
    [
      'a deep import from a test',
      'deep_import',
      'test/helpers.ts',
      "import '@tieline/kernel/clock';",
    ],
    ['a relative way into another room', 'deep_import', bus, "import '../../kernel/src/index.ts';"],
    [
      'a relative way out of test',
      'deep_import',
      'test/helpers.ts',
      "import '../packages/bus/src/index.ts';",
    ],
    [
      'a suite in production',
      'compliance_in_production',
      bus,
      "import '@tieline/kernel/compliance';",
    ],
    ['its own suite in production', 'compliance_in_production', index, "import './compliance.ts';"],
    ['a package that is not declared', 'import_not_declared', bus, "import 'zod';"],
    ['a module of Node without node:', 'import_not_declared', bus, "import 'fs';"],
    ['a test framework in production', 'import_not_declared', bus, "import 'vitest';"],
    [
      'a room that is allowed but not declared',
      'import_not_declared',
      'control-plane/src/index.ts',
      "import '@tieline/bus';",
    ],
    ['a file that is not there', 'import_unresolved', bus, "import './gone.ts';"],
    ['an import of something computed', 'import_computed', bus, 'await import(name);'],
    ['an import of a template', 'import_computed', bus, `await import(\`./\${name}.ts\`);`],
    ['core that knows an adapter', 'core_knows_adapter', core, "import '../adapters/disk.ts';"],
    [
      'a port that knows an adapter',
      'core_knows_adapter',
      'edge-agent/src/ports/disk.ts',
      "import '../adapters/disk.ts';",
    ],
  ])('%s', (_what, rule, path, line) => {
    const found = broken({ [path]: `${CLEAN[path]}\n${line}` }).filter(
      (each) => each.rule !== 'cycle',
    );
    expect(found.map((each) => ({ rule: each.rule, path: each.path }))).toEqual([{ rule, path }]);
    expect(found[0]?.line).toBeGreaterThan(1);
  });

  test('a cycle of two, and of one', () => {
    const found = broken({
      'edge-agent/src/core/decide.ts': "import './other.ts';",
      'edge-agent/src/core/other.ts': "export * from './decide.ts';",
      'edge-agent/src/core/self.ts': "import './self.ts';",
    });
    expect(found.map((each) => [each.rule, each.what])).toEqual([
      ['cycle', 'edge-agent/src/core/decide.ts → edge-agent/src/core/other.ts'],
      ['cycle', 'edge-agent/src/core/self.ts'],
    ]);
  });

  test('a workspace that the law does not list, by its package and by its files', () => {
    const found = broken({
      'packages/helpers/package.json': manifest('helpers'),
      'packages/helpers/src/index.ts': 'export {};',
      'tools/a.mjs': '',
    });
    expect(found.map((each) => [each.rule, each.path])).toEqual([
      ['workspace_unlisted', 'packages/helpers/package.json'],
      ['workspace_unlisted', 'packages/helpers/src/index.ts'],
      ['workspace_unlisted', 'tools/a.mjs'],
      ['nothing_scanned', 'packages/helpers'],
    ]);
  });

  test('a package that opens a back door', () => {
    const exports = { '.': './src/index.ts', './compliance': './c.ts', './*': './src/*.ts' };
    const found = broken({ 'packages/kernel/package.json': manifest('kernel', [], { exports }) });
    expect(found.map((each) => [each.rule, each.what])).toEqual([['exports_too_wide', './*']]);
  });

  test('a scan that found nothing', () => {
    expect(scan([]).map((each) => each.rule)).toEqual(['nothing_scanned']);
    const room = { path: 'packages/kernel/package.json', text: manifest('kernel') };
    expect(scan([room]).map((each) => each.rule)).toEqual(['nothing_scanned', 'nothing_scanned']);
  });
});

describe('ambient time and chance', () => {
  const core = 'edge-agent/src/core/decide.ts';
  test.each([
    'Date.now()',
    'Date . now',
    'new Date()',
    'new Date',
    'Date()',
    'performance.now()',
    'process.hrtime.bigint()',
    'process.uptime()',
    'setTimeout(f, 1)',
    'globalThis.setInterval(f)',
    'setImmediate(f)',
    'AbortSignal.timeout(5)',
    'Math.random()',
    'randomBytes(4)',
    'crypto.randomUUID()',
    'randomInt(4)',
    'crypto.getRandomValues(a)',
    "generateKeyPairSync('ed25519')",
    'nacl.sign.keyPair()',
    'x.toLocaleString()',
    `\`at \${Date.now()}\``,
    `\`at \${\`\${Date.now()}\`}\``,
    "import { setTimeout as delay } from 'node:timers/promises';",
    "import 'node:perf_hooks';",
    'a / Date.now() / b',
  ])('in core: %s', (line) => {
    const found = broken({ [core]: `${CLEAN[core]}\n${line}` });
    expect(found[0]).toMatchObject({ rule: 'ambient', path: core, line: 3 });
  });

  test.each([
    '// Date.now()',
    '/* Date.now() */',
    "const text = 'Date.now()';",
    'const text = "it\'s Date.now()";',
    "const text = 'a\\' Date.now()';",
    `const text = \`Date.now() \${a} Math.random()\`;`,
    'const pattern = /Date.now()/;',
    'const pattern = /[/"]Date.now()/;',
    "const quote = /'/; // setTimeout",
    'new Date(1_000)',
    'Date.UTC(2_024, 1)',
    'nacl.sign.keyPair.fromSeed(seed)',
    "import 'node:fs';",
  ])('not in core: %s', (line) => {
    expect(broken({ [core]: `${CLEAN[core]}\n${line}` })).toEqual([]);
  });

  test.each([
    'edge-agent/src/main.ts',
    'edge-agent/src/adapters/disk.ts',
    'packages/kernel/src/compliance.ts',
    'packages/bus/src/bus.test.ts',
    'bench/main.ts',
    'test/helpers.ts',
  ])('allowed in %s', (path) => {
    expect(broken({ [path]: `${CLEAN[path]}\nDate.now();` })).toEqual([]);
  });

  test('a file merely named after the exempt ones is not exempt', () => {
    for (const path of ['edge-agent/src/core/adapters.ts', 'edge-agent/src/domain.ts']) {
      expect(broken({ [path]: 'Date.now();' })).toHaveLength(1);
    }
  });
});
