import { EXIT_MEANINGS } from '../exit.ts';
import { exitsOf, flagPairs, isMeant, NOUNS, usageOf } from './help.ts';
import { GLOBAL_FLAGS } from './parse.ts';
import type { Command, CommandSpec } from './spec.ts';

/** `docs/reference/cli.md`, from the table of commands; a test says when the file is behind. */
export function reference(commands: readonly Command[]): string {
  const nouns = [...new Set(commands.map(({ spec }) => spec.noun))];
  const parts = [
    INTRODUCTION,
    '## Flags that every command takes\n',
    table(['flag', ''], flagPairs(GLOBAL_FLAGS).map(code)),
    '\n## Exit codes\n',
    table(['code', 'means'], Object.entries(EXIT_MEANINGS)),
    CONVENTIONS,
    ...nouns.flatMap((noun) => [
      `\n## ${noun}\n\n${capital(NOUNS[noun] ?? '')}.`,
      ...commands.filter(({ spec }) => spec.noun === noun).map(({ spec }) => section(spec)),
    ]),
  ];
  return `${parts.join('\n')}\n`;
}

const INTRODUCTION = `# The \`tieline\` command

\`tieline NOUN VERB [WORDS] [FLAGS]\`. This page is made from the table of commands in
\`packages/cli/src/table\`; \`tieline NOUN VERB --help\` prints the same.
`;

const CONVENTIONS = `
\`3\` is neither success nor failure: the effect is not known, and the next command is one that looks.

Powers are in kW, positive **into the grid**: a discharging battery and a generating inverter are positive.
Data goes to standard output, progress and errors to standard error. \`--json\` prints one object with a
\`schema\`, or one per line for streams; with it an error is one \`tieline.error/1\` object on standard error.
Private keys and passphrases come from files, a terminal or standard input, never from a flag or the environment.

The context is a JSON file: \`{"url", "tokenFile", "trustFile"?, "clock"?}\`. Paths in it are meant from its own
directory. \`http://\` is accepted for this machine alone; \`clock\` (\`rate\`, \`realOriginMs\`, \`simulatedOriginMs\`)
belongs to live simulations, and is refused where the trust document is of a real deployment.`;

function section(spec: CommandSpec): string {
  const operands = Object.values(spec.operands).map(({ value, summary }) => [value, summary]);
  const shared = Object.keys(GLOBAL_FLAGS).filter(
    (name) => isMeant(spec, name) && spec.heeds.some((heeded) => heeded === name),
  );
  const rows = [...operands, ...flagPairs(spec.flags)].map(code);
  return [
    `\n### ${spec.noun} ${spec.verb}\n`,
    `\`\`\`text\n${usageOf(spec)}\n\`\`\`\n`,
    [capital(spec.summary), ...(spec.details ?? [])].map(sentence).join('\n\n'),
    ...(rows.length === 0 ? [] : ['', table(['', ''], rows)]),
    '',
    ...(shared.length === 0 ? [] : [`Heeds ${shared.map((name) => `\`--${name}\``).join(', ')}.`]),
    ...(spec.schema === null ? [] : [`\`--json\` prints \`${spec.schema}\`.`]),
    `Exit codes: ${exitsOf(spec).join(', ')}.`,
    '',
    `\`\`\`text\n${spec.examples.join('\n')}\n\`\`\``,
  ].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function code([left = '', ...rest]: readonly string[]): readonly string[] {
  return [`\`${left}\``, ...rest];
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function sentence(text: string): string {
  return /[.:]$/.test(text) ? text : `${text}.`;
}
