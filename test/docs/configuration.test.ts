import { AuditRecord } from '@tieline/audit';
import { ModelManifest } from '@tieline/inference';
import { Policy } from '@tieline/protocol';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { schemaKeys } from './schema-keys.ts';
import { codeText, sourceText, tableRows } from './source-facts.ts';

/** First and last cell of every row of the tables of a page, but their heads. */
function rowsOf(page: string): readonly (readonly [string, string])[] {
  const rows = [...sourceText(page).matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)];
  return rows.map(([, key = '', rest = '']) => [key, rest.split('|').at(-1)?.trim() ?? '']);
}

const plain = (text: string): string => text.replaceAll('_', '').replaceAll("'", '');

/** A default as its source says it, or the bound of the control plane that has this name. */
function defaultOf(fallback: string): string {
  if (!/^[A-Z_]+$/.test(fallback)) return fallback;
  const bounds = codeText('control-plane/src/core/bounds.ts');
  const [, value] = new RegExp(`const ${fallback} = ([^;]+);`).exec(bounds) ?? [];
  return value ?? fallback;
}

test.each([
  [
    'docs/reference/agent-configuration.md',
    schemaKeys('edge-agent/src/adapters/configuration.ts', 'AgentConfiguration', {
      ModbusDeviceConfig: 'edge-agent/src/adapters/modbus/device-config.ts',
    }),
  ],
  [
    'docs/reference/control-plane-configuration.md',
    schemaKeys('control-plane/src/adapters/process/config.ts', 'Config'),
  ],
])('%s lists every key that its process takes, with its default', (page, keys) => {
  expect(keys.length).toBeGreaterThan(20);
  const rows = rowsOf(page);
  expect(rows.map(([key]) => key).toSorted()).toEqual(keys.map(({ path }) => path).toSorted());
  const defaults = new Map(rows);
  for (const { path, fallback } of keys) {
    if (fallback !== null) expect(defaults.get(path), path).toBe(plain(defaultOf(fallback)));
  }
});

test('docs/reference/policy-file.md lists every key of a policy', () => {
  const keys = leavesOf(z.toJSONSchema(Policy, { unrepresentable: 'any' }));
  const rows = rowsOf('docs/reference/policy-file.md');
  expect(rows.map(([key]) => key)).toEqual(keys);
});

test('docs/reference/model-package.md lists every part of a manifest, or what it is part of', () => {
  const leaves = leavesOf(z.toJSONSchema(ModelManifest, { unrepresentable: 'any' }));
  const listed = tableRows(sourceText('docs/reference/model-package.md'), '## Manifest').map(
    ([key = '']) => key,
  );
  const isPart = (leaf: string, key: string): boolean => leaf === key || leaf.startsWith(`${key}.`);
  expect(leaves.length).toBeGreaterThan(15);
  expect(leaves.filter((leaf) => !listed.some((key) => isPart(leaf, key)))).toEqual([]);
  expect(listed.filter((key) => !leaves.some((leaf) => isPart(leaf, key)))).toEqual([]);
});

test('docs/reference/audit-export.md lists what a record has, and the kinds that a replay reads', () => {
  const page = sourceText('docs/reference/audit-export.md');
  const keys = tableRows(page, '## Record').map(([key]) => key);
  expect(keys.toSorted()).toEqual(Object.keys(AuditRecord.shape).toSorted());
  const [, kinds = ''] =
    /RECORD_KINDS = \{([^}]*)\}/.exec(codeText('edge-agent/src/core/log/recorder.ts')) ?? [];
  const listed = tableRows(page, '## Kinds that a replay reads').map(([kind]) => kind);
  expect(listed).toEqual([...kinds.matchAll(/'(\w+)'/g)].map(([, kind]) => kind));
});

interface JsonSchema {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
}

/** Paths of everything that holds a value: `sites[].assets[].limit.minKw`. */
function leavesOf(schema: unknown, path = ''): readonly string[] {
  const { properties, items } = schema as JsonSchema;
  if (items !== undefined) return leavesOf(items, `${path}[]`);
  if (properties === undefined) return [path];
  return Object.entries(properties).flatMap(([name, inner]) =>
    leavesOf(inner, path === '' ? name : `${path}.${name}`),
  );
}
