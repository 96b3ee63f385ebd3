import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ShellBlock } from './shell-blocks.ts';
import { ROOT } from './source-facts.ts';

/** One block takes no longer than this, ms. */
const BLOCK_MAX_MS = 150_000;
/** An orderly end of what runs in the background, ms. */
const END_MAX_MS = 10_000;

/**
 * Runs the blocks of one page as a reader would, in a folder that looks like a clone: everything in it is the
 * repository's, and what the blocks write stays in the folder.
 */
export class ShellSession {
  readonly #folder = mkdtempSync(join(tmpdir(), 'tieline-docs-'));
  readonly #background: Running[] = [];

  constructor() {
    for (const name of readdirSync(ROOT)) {
      if (!name.startsWith('.') && name !== 'out' && name !== 'data') {
        symlinkSync(join(ROOT, name), join(this.#folder, name));
      }
    }
  }

  /** @throws with what the block wrote, where it fails or does not come to its end */
  async run(block: ShellBlock): Promise<string> {
    const running = new Running(block, this.#folder);
    if (block.background) this.#background.push(running);
    else await running.toItsEnd();
    if (block.says !== null) await running.says(block.says);
    return running.output;
  }

  async close(): Promise<void> {
    await Promise.all(this.#background.map((running) => running.end()));
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

class Running {
  output = '';
  readonly #block: ShellBlock;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #heard = (): void => {};

  constructor(block: ShellBlock, folder: string) {
    this.#block = block;
    // A group of its own, so that ending it ends what it has started.
    this.#child = spawn('bash', ['-euo', 'pipefail', '-c', block.script], {
      cwd: folder,
      env: readersEnvironment(folder),
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding('utf8').on('data', (part: string) => {
        this.output += part;
        this.#heard();
      });
    }
    this.#closed = once(this.#child, 'close');
  }

  /** @throws where it takes too long, and then it is ended, or where it fails */
  async toItsEnd(): Promise<void> {
    try {
      await this.#inTime(this.#closed, 'it did not end');
    } finally {
      await this.end();
    }
    if (this.#child.exitCode !== 0) throw this.#failure(`it ended with ${this.#child.exitCode}`);
  }

  async says(text: string): Promise<void> {
    const heard = new Promise<void>((resolve) => {
      this.#heard = () => {
        if (this.output.includes(text)) resolve();
      };
      this.#heard();
    });
    await this.#inTime(Promise.race([heard, this.#closed]), `it did not say '${text}'`);
    if (!this.output.includes(text)) throw this.#failure(`it ended without saying '${text}'`);
  }

  /** Ends the block's own process group, and nothing else. */
  async end(): Promise<void> {
    this.#signal('SIGTERM');
    const late = setTimeout(() => this.#signal('SIGKILL'), END_MAX_MS);
    await this.#closed;
    clearTimeout(late);
  }

  /** To the whole group: its first process may be over while others are not. */
  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid === undefined) return;
    try {
      process.kill(-this.#child.pid, signal);
    } catch (thrown) {
      if (!(thrown instanceof Error && 'code' in thrown && thrown.code === 'ESRCH')) throw thrown;
    }
  }

  async #inTime(work: Promise<unknown>, otherwise: string): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => {
        reject(this.#failure(`${otherwise} within ${BLOCK_MAX_MS / 1_000} s`));
      }, BLOCK_MAX_MS);
    });
    await Promise.race([work, late]).finally(() => clearTimeout(timer));
  }

  #failure(what: string): Error {
    return new Error(
      `the block in line ${this.#block.line}: ${what}\n${this.output.slice(-3_000)}`,
    );
  }
}

/** What a reader's shell has: nothing of the npm and vitest that run this test. */
function readersEnvironment(folder: string): NodeJS.ProcessEnv {
  const own = Object.entries(process.env).filter(
    ([name]) => !/^(npm_|VITEST|NODE_|INIT_CWD|TIELINE_)/.test(name),
  );
  return { ...Object.fromEntries(own), PWD: folder, NO_COLOR: '1' };
}
