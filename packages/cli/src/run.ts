import { CliError, EXIT, usageError } from './exit.ts';
import { COMMANDS } from './table/commands.ts';
import { helpOfAll, helpOfCommand, helpOfNoun } from './table/help.ts';
import { findWords, parseRest } from './table/parse.ts';
import type { Command } from './table/spec.ts';
import { problemJson, problemText } from './text/problem.ts';
import type { Stream, World } from './world.ts';

export const VERSION = '0.1.0';

/** Runs one command line and gives what the process ends with. Every expected failure is told, none thrown. */
export async function runTieline(argv: readonly string[], world: World): Promise<number> {
  const asJson = argv.includes('--json');
  try {
    return await dispatch(argv, world);
  } catch (thrown) {
    const told = await understand(thrown, world);
    world.stderr.write(
      asJson
        ? problemJson(told.exit, told.problem)
        : problemText(told.problem, world.stderr.colour),
    );
    return told.exit;
  }
}

async function dispatch(argv: readonly string[], world: World): Promise<number> {
  const words = findWords(argv);
  if (words.version) {
    world.stdout.write(`tieline ${VERSION}\n`);
    return EXIT.ok;
  }
  if (words.noun === undefined) {
    if (words.rest.length > 0) throw usageError('No command is named', [], 'tieline --help');
    world.stdout.write(helpOfAll(COMMANDS));
    return EXIT.ok;
  }
  const ofNoun = COMMANDS.filter((command) => command.spec.noun === words.noun);
  if (ofNoun.length === 0) throw unknownWord(words.noun, nouns(), 'tieline --help');
  if (words.verb === undefined) {
    world.stdout.write(helpOfNoun(ofNoun));
    return EXIT.ok;
  }
  const command = ofNoun.find(({ spec }) => spec.verb === words.verb);
  if (command === undefined) {
    const verbs = ofNoun.map(({ spec }) => spec.verb);
    throw unknownWord(`${words.noun} ${words.verb}`, verbs, `tieline ${words.noun}`);
  }
  if (words.help) {
    world.stdout.write(helpOfCommand(command.spec));
    return EXIT.ok;
  }
  return await call(command, words.rest, world);
}

async function call(command: Command, rest: readonly string[], world: World): Promise<number> {
  const { flags, operands, global, noColour } = parseRest(command.spec, rest);
  const plain = (stream: Stream): Stream => (noColour ? { ...stream, colour: false } : stream);
  const verb = await command.load();
  return await verb({
    flags,
    operands,
    global,
    world: { ...world, stdout: plain(world.stdout), stderr: plain(world.stderr) },
  });
}

function nouns(): readonly string[] {
  return [...new Set(COMMANDS.map((command) => command.spec.noun))];
}

function unknownWord(word: string, known: readonly string[], next: string): CliError {
  return usageError(`There is no command '${word}'`, [['known', known.join(' ')]], next);
}

/** What any thrown thing means to the person at the terminal. */
async function understand(thrown: unknown, world: World): Promise<CliError> {
  if (world.interrupted.aborted) {
    return new CliError(EXIT.interrupted, { code: 'interrupted', what: 'Interrupted' });
  }
  if (thrown instanceof CliError) return thrown;
  const { TielineError } = await import('@tieline/kernel');
  if (thrown instanceof TielineError) {
    return new CliError(EXIT.failed, { code: thrown.code, what: thrown.message });
  }
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  return new CliError(EXIT.failed, {
    code: 'internal',
    what: 'A fault in tieline itself',
    facts: [['stack', stack]],
  });
}
