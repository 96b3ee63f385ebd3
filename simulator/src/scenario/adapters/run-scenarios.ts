import { ScenarioError } from '../failure.ts';
import type { ScenarioRun } from '../run-scenario.ts';
import type { Scenario } from '../scenario.ts';
import { ScenarioPool } from './scenario-pool.ts';
import type { ScenarioAnswer } from './scenario-worker.ts';

export interface RunScenariosOptions {
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
  { workers, signal, onProgress = () => {} }: RunScenariosOptions,
): AsyncGenerator<ScenarioRun> {
  const pool = new ScenarioPool(Math.max(1, Math.min(workers, scenarios.length)));
  const halt = (): void => pool.halt();
  if (signal.aborted) halt();
  signal.addEventListener('abort', halt);
  const parts = scenarios.map(() => 0);
  const advance = (index: number, done: number): void => {
    parts[index] = done;
    onProgress(parts.reduce((sum, part) => sum + part, 0) / parts.length);
  };
  const answers = scenarios.map(async (scenario, index): Promise<ScenarioAnswer> => {
    try {
      return await pool.answer(scenario, (done) => advance(index, done));
    } finally {
      if (!pool.halted) advance(index, 1);
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
    halt();
    await settled;
    signal.removeEventListener('abort', halt);
    await pool.close();
  }
}
