import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { sourceEnvironment } from '@tieline/kernel';

/** A process that has not said that it is ready by then will not, real ms. */
const READY_MS = 30_000;
/** An orderly end takes at most this long; then the process is killed, real ms. */
const END_MS = 8_000;

/**
 * A process of a live deployment: says `{"ready":true,…}` on its first line, and ends on SIGTERM, or when this process is
 * gone.
 */
export class Child {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #ready: Promise<unknown>;
  readonly #ended: Promise<unknown>;
  #stopping = false;

  /**
   * @param main  module to run, from this file's folder
   * @param onFailure  called when the process ends without having been asked to
   */
  constructor(options: {
    readonly name: string;
    readonly main: string;
    readonly args: readonly string[];
    readonly saysReady: boolean;
    onLog?(line: string): void;
    onFailure(sentence: string): void;
  }) {
    const { name, main, args } = options;
    this.name = name;
    const env = sourceEnvironment(process.env);
    const script = fileURLToPath(new URL(main, import.meta.url));
    // A group of its own: Ctrl-C is for whoever started it, who ends the processes in order.
    // The channel carries nothing: that it closes tells it that this process is gone.
    const stdio: StdioOptions = ['ignore', 'pipe', 'pipe', 'ipc'];
    this.#process = spawn(process.execPath, [script, ...args], { env, stdio, detached: true });
    const stdout = createInterface({ input: this.#process.stdout! });
    createInterface({ input: this.#process.stderr! }).on('line', (line) => options.onLog?.(line));
    this.#ended = once(this.#process, 'exit');
    this.#ready = options.saysReady ? this.#firstLine(stdout) : Promise.resolve(null);
    // Handled where `ready` is awaited; a process that dies before that is reported by `onFailure`.
    this.#ready.catch(() => {});
    this.#process.on('exit', (code, signal) => {
      if (!this.#stopping) options.onFailure(`${name} ended by itself with ${code ?? signal}`);
    });
  }

  /** What the first line said. @throws where none came in time */
  ready(): Promise<unknown> {
    return this.#ready;
  }

  get runs(): boolean {
    return this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Ends it without a word, and waits for nothing. */
  killNow(): void {
    this.#stopping = true;
    if (this.runs) this.#process.kill('SIGKILL');
  }

  /** Ends it without a word. */
  async kill(): Promise<void> {
    const { runs } = this;
    this.killNow();
    if (runs) await this.#ended;
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    if (!this.runs) return;
    this.#process.kill('SIGTERM');
    const killed = setTimeout(() => this.#process.kill('SIGKILL'), END_MS);
    await this.#ended;
    clearTimeout(killed);
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
