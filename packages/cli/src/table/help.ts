import { EXIT_MEANINGS, type ExitCode } from '../exit.ts';
import { GLOBAL_FLAGS } from './parse.ts';
import type { Command, CommandSpec, FlagSpec } from './spec.ts';

/** What each noun is, in the field's words. */
export const NOUNS: Readonly<Record<string, string>> = {
  agent: 'the edge process of a site',
  dispatch: 'signed orders on their way to assets',
  order: 'what people sign; no network needed',
  key: 'keys of people',
  policy: 'limits and margins that everybody is held to',
  model: 'ONNX model packages',
  audit: 'tamper-evident logs of agents',
  sim: 'feeders and simulations',
  envelope: 'any signed message, from a file',
};

const HEAD = 'tieline: signed dispatch, local models and audit for electricity networks';

/** `tieline`: every command, one a line. */
export function helpOfAll(commands: readonly Command[]): string {
  const rows = commands.map(({ spec }): Pair => [`${spec.noun} ${spec.verb}`, spec.summary]);
  return lines(
    HEAD,
    '',
    'usage: tieline NOUN VERB [WORDS] [FLAGS]',
    '',
    ...pairs(rows),
    '',
    'Flags that every command takes:',
    ...pairs(flagPairs(GLOBAL_FLAGS)),
    '',
    'Powers are in kW, positive into the grid. `tieline NOUN VERB --help` says more.',
  );
}

/** `tieline NOUN`: its verbs. */
export function helpOfNoun(commands: readonly Command[]): string {
  const noun = commands[0]?.spec.noun ?? '';
  const rows = commands.map(({ spec }): Pair => [usageOf(spec), spec.summary]);
  return lines(`tieline ${noun}: ${NOUNS[noun] ?? ''}`, '', ...pairs(rows));
}

/** `tieline NOUN VERB --help`. */
export function helpOfCommand(spec: CommandSpec): string {
  const operands = Object.values(spec.operands).map(({ value, summary }): Pair => [value, summary]);
  const own = flagPairs(spec.flags);
  const shared = flagPairs(
    Object.fromEntries(
      Object.entries(GLOBAL_FLAGS).filter(([name]) => isMeant(spec, name) && !(name in spec.flags)),
    ),
  );
  return lines(
    `${usageOf(spec)}`,
    '',
    `${spec.summary}`,
    ...(spec.details ?? []).flatMap((paragraph) => ['', ...wrap(paragraph)]),
    ...section('Words', operands),
    ...section('Flags', own),
    ...section('Common flags', shared),
    ...(spec.schema === null ? [] : ['', `--json prints: ${spec.schema}`]),
    ...section(
      'Exit codes',
      exitsOf(spec).map((code): Pair => [`${code}`, EXIT_MEANINGS[code]]),
    ),
    ...(spec.examples.length === 0
      ? []
      : ['', 'Examples:', ...spec.examples.map((line) => `  ${line}`)]),
  );
}

/** `tieline order verify FILE --trust FILE`. */
export function usageOf(spec: CommandSpec): string {
  const operands = Object.values(spec.operands).map(({ value, optional }) =>
    optional ? `[${value}]` : value,
  );
  const required = Object.entries(spec.flags).flatMap(([name, flag]) =>
    flag.type === 'text' && flag.required ? [`--${name} ${flag.value}`] : [],
  );
  const more = Object.keys(spec.flags).length > required.length ? ['[FLAGS]'] : [];
  return ['tieline', spec.noun, spec.verb, ...operands, ...required, ...more].join(' ');
}

export function exitsOf(spec: CommandSpec): readonly ExitCode[] {
  return [...new Set<ExitCode>([0, 1, 2, ...spec.exits])].sort((a, b) => a - b);
}

export function flagPairs(flags: Readonly<Record<string, FlagSpec>>): Pair[] {
  return Object.entries(flags).map(([name, flag]): Pair => {
    if (flag.type === 'toggle') return [`--${name}`, flag.summary];
    const repeated = flag.repeated ? ' (may be repeated)' : '';
    return [`--${name} ${flag.value}`, `${flag.summary}${repeated}`];
  });
}

/** Whether a common flag does anything for this verb. */
export function isMeant(spec: CommandSpec, flag: string): boolean {
  if (flag === 'context' || flag === 'site' || flag === 'yes' || flag === 'timeout') {
    return spec.heeds.includes(flag);
  }
  if (flag === 'json') return spec.schema !== null;
  return flag !== 'version';
}

type Pair = readonly [string, string];

function section(title: string, rows: readonly Pair[]): string[] {
  return rows.length === 0 ? [] : ['', `${title}:`, ...pairs(rows)];
}

function pairs(rows: readonly Pair[]): string[] {
  const width = Math.max(0, ...rows.map(([left]) => left.length));
  return rows.map(([left, right]) => `  ${left.padEnd(width)}  ${right}`);
}

function wrap(paragraph: string, columns = 92): string[] {
  const out: string[] = [];
  let line = '';
  for (const word of paragraph.split(' ')) {
    if (line !== '' && line.length + word.length + 1 > columns) {
      out.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...out, line];
}

function lines(...text: readonly string[]): string {
  return `${text.join('\n')}\n`;
}
