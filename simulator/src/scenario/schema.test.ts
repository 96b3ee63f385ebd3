import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { EVENT_KINDS } from './events/index.ts';
import { quantityNames } from './quantities.ts';
import { scenarioJsonSchema } from './scenario-file.ts';

test('docs/reference/scenario.schema.json is the schema as it stands', async () => {
  const text = `${JSON.stringify(scenarioJsonSchema(), null, 2)}\n`;
  await expect(text).toMatchFileSnapshot('../../../docs/reference/scenario.schema.json');
});

test('the reference page speaks of every event and every quantity', () => {
  const page = readFileSync(
    new URL('../../../docs/reference/scenario-file.md', import.meta.url),
    'utf8',
  );
  for (const kind of EVENT_KINDS) expect(page).toContain(`| \`${kind}\` |`);
  const line = { id: 'ID', from: 'a', to: 'b', rOhm: 1, xOhm: 1, ratedA: 1 };
  const owners = { sites: ['SITE'], branches: [line] };
  for (const name of quantityNames(owners)) expect(page).toContain(`| \`${name}\` |`);
});
