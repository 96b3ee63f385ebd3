import { createInterface } from 'node:readline/promises';
import type { Stream } from '../world.ts';

const SECRET_CHARACTERS_MAX = 1_024;

/** A stream of this process. A reader that went away (`| head`) ends the process without a word. */
export function processStream(
  stream: NodeJS.WriteStream,
  env: Readonly<Record<string, string | undefined>>,
): Stream {
  const isTerminal = stream.isTTY === true;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
  return {
    isTerminal,
    colour: isTerminal && (env['NO_COLOR'] ?? '') === '' && env['TERM'] !== 'dumb',
    write: (text) => void stream.write(text),
  };
}

/** One line from a person at the terminal, not shown while it is typed. */
export async function askSecret(prompt: string, interrupt: () => void): Promise<string | null> {
  const input = process.stdin;
  if (input.isTTY !== true) return null;
  process.stderr.write(prompt);
  input.setRawMode(true);
  input.resume();
  input.setEncoding('utf8');
  try {
    return await new Promise<string>((resolve, reject) => {
      let typed = '';
      const listen = (text: string): void => {
        for (const sign of text) {
          if (sign === '\r' || sign === '\n' || sign === '\u0004') {
            input.off('data', listen);
            resolve(typed);
            return;
          }
          if (sign === '\u0003') {
            input.off('data', listen);
            interrupt();
            reject(new Error('interrupted'));
            return;
          }
          if (sign === '\u007f' || sign === '\b') typed = [...typed].slice(0, -1).join('');
          else if (typed.length < SECRET_CHARACTERS_MAX) typed += sign;
        }
      };
      input.on('data', listen);
    });
  } finally {
    input.setRawMode(false);
    input.pause();
    process.stderr.write('\n');
  }
}

/** `y` or `yes` is yes; anything else, an empty line too, is no. */
export async function askYesNo(question: string, signal: AbortSignal): Promise<boolean | null> {
  if (process.stdin.isTTY !== true) return null;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
