import { type ChildProcessByStdio, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { sourceEnvironment } from '@tieline/kernel';

const PATIENCE_MS = 60_000;

/** A process of this same Node, in the environment that every process of ours is started in. */
export class Child {
  readonly #process: ChildProcessByStdio<null, null, Readable>;
  readonly #exited: Promise<unknown>;
  #said = '';

  constructor(args: readonly string[]) {
    const env = sourceEnvironment(process.env);
    this.#process = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#exited = once(this.#process, 'exit');
    // A bench that fails leaves nobody behind.
    const kill = (): void => void this.#process.kill('SIGKILL');
    process.once('exit', kill);
    this.#process.once('exit', () => process.off('exit', kill));
    this.#process.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
    });
  }

  /** What `work` gives, or, should the process end before it, an error with all that it said. */
  async during<T>(work: Promise<T>): Promise<T> {
    const ended = this.#exited.then(() => {
      throw new Error(`the process ended: ${this.#said}`);
    });
    return Promise.race([work, ended]);
  }

  /** Resolves once the word was said on standard error. @throws {Error} with all that was said instead */
  async says(word: string): Promise<void> {
    const patience = AbortSignal.timeout(PATIENCE_MS);
    while (!this.#said.includes(word)) {
      if (patience.aborted || this.#process.exitCode !== null) {
        throw new Error(`the process never said '${word}': ${this.#said}`);
      }
      await Promise.race([
        once(this.#process.stderr, 'data', { signal: patience }).catch(() => {}),
        this.#exited,
      ]);
    }
  }

  /** What the system holds in memory for the process now, MB (10⁶ bytes). */
  residentMb(): number {
    const kib = execFileSync('ps', ['-o', 'rss=', '-p', String(this.#process.pid)]).toString();
    return (Number(kib) * 1_024) / 1e6;
  }

  async end(): Promise<void> {
    this.#process.kill('SIGTERM');
    await this.#exited;
  }
}
