import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { CLAIM_LABELS, HEADER_LABELS } from './cose/headers.ts';
import { KINDS, type Kind } from './kinds.ts';
import { Plan } from './messages/command.ts';
import type { MessageDefinition } from './messages/define.ts';
import { TRUST_KIND } from './trust/document.ts';

/*
 * docs/reference/protocol.cddl is written by hand, for people; here it is held to what the code does: each kind with
 * its signer and its claims, each label, and each body with its fields.
 */
const CDDL = readFileSync(
  new URL('../../../docs/reference/protocol.cddl', import.meta.url),
  'utf8',
);
const kinds: readonly Kind[] = [...Object.values(KINDS), TRUST_KIND];

/** Names of a rule's fields, `?` before those that may be missing. */
function fieldsOf(rule: string): string[] {
  const body = new RegExp(`^${rule} = [{(]([^]*?)[})]$`, 'm').exec(CDDL)?.[1];
  if (body === undefined) throw new Error(`no rule ${rule}`);
  return body
    .split('\n')
    .map((line) => line.replace(/;.*/, '').trim())
    .flatMap((line) => {
      const field = /^(\? )?(\w+):/.exec(line);
      if (field) return [`${field[1] ?? ''}${field[2]}`];
      const group = /^([\w-]+-fields|timing),$/.exec(line)?.[1];
      return group === undefined ? [] : fieldsOf(group);
    })
    .sort();
}

function fieldsOfSchema(message: MessageDefinition<unknown>): string[] {
  const schema = 'body' in message ? message.body : null;
  if (!(schema instanceof z.ZodObject)) throw new Error(`${message.kind} is no object`);
  return Object.entries(schema.shape)
    .map(([name, field]) => `${field instanceof z.ZodExactOptional ? '? ' : ''}${name}`)
    .sort();
}

describe('protocol.cddl', () => {
  test.each(kinds.map((kind) => [kind.name, kind] as const))('%s has its fields', (name, kind) => {
    expect(fieldsOf(`${name.replaceAll('/', '-')}-body`)).toEqual(fieldsOfSchema(kind.message));
  });

  test('a plan has its fields', () => {
    expect(fieldsOf('plan-body')).toEqual(fieldsOfSchema(Plan));
  });

  test.each(kinds.map((kind) => [kind.name, kind] as const))(
    '%s stands in the table, with its signer and claims',
    (name, kind) => {
      const [row] = CDDL.split('\n').filter((line) => line.startsWith(`; ${name} `));
      const columns = row?.split(/ {2,}/) ?? [];
      expect(columns[3]).toBe(kind.signedBy ?? 'nobody');
      expect(columns[4]).toBe(kind.claims.join(' ') || 'none');
    },
  );

  test('every label is the one the code uses', () => {
    for (const [claim, label] of Object.entries(CLAIM_LABELS)) {
      expect(CDDL).toMatch(new RegExp(`^  \\? ${label} => .*; ${claim}\\b`, 'm'));
    }
    for (const label of Object.values(HEADER_LABELS)) {
      expect(CDDL).toMatch(new RegExp(`^  ${label} => `, 'm'));
    }
  });
});
