import { parseArgs } from 'node:util';
import { usageError } from '../exit.ts';
import { parseDurationMs } from '../input/quantities.ts';
import type { CommandSpec, FlagSpec, GlobalFlags } from './spec.ts';

/** Flags that every verb takes, in the order of help. `help` and `version` are looked at before any verb. */
export const GLOBAL_FLAGS = {
  context: {
    type: 'text',
    value: 'FILE',
    summary: 'where the control plane is; default $TIELINE_CONTEXT or .tieline/context.json',
  },
  site: { type: 'text', value: 'SITE', summary: 'only this site' },
  json: { type: 'toggle', summary: 'one versioned JSON object, or one per line for streams' },
  quiet: { type: 'toggle', summary: 'no progress on standard error; errors remain' },
  'no-color': { type: 'toggle', summary: 'no colour; NO_COLOR does the same' },
  yes: { type: 'toggle', summary: 'skip questions; never limits or approval' },
  timeout: { type: 'text', value: 'DURATION', summary: 'give up waiting after, e.g. 10s or 2m' },
  help: { type: 'toggle', summary: 'help about this command' },
  version: { type: 'toggle', summary: 'print the version' },
} as const satisfies Readonly<Record<string, FlagSpec>>;

/** What was typed, before any verb has looked at it. */
export interface Words {
  readonly noun: string | undefined;
  readonly verb: string | undefined;
  /** Everything else, in order. */
  readonly rest: readonly string[];
  readonly help: boolean;
  readonly version: boolean;
}

/** Finds noun and verb among flags, which may stand before, between and behind them. */
export function findWords(argv: readonly string[]): Words {
  const words: string[] = [];
  const rest: string[] = [];
  let help = false;
  let version = false;
  for (let at = 0; at < argv.length; at += 1) {
    const word = argv[at] ?? '';
    if (word === '--') {
      rest.push(...argv.slice(at));
      break;
    }
    if (word === '--help' || word === '-h') help = true;
    else if (word === '--version') version = true;
    else if (word.startsWith('-') && word !== '-') {
      rest.push(word);
      const value = argv[at + 1];
      if (words.length < 2 && takesValue(word) && value !== undefined) {
        rest.push(value);
        at += 1;
      }
    } else if (words.length < 2) words.push(word);
    else rest.push(word);
  }
  return { noun: words[0], verb: words[1], rest, help, version };
}

function takesValue(word: string): boolean {
  const flag = Object.entries(GLOBAL_FLAGS).find(([name]) => word === `--${name}`)?.[1];
  return flag?.type === 'text';
}

export interface Parsed {
  readonly flags: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly operands: Readonly<Record<string, string | undefined>>;
  readonly global: GlobalFlags;
  readonly noColour: boolean;
}

/** Reads the words behind noun and verb by the verb's row. @throws {CliError} usage, naming the flag or word */
export function parseRest(spec: CommandSpec, rest: readonly string[]): Parsed {
  const help = `tieline ${spec.noun} ${spec.verb} --help`;
  const { values, positionals } = readOptions(spec, rest, help);
  const flags: Record<string, string | boolean | string[] | undefined> = {};
  for (const [name, flag] of Object.entries(spec.flags)) {
    const value = values[name];
    if (flag.type === 'toggle') flags[name] = value === true;
    else if (flag.repeated) flags[name] = Array.isArray(value) ? value.map(String) : [];
    else if (typeof value === 'string') flags[name] = value;
    else if (flag.required) throw usageError(`--${name} ${flag.value} is missing`, [], help);
  }
  const text = (name: string): string | undefined => {
    const value = values[name];
    return typeof value === 'string' ? value : undefined;
  };
  const timeout = text('timeout');
  if (values['site'] !== undefined && !spec.heeds.includes('site') && !('site' in spec.flags)) {
    throw usageError(`--site means nothing to \`${spec.noun} ${spec.verb}\``, [], help);
  }
  return {
    flags,
    operands: readOperands(spec, positionals, help),
    noColour: values['no-color'] === true,
    global: {
      context: text('context'),
      site: text('site'),
      json: values['json'] === true,
      quiet: values['quiet'] === true,
      yes: values['yes'] === true,
      timeoutMs: timeout === undefined ? undefined : parseDurationMs('--timeout', timeout),
    },
  };
}

function readOptions(spec: CommandSpec, rest: readonly string[], help: string) {
  const options = Object.fromEntries(
    Object.entries({ ...GLOBAL_FLAGS, ...spec.flags }).map(([name, flag]: [string, FlagSpec]) => [
      name,
      flag.type === 'toggle'
        ? { type: 'boolean' as const }
        : { type: 'string' as const, multiple: flag.repeated === true },
    ]),
  );
  const args = joinNegativeNumbers(rest, options);
  try {
    const read = parseArgs({ args, options, allowPositionals: true, strict: true, tokens: true });
    refuseDoubled(spec, read.tokens, help);
    return read;
  } catch (thrown) {
    if (!(thrown instanceof TypeError)) throw thrown;
    throw usageError(thrown.message.split('. ')[0] ?? thrown.message, [], help);
  }
}

/** `--kw -80` reads as `--kw=-80`: a sign is part of a power, and nobody should need to know of the `=`. */
function joinNegativeNumbers(
  rest: readonly string[],
  options: Readonly<Record<string, { readonly type: string }>>,
): string[] {
  const joined: string[] = [];
  for (const word of rest) {
    const before = joined.at(-1);
    const named = before?.startsWith('--') ? options[before.slice(2)] : undefined;
    if (/^-\.?\d/.test(word) && named?.type === 'string') joined[joined.length - 1] += `=${word}`;
    else joined.push(word);
  }
  return joined;
}

/** The last of two would win in silence: for a setpoint that is not good enough. */
function refuseDoubled(
  spec: CommandSpec,
  tokens: readonly { readonly kind: string; readonly name?: string }[],
  help: string,
): void {
  const seen = new Set<string>();
  for (const { kind, name } of tokens) {
    if (kind !== 'option' || name === undefined) continue;
    const flag = spec.flags[name];
    const repeated = flag?.type === 'text' && flag.repeated === true;
    if (seen.has(name) && !repeated) throw usageError(`--${name} is given twice`, [], help);
    seen.add(name);
  }
}

function readOperands(spec: CommandSpec, words: readonly string[], help: string) {
  const operands: Record<string, string | undefined> = {};
  const wanted = Object.entries(spec.operands);
  wanted.forEach(([name, operand], at) => {
    const word = words[at];
    if (word === undefined && !operand.optional) {
      throw usageError(`${operand.value} is missing: ${operand.summary}`, [], help);
    }
    operands[name] = word;
  });
  const extra = words[wanted.length];
  if (extra !== undefined) throw usageError(`One word too many: '${extra}'`, [], help);
  return operands;
}
