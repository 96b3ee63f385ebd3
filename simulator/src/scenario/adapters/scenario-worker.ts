import type { MessagePort } from 'node:worker_threads';
import { VirtualRunError, type VirtualRunFailure } from '../../virtual/failure.ts';
import { ScenarioError, type ScenarioFailure } from '../failure.ts';
import { runScenario, type ScenarioRun } from '../run-scenario.ts';
import type { Scenario } from '../scenario.ts';

/** What a worker gets; all of it survives the way between threads. */
export interface ScenarioTask {
  readonly scenario: Scenario;
  /** Hears the part that is done, 0 to 1. */
  readonly progress: MessagePort;
  /** One shared number: not zero once the run shall end early. */
  readonly stop: Int32Array;
}

export type ScenarioAnswer =
  | { readonly run: ScenarioRun }
  | { readonly refused: ScenarioFailure }
  | { readonly stopped: true };

/** An error would lose its class on the way. */
export type WorkerAnswer = ScenarioAnswer | { readonly failed: VirtualRunFailure };

class Stopped extends Error {}

/** Runs one scenario in the thread of this worker. */
export async function answer(task: ScenarioTask): Promise<WorkerAnswer> {
  const { scenario, progress, stop } = task;
  const onProgress = (done: number): void => {
    if (Atomics.load(stop, 0) !== 0) throw new Stopped();
    progress.postMessage(done);
  };
  try {
    onProgress(0);
    return { run: await runScenario(scenario, { onProgress }) };
  } catch (thrown) {
    if (thrown instanceof Stopped) return { stopped: true };
    if (thrown instanceof ScenarioError) return { refused: thrown.failure };
    if (thrown instanceof VirtualRunError) return { failed: thrown.failure };
    throw thrown;
  } finally {
    progress.close();
  }
}
