import { fromHex, SiteId } from '@tieline/kernel';
import { type Action, jsonable, Order, OrderTarget } from '@tieline/protocol';
import { z } from 'zod';
import { usageError } from '../exit.ts';
import type { DRAFT_FLAGS } from '../table/shared.ts';
import type { World } from '../world.ts';
import { jsonOf, nameOf, textOf } from './files.ts';
import { parseDurationMs, parseNumber } from './quantities.ts';
import { shaped } from './shape.ts';

const DRAFT_BYTES_MAX = 65_536;
const RAMP_KW_PER_S = 10;
const EXPIRES_MS = 15 * 60_000;
const POWER_KW_MAX = 100_000;

/**
 * An order before it is signed, as a file. Instants are ISO 8601 in UTC; ids and digests, byte strings on the wire, are
 * hex. The order may be begun from `notBefore` to `notAfter`; how long an action then holds stands in the action.
 */
export const Draft = z
  .strictObject({
    class: Order.body.shape.class.default('routine'),
    reason: Order.body.shape.reason,
    policyVersionMin: Order.body.shape.policyVersionMin.default(0),
    preview: Order.body.shape.preview,
    notBefore: z.exactOptional(z.iso.datetime()),
    notAfter: z.exactOptional(z.iso.datetime()),
    targets: z
      .array(OrderTarget.extend({ assumes: OrderTarget.shape.assumes.default({}) }))
      .min(1)
      .max(64),
  })
  .refine(
    ({ notBefore, notAfter }) =>
      notBefore === undefined ||
      notAfter === undefined ||
      Date.parse(notBefore) < Date.parse(notAfter),
    'notBefore is not before notAfter',
  );
export type Draft = z.output<typeof Draft>;

type DraftFlags = { readonly [Name in keyof typeof DRAFT_FLAGS]: string | undefined };

const SETPOINT_FLAGS = ['asset', 'kw', 'for', 'ramp', 'revert-kw', 'reason', 'class'] as const;

/** The draft that `--draft` or the other flags describe. @throws {CliError} usage */
export async function readDraft(
  world: World,
  flags: DraftFlags,
  site: string | undefined,
  nowMs: number,
): Promise<Draft> {
  if (flags.draft === undefined) return draftFromFlags(flags, site, nowMs);
  const path = flags.draft;
  const other = SETPOINT_FLAGS.find((name) => flags[name] !== undefined);
  if (other !== undefined) throw usageError(`--draft and --${other} exclude each other`);
  if (site !== undefined) throw usageError('--draft and --site exclude each other');
  const value = jsonOf(path, textOf(path, await world.read(path, DRAFT_BYTES_MAX)));
  const draft = shaped(nameOf(path), withBytes(nameOf(path), value, ''), 'a draft', Draft);
  if (draft.notAfter !== undefined) {
    if (flags.expires === undefined) return draft;
    throw usageError(`--expires is given, and ${nameOf(path)} has its own notAfter`);
  }
  return {
    ...draft,
    notAfter: expiry(flags, Math.max(nowMs, Date.parse(draft.notBefore ?? '') || 0)),
  };
}

function draftFromFlags(flags: DraftFlags, site: string | undefined, nowMs: number): Draft {
  const given = (name: string, value: string | undefined): string => {
    if (value !== undefined) return value;
    throw usageError(`--${name} is missing`, [
      ['wanted', '--site --asset --kw --for --reason, or --draft FILE'],
    ]);
  };
  const target = {
    site: shaped('--site', given('site', site), 'a site id', SiteId),
    actions: [setpointFromFlags(flags, given)],
    assumes: {},
  };
  return shaped(
    'The order',
    {
      class: flags.class,
      reason: given('reason', flags.reason),
      notAfter: expiry(flags, nowMs),
      targets: [target],
    },
    'one that can be signed',
    Draft,
  );
}

function setpointFromFlags(
  flags: DraftFlags,
  given: (name: string, value: string | undefined) => string,
): Action {
  const power = (name: 'kw' | 'revert-kw', text: string): number =>
    parseNumber(`--${name}`, text, -POWER_KW_MAX, POWER_KW_MAX);
  const ramp =
    flags.ramp === undefined
      ? RAMP_KW_PER_S
      : parseNumber('--ramp', flags.ramp, 0.001, POWER_KW_MAX);
  const revertKw = flags['revert-kw'];
  return {
    type: 'setpoint',
    asset: given('asset', flags.asset),
    activePowerKw: power('kw', given('kw', flags.kw)),
    rampKwPerS: ramp,
    rampOutKwPerS: ramp,
    startWithinMs: 0,
    validForMs: parseDurationMs('--for', given('for', flags.for)),
    revert:
      revertKw === undefined
        ? { to: 'local' }
        : { to: 'value', activePowerKw: power('revert-kw', revertKw) },
    priority: 0,
  };
}

function expiry(flags: DraftFlags, fromMs: number): string {
  const expiresMs =
    flags.expires === undefined ? EXPIRES_MS : parseDurationMs('--expires', flags.expires);
  return new Date(fromMs + expiresMs).toISOString();
}

/** Names of what is bytes on the wire and hex in a file. */
const BYTE_NAMES: ReadonlySet<string> = new Set([
  'command',
  'supersedes',
  'sess',
  'topology',
  'preview',
]);

/** @throws {CliError} usage where one of them is not hex, with its place */
function withBytes(file: string, value: unknown, place: string): unknown {
  if (Array.isArray(value)) {
    return value.map((one, at) => withBytes(file, one, `${place}[${at}]`));
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]): [string, unknown] => {
      const where = place === '' ? name : `${place}.${name}`;
      if (!BYTE_NAMES.has(name) || typeof one !== 'string') {
        return [name, withBytes(file, one, where)];
      }
      const bytes = fromHex(one);
      if (bytes !== null) return [name, bytes];
      throw usageError(`${file} is not a draft`, [
        ['place', where],
        ['reason', 'not hex'],
      ]);
    }),
  );
}

/** A draft as a file that `readDraft` reads back as the same. */
export function draftJson(draft: Draft): string {
  return `${JSON.stringify(jsonable(draft), null, 2)}\n`;
}
