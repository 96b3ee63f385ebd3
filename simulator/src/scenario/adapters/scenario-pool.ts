import { MessageChannel } from 'node:worker_threads';
import { openDatabase } from '@tieline/audit';
import { Tinypool } from 'tinypool';
import { VirtualRunError } from '../../virtual/failure.ts';
import type { Scenario } from '../scenario.ts';
import type { ScenarioAnswer, ScenarioTask, WorkerAnswer } from './scenario-worker.ts';

/** Threads that run scenarios; which of them runs one changes nothing in its report. */
export class ScenarioPool {
  readonly #pool: Tinypool;
  readonly #stop = new Int32Array(new SharedArrayBuffer(4));
  readonly #answers = new Set<Promise<unknown>>();

  /** @param threads  at least 1 */
  constructor(threads: number) {
    keepSqliteLoaded();
    const filename = new URL('./scenario-worker.ts', import.meta.url).href;
    this.#pool = new Tinypool({ filename, minThreads: threads, maxThreads: threads });
  }

  /**
   * Runs a scenario as soon as a thread is free.
   * @param onProgress  hears the part that is done, 0 to 1
   * @throws {VirtualRunError} and whatever else the run threw, but for what a `ScenarioAnswer` says
   */
  async answer(
    scenario: Scenario,
    onProgress: (done: number) => void = () => {},
  ): Promise<ScenarioAnswer> {
    const { port1, port2: progress } = new MessageChannel();
    port1.on('message', onProgress);
    const task: ScenarioTask = { scenario, progress, stop: this.#stop };
    const answer = this.#pool.run(task, { name: 'answer', transferList: [progress] });
    this.#answers.add(answer);
    try {
      const given = (await answer) as WorkerAnswer;
      if ('failed' in given) throw new VirtualRunError(given.failed);
      return given;
    } finally {
      this.#answers.delete(answer);
      port1.close();
    }
  }

  get halted(): boolean {
    return this.#stop[0] !== 0;
  }

  /** Ends what runs soon, and begins nothing more. */
  halt(): void {
    Atomics.store(this.#stop, 0, 1);
  }

  /** No thread may be ended while it computes: its models run in native code. */
  async close(): Promise<void> {
    this.halt();
    await Promise.allSettled(this.#answers);
    await this.#pool.destroy();
  }
}

/**
 * A native library that only other threads have loaded is unloaded as the last of them ends, under whatever of it still
 * runs, and loaded again by the next. Once the main thread has loaded it, it stays.
 */
function keepSqliteLoaded(): void {
  openDatabase(':memory:', { synchronous: 'NORMAL' }).close();
}
