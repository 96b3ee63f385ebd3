import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { ChildOutcome, World } from '../world.ts';
import { createFile, fileExists, makeFolder, readBounded, readPieces } from './files.ts';
import { sendRequest } from './http.ts';
import { askSecret, askYesNo, processStream } from './terminal.ts';

const REPOSITORY = new URL('../../../../', import.meta.url);
const CAPTURED_CHARACTERS_MAX = 1_048_576;
const SIGNAL_EXIT_BASE = 128;

/** This process and its machine as a `World`. */
export function processWorld(interrupt: AbortController): World {
  const { env } = process;
  const interrupted = interrupt.signal;
  const prompting = { input: process.stdin, output: process.stderr, interrupt };
  return {
    stdout: processStream(process.stdout, env),
    stderr: processStream(process.stderr, env),
    env,
    workingDirectory: process.cwd(),
    interrupted,
    clock: async (simulated) => {
      const { simulatedClock, systemClock } = await import('@tieline/kernel');
      return simulated === undefined ? systemClock() : simulatedClock(simulated);
    },
    rng: async () => (await import('@tieline/kernel')).systemRng(),
    read: readBounded,
    pieces: readPieces,
    exists: fileExists,
    create: createFile,
    makeFolder,
    askSecret: (prompt) => askSecret(prompt, prompting),
    confirm: (question) => askYesNo(question, prompting),
    request: (request) => sendRequest(request, interrupted),
    start: (main, args) => runChild(fileURLToPath(new URL(main, REPOSITORY)), args),
    become: (main, args) => goOnAs(fileURLToPath(new URL(main, REPOSITORY)), args),
  };
}

/**
 * Runs a program until it ends. An interrupt typed at the terminal reaches the child by itself, as one of the same
 * process group; a SIGTERM is sent on.
 */
async function runChild(main: string, args: readonly string[]): Promise<ChildOutcome> {
  const { sourceEnvironment } = await import('@tieline/kernel');
  const child = spawn(process.execPath, [main, ...args], {
    env: sourceEnvironment(process.env),
    stdio: ['inherit', 'pipe', 'inherit'],
  });
  const passOn = (): void => void child.kill('SIGTERM');
  process.on('SIGTERM', passOn);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => {
    stdout = (stdout + part).slice(0, CAPTURED_CHARACTERS_MAX);
  });
  try {
    const exit = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => resolve(code ?? exitOf(signal)));
    });
    return { exit, stdout };
  } finally {
    process.off('SIGTERM', passOn);
  }
}

async function goOnAs(main: string, args: readonly string[]): Promise<never> {
  const { sourceEnvironment } = await import('@tieline/kernel');
  if (process.execve === undefined) throw new Error('this system has no execve');
  const { execPath, env } = process;
  return process.execve(execPath, [execPath, main, ...args], sourceEnvironment(env));
}

/** As a shell counts: 128 and the signal's number. */
function exitOf(signal: NodeJS.Signals | null): number {
  return SIGNAL_EXIT_BASE + (signal === null ? 0 : constants.signals[signal]);
}
