import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sourceEnvironment } from '@tieline/kernel';
import type { EndedProcess } from '../../scenario/controlled-run.ts';
import { limitFiles, ON_A_FULL_DISK } from './file-limit.ts';

/** A process that has not said that it is ready by then will not, real ms. */
const READY_MS = 30_000;
/** An orderly end takes at most this long; then the process is killed, real ms. */
const END_MS = 12_000;
/** Of what it says on standard error, the last lines are kept, and of each as many characters. */
const LINES_KEPT = 10;
const CHARACTERS_KEPT = 1_000;

/** How a process ended that was not to end so. */
export type ProcessEnd = Omit<EndedProcess, 'atMs'>;

/**
 * A process of a live deployment: says `{"ready":true,…}` on its first line, and ends on SIGTERM, or when this process
 * is gone.
 */
export class Child {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #ready: Promise<unknown>;
  readonly #ended: Promise<unknown>;
  readonly #log: string[] = [];
  #asked: 'to stop' | 'to die' | null = null;

  /**
   * @param main  module to run, from this file's folder
   * @param onEnded  called when the process ends by itself, or in another way than it was asked to
   */
  constructor(options: {
    readonly name: string;
    readonly main: string;
    readonly args: readonly string[];
    /** It may write nothing to files. */
    readonly onFullDisk?: boolean;
    readonly saysReady: boolean;
    onEnded(end: ProcessEnd): void;
  }) {
    const { name, main, args } = options;
    this.name = name;
    const env = sourceEnvironment(process.env);
    const script = fileURLToPath(new URL(main, import.meta.url));
    // A group of its own: Ctrl-C is for whoever started it, who ends the processes in order.
    // That the channel closes tells it that this process is gone.
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', 'ipc'];
    const [command = '', ...rest] = [
      ...(options.onFullDisk ? ON_A_FULL_DISK : []),
      ...[process.execPath, script, ...args],
    ];
    this.#process = spawn(command, rest, { env, stdio, detached: true });
    const stdout = createInterface({ input: this.#process.stdout! });
    createInterface({ input: this.#process.stderr! }).on('line', (line) => this.#keep(line));
    // Behind its last words, which may come later than its exit.
    this.#ended = once(this.#process, 'close');
    this.#ready = options.saysReady ? this.#firstLine(stdout) : Promise.resolve(null);
    // Handled where `ready` is awaited; a process that dies before that is reported by `onEnded`.
    this.#ready.catch(() => {});
    this.#process.on('close', (exitCode, signal) => {
      if (this.#isAsItWasAsked(exitCode, signal)) return;
      const asked = this.#asked !== null;
      options.onEnded({ process: name, exitCode, signal, asked, log: [...this.#log] });
    });
  }

  /** What the first line said. @throws where none came in time */
  ready(): Promise<unknown> {
    return this.#ready;
  }

  /** It may write nothing to files any more, or as before. @throws where the system cannot do that */
  async fillDisk(full: boolean): Promise<void> {
    const { pid } = this.#process;
    if (pid !== undefined && this.runs) await limitFiles(pid, full);
  }

  /** Says something to it, over the channel; one that has ended is heard of by its end. */
  tell(message: Readonly<Record<string, number>>): void {
    if (this.#process.connected) this.#process.send(message, () => {});
  }

  /** Resolves when it has ended, and its last words are read. */
  async ended(): Promise<void> {
    await this.#ended;
  }

  get runs(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Ends it without a word, and waits for nothing. */
  killNow(): void {
    if (!this.runs) return;
    this.#asked = 'to die';
    this.#process.kill('SIGKILL');
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    this.killNow();
    await this.#ended;
  }

  async stop(): Promise<void> {
    if (this.runs) {
      this.#asked = 'to stop';
      this.#process.kill('SIGTERM');
    }
    const late = setTimeout(() => this.#process.kill('SIGKILL'), END_MS);
    await this.#ended;
    clearTimeout(late);
  }

  /** Who is asked to stop before it listens dies of the signal itself. */
  #isAsItWasAsked(exitCode: number | null, signal: NodeJS.Signals | null): boolean {
    if (this.#asked === 'to stop') return exitCode === 0 || signal === 'SIGTERM';
    return this.#asked === 'to die';
  }

  #keep(line: string): void {
    this.#log.push(line.slice(0, CHARACTERS_KEPT));
    this.#log.splice(0, this.#log.length - LINES_KEPT);
  }

  async #firstLine(stdout: NodeJS.EventEmitter): Promise<unknown> {
    const late = AbortSignal.timeout(READY_MS);
    const line = once(stdout, 'line', { signal: late }).catch(() => {
      throw new Error(`${this.name} did not become ready within ${READY_MS / 1_000} s`);
    });
    const ended = this.#ended.then(() => {
      throw new Error(`${this.name} ended before it was ready`);
    });
    const [text] = (await Promise.race([line, ended])) as [string];
    return JSON.parse(text) as unknown;
  }
}
