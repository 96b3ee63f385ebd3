import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { World } from '../world.ts';
import { createFile, fileExists, readBounded } from './files.ts';
import { sendRequest } from './http.ts';
import { askSecret, askYesNo, processStream } from './terminal.ts';

const REPOSITORY = new URL('../../../../', import.meta.url);
const SIGNAL_EXIT_BASE = 128;

/** This process and its machine as a `World`. */
export function processWorld(interrupt: AbortController): World {
  const { env } = process;
  const interrupted = interrupt.signal;
  return {
    stdout: processStream(process.stdout, env),
    stderr: processStream(process.stderr, env),
    env,
    workingDirectory: process.cwd(),
    interrupted,
    clock: async () => (await import('@tieline/kernel')).systemClock(),
    rng: async () => (await import('@tieline/kernel')).systemRng(),
    read: readBounded,
    exists: fileExists,
    create: createFile,
    askSecret: (prompt) => askSecret(prompt, () => interrupt.abort()),
    confirm: (question) => askYesNo(question, interrupted),
    request: (request) => sendRequest(request, interrupted),
    start: (main, args) => runChild(fileURLToPath(new URL(main, REPOSITORY)), args),
  };
}

/**
 * Runs a program with this process's streams until it ends. An interrupt typed at the terminal reaches the child by
 * itself, as one of the same process group; a SIGTERM is sent on.
 */
async function runChild(main: string, args: readonly string[]): Promise<number> {
  const child = spawn(process.execPath, [main, ...args], { stdio: 'inherit' });
  const passOn = (): void => void child.kill('SIGTERM');
  process.on('SIGTERM', passOn);
  try {
    return await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (code, signal) => resolve(code ?? exitOf(signal)));
    });
  } finally {
    process.off('SIGTERM', passOn);
  }
}

function exitOf(signal: NodeJS.Signals | null): number {
  if (signal === 'SIGINT') return SIGNAL_EXIT_BASE + 2;
  return signal === 'SIGKILL' ? SIGNAL_EXIT_BASE + 9 : SIGNAL_EXIT_BASE + 15;
}
