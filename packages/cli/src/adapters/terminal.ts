import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { EXIT } from '../exit.ts';
import type { Stream } from '../world.ts';

const SECRET_CHARACTERS_MAX = 1_024;
const LINE_ENDS: ReadonlySet<string> = new Set(['\r', '\n', '\u0004']);
const ERASES: ReadonlySet<string> = new Set(['\b', '\u007f']);
const CONTROL_C = '\u0003';

const STANDARD_ERROR = 2;

/**
 * A stream of this process. A reader that went away (`| head`) ends the process without a word; what cannot be written
 * for another reason, as on a full disk, ends it as a failure.
 */
export function processStream(
  stream: NodeJS.WriteStream,
  env: Readonly<Record<string, string | undefined>>,
): Stream {
  const isTerminal = stream.isTTY === true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    // The stream itself would say it too late: the process ends here.
    if (stream !== process.stderr)
      writeSync(STANDARD_ERROR, `✗ The output cannot be written\n  reason  ${error.message}\n`);
    process.exit(EXIT.failed);
  });
  return {
    isTerminal,
    colour: isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    write: (text) => void stream.write(text),
  };
}

/** What is needed of a terminal's input. */
export interface TerminalInput extends NodeJS.ReadableStream {
  readonly isTTY?: boolean;
  setRawMode(raw: boolean): unknown;
}

export interface Prompting {
  readonly input: TerminalInput;
  readonly output: NodeJS.WritableStream;
  readonly interrupt: AbortController;
}

/** One line from a person at the terminal, not shown while it is typed; null where there is no terminal. */
export async function askSecret(prompt: string, at: Prompting): Promise<string | null> {
  const { input, output } = at;
  if (input.isTTY !== true) return null;
  // Before the prompt: who types at once must not be shown either.
  input.setRawMode(true);
  input.setEncoding('utf8');
  output.write(prompt);
  try {
    return await readHidden(at);
  } finally {
    input.setRawMode(false);
    input.pause();
    output.write('\n');
  }
}

function readHidden({ input, interrupt }: Prompting): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    let typed = '';
    const end = (settle: () => void): void => {
      input.off('data', listen);
      interrupt.signal.removeEventListener('abort', stop);
      settle();
    };
    const stop = (): void => end(() => reject(new Error('interrupted')));
    const listen = (text: string): void => {
      for (const sign of text) {
        if (LINE_ENDS.has(sign)) {
          end(() => resolve(typed));
          return;
        }
        // In raw mode the terminal sends no signal: the key arrives as a character.
        if (sign === CONTROL_C) {
          interrupt.abort();
          return;
        }
        if (ERASES.has(sign)) typed = [...typed].slice(0, -1).join('');
        else if (typed.length < SECRET_CHARACTERS_MAX) typed += sign;
      }
    };
    interrupt.signal.addEventListener('abort', stop);
    if (interrupt.signal.aborted) {
      stop();
      return;
    }
    input.on('data', listen);
    input.resume();
  });
}

/** `y` or `yes` is yes; anything else, an empty line too, is no. Null where there is no terminal. */
export async function askYesNo(question: string, at: Prompting): Promise<boolean | null> {
  const { input, output, interrupt } = at;
  if (input.isTTY !== true) return null;
  // Not as a terminal: line editing is left to it, and an interrupt comes as the signal that it is.
  const lines = createInterface({ input, output, terminal: false });
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal: interrupt.signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
