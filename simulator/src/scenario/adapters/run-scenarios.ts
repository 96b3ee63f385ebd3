import { MessageChannel } from 'node:worker_threads';
import { Tinypool } from 'tinypool';
import { ScenarioError } from '../failure.ts';
import type { ScenarioRun } from '../run-scenario.ts';
import type { Scenario } from '../scenario.ts';
import type { ScenarioAnswer, ScenarioTask } from './scenario-worker.ts';

export interface RunScenariosOptions {
  /** In the place of each scenario's own. */
  readonly seed?: number | undefined;
  /** Threads, at least 1; which of them runs a scenario changes nothing in its report. */
  readonly workers: number;
  /** Ends what runs, and begins nothing more. */
  readonly signal: AbortSignal;
  /** Hears the part of all scenarios that is done, 0 to 1. */
  onProgress?(done: number): void;
}

/**
 * Runs scenarios in worker threads, and yields them in their order. Once `signal` aborts, it yields those that are done
 * and ends.
 * @throws {ScenarioError} for one whose feeder cannot carry what the sites draw at the beginning
 */
export async function* runScenarios(
  scenarios: readonly Scenario[],
  { seed, workers, signal, onProgress = () => {} }: RunScenariosOptions,
): AsyncGenerator<ScenarioRun> {
  const threads = Math.min(workers, scenarios.length);
  const filename = new URL('./scenario-worker.ts', import.meta.url).href;
  const pool = new Tinypool({ filename, minThreads: threads, maxThreads: threads });
  const stop = new Int32Array(new SharedArrayBuffer(4));
  const halt = (): void => {
    Atomics.store(stop, 0, 1);
  };
  if (signal.aborted) halt();
  signal.addEventListener('abort', halt);
  const parts = scenarios.map(() => 0);
  const advance = (index: number, done: number): void => {
    parts[index] = done;
    onProgress(parts.reduce((sum, part) => sum + part, 0) / parts.length);
  };
  const answers = scenarios.map(async (scenario, index): Promise<ScenarioAnswer> => {
    const { port1, port2: progress } = new MessageChannel();
    port1.on('message', (done: number) => advance(index, done));
    const task: ScenarioTask = { scenario, seed: seed ?? scenario.seed, progress, stop };
    try {
      return await pool.run(task, { name: 'answer', transferList: [progress] });
    } finally {
      port1.close();
      if (stop[0] === 0) advance(index, 1);
    }
  });
  const settled = Promise.allSettled(answers);
  try {
    for (const pending of answers) {
      const answer = await pending;
      if ('refused' in answer) throw new ScenarioError(answer.refused);
      if ('run' in answer) yield answer.run;
    }
  } finally {
    // No thread may be ended while it computes: its models run in native code.
    halt();
    await settled;
    signal.removeEventListener('abort', halt);
    await pool.destroy();
  }
}
