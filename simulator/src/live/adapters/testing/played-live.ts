import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { sourceEnvironment } from '@tieline/kernel';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));
const LOOK_EVERY_MS = 50;
const GONE_WITHIN_MS = 30_000;

/** A command of the project that plays something live, started as people start it, in a folder of its own. */
export class PlayedLive {
  readonly folder: string;
  readonly process: ChildProcess;
  readonly #lines: AsyncIterator<string>;

  private constructor(folder: string, process: ChildProcess, lines: Interface) {
    this.folder = folder;
    this.process = process;
    this.#lines = lines[Symbol.asyncIterator]();
  }

  /** @param args  what they are, given a folder for its files */
  static start(main: string, args: (folder: string) => readonly string[]): PlayedLive {
    return PlayedLive.#begin(process.execPath, (folder) => [join(ROOT, main), ...args(folder)]);
  }

  /** A script of the project, by npm. */
  static npm(args: (folder: string) => readonly string[]): PlayedLive {
    return PlayedLive.#begin('npm', args);
  }

  static #begin(command: string, args: (folder: string) => readonly string[]): PlayedLive {
    const folder = mkdtempSync(join(tmpdir(), 'tieline-played-'));
    const child = spawn(command, args(folder), {
      cwd: ROOT,
      env: { ...sourceEnvironment(process.env), TMPDIR: folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return new PlayedLive(folder, child, createInterface({ input: child.stdout }));
  }

  /** `tieline sim run --live` of a scenario. */
  static scenario(yaml: string, flags: readonly string[] = [], name = 'played'): PlayedLive {
    return PlayedLive.start('packages/cli/src/main.ts', (folder) => {
      const file = join(folder, `${name}.yaml`);
      writeFileSync(file, yaml);
      const kept = ['--keep', join(folder, 'kept'), '--out', join(folder, 'out')];
      return ['sim', 'run', file, '--live', ...kept, ...flags];
    });
  }

  /** The next line of its standard output that holds these words. @throws where none comes any more */
  async line(words: string): Promise<string> {
    for (;;) {
      const { value, done } = await this.#lines.next();
      if (done) throw new Error(`it ended without a word of '${words}'`);
      if (value.includes(words)) return value;
    }
  }

  /** All that have its folder in their command line, itself among them. */
  all(): readonly number[] {
    return processes().flatMap(({ pid, args }) => (args.includes(this.folder) ? [pid] : []));
  }

  /** The processes that it has started. */
  children(): readonly { readonly pid: number; readonly args: string }[] {
    return processes().filter(({ parent }) => parent === this.process.pid);
  }

  /** @returns its exit code; null where a signal ended it */
  async ended(): Promise<number | null> {
    for await (const _ of { [Symbol.asyncIterator]: () => this.#lines });
    if (this.process.exitCode === null && this.process.signalCode === null) {
      await once(this.process, 'exit');
    }
    return this.process.exitCode;
  }

  close(): void {
    for (const pid of this.all()) killNow(pid);
    rmSync(this.folder, { recursive: true });
  }
}

/** Resolves once no such process runs. @throws after half a minute */
export async function untilGone(pids: readonly number[]): Promise<void> {
  const deadlineMs = performance.now() + GONE_WITHIN_MS;
  for (;;) {
    const left = processes().filter(({ pid }) => pids.includes(pid));
    if (left.length === 0) return;
    if (performance.now() > deadlineMs) {
      throw new Error(`they run on: ${left.map(({ args }) => args).join('; ')}`);
    }
    await delay(LOOK_EVERY_MS);
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended.
  }
}

/** Those that run: one that has ended may stand in the table until somebody asks for it. */
function processes(): readonly { pid: number; parent: number; args: string }[] {
  const { stdout } = spawnSync('ps', ['-A', '-o', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, stat = 'Z', args = ''] =
      /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    return stat.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), args }];
  });
}
