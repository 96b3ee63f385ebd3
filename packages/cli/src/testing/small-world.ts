import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Clock, seededRng } from '@tieline/kernel';
import { usageError } from '../exit.ts';
import { runTieline } from '../run.ts';
import type { HttpAnswer, HttpRequest, World } from '../world.ts';

/** What a test gives a command line, and what it gets back. */
export interface Scene {
  readonly files?: Readonly<Record<string, string | Uint8Array>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Colour and a person at the terminal, who types these answers. */
  readonly answers?: readonly string[];
  readonly wallMs?: number;
  readonly colour?: boolean;
  readonly childStdout?: string;
  readonly childExit?: number;
  readonly interrupted?: AbortSignal;
  readonly answer?: (request: HttpRequest) => { status: number; body: unknown } | Uint8Array[];
}

export interface Outcome {
  readonly exit: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly files: ReadonlyMap<string, Uint8Array>;
  readonly requests: readonly HttpRequest[];
}

const START_WALL_MS = Date.UTC(2025, 5, 1, 12);

/** Runs a command line inside this process, in a world that is all in memory. */
export async function tieline(argv: readonly string[], scene: Scene = {}): Promise<Outcome> {
  const written = { stdout: '', stderr: '' };
  const files = new Map(
    Object.entries(scene.files ?? {}).map(([path, content]) => [
      path,
      typeof content === 'string' ? new TextEncoder().encode(content) : content,
    ]),
  );
  const requests: HttpRequest[] = [];
  const answers = [...(scene.answers ?? [])];
  const stream = (name: 'stdout' | 'stderr') => ({
    isTerminal: scene.colour === true,
    colour: scene.colour === true,
    write: (text: string) => {
      written[name] += text;
    },
  });
  const world: World = {
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    env: scene.env ?? {},
    workingDirectory: '/home/operator',
    interrupted: scene.interrupted ?? new AbortController().signal,
    clock: async () => stoppedClock(scene.wallMs ?? START_WALL_MS),
    rng: async () => seededRng(1),
    read: async (path, bytesMax) => {
      const bytes = files.get(path);
      if (bytes === undefined) throw usageError(`${path} cannot be read`);
      if (bytes.length > bytesMax) throw usageError(`${path} is too large`);
      return bytes;
    },
    pieces: async (path) => {
      const bytes = files.get(path);
      if (bytes === undefined) throw usageError(`${path} cannot be read`);
      return [bytes];
    },
    exists: async (path) => files.has(path),
    makeFolder: async (path) => {
      if (files.has(path)) throw usageError(`${path} cannot be written into`);
    },
    create: async (path, content) => {
      const parts: Uint8Array[] = [];
      for await (const part of content) parts.push(part);
      files.set(path, new Uint8Array(Buffer.concat(parts)));
    },
    askSecret: async () => answers.shift() ?? null,
    confirm: async () => {
      const answer = answers.shift();
      return answer === undefined ? null : answer === 'y';
    },
    request: async (request) => {
      requests.push(request);
      return answerOf(scene.answer?.(request));
    },
    start: async () => ({ exit: scene.childExit ?? 0, stdout: scene.childStdout ?? '' }),
    become: async () => scene.childExit ?? 0,
  };
  const exit = await runTieline(argv, world);
  return { exit, ...written, files, requests };
}

function answerOf(
  answer: { status: number; body: unknown } | Uint8Array[] | undefined,
): HttpAnswer {
  const { status, body } =
    answer === undefined || Array.isArray(answer) ? { status: 200, body: null } : answer;
  const chunks = Array.isArray(answer) ? answer : [];
  return {
    status,
    bytes: async () =>
      body instanceof Uint8Array ? body : new TextEncoder().encode(JSON.stringify(body)),
    chunks: async function* () {
      yield* chunks;
    },
  };
}

function stoppedClock(wallMs: number): Clock {
  return { wallMs: () => wallMs, monotonicMs: () => 0, sleepUntil: async () => undefined };
}

const MAIN = fileURLToPath(new URL('../main.ts', import.meta.url));

/** Runs the real program in a process of its own. */
export async function tielineProcess(
  args: readonly string[],
  options: {
    input?: string | Uint8Array;
    env?: Record<string, string>;
    cwd?: string;
    /** A file descriptor in the place of a pipe. */
    stdout?: number;
    started?: (child: ChildProcess) => void;
  } = {},
): Promise<{ exit: number | null; stdout: string; stderr: string }> {
  const { NODE_EXTRA_CA_CERTS: _slow, NO_COLOR: _colour, ...env } = process.env;
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd: options.cwd,
    env: { ...env, ...options.env },
    stdio: ['pipe', options.stdout ?? 'pipe', 'pipe'],
  });
  options.started?.(child);
  const text = { stdout: '', stderr: '' };
  child.stdout?.setEncoding('utf8').on('data', (part: string) => {
    text.stdout += part;
  });
  child.stderr?.setEncoding('utf8').on('data', (part: string) => {
    text.stderr += part;
  });
  // A program that refuses early does not read to the end.
  child.stdin?.on('error', () => undefined);
  child.stdin?.end(options.input ?? '');
  const exit = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  return { exit, ...text };
}
