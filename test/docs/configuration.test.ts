import { Policy } from '@tieline/protocol';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { schemaKeys } from './schema-keys.ts';
import { sourceText } from './source-facts.ts';

/** First and last cell of every row of the tables of a page, but their heads. */
function rowsOf(page: string): readonly (readonly [string, string])[] {
  const rows = [...sourceText(page).matchAll(/^\| `([^`]+)` \|(.*)\|$/gm)];
  return rows.map(([, key = '', rest = '']) => [key, rest.split('|').at(-1)?.trim() ?? '']);
}

const plain = (text: string): string => text.replaceAll('_', '').replaceAll("'", '');

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
    if (fallback !== null) expect(defaults.get(path), path).toBe(plain(fallback));
  }
});

test('docs/reference/policy-file.md lists every key of a policy', () => {
  const keys = leavesOf(z.toJSONSchema(Policy.body, { unrepresentable: 'any' }));
  const rows = rowsOf('docs/reference/policy-file.md');
  expect(rows.map(([key]) => key)).toEqual(keys);
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
