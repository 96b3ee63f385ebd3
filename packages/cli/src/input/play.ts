import { availableParallelism } from 'node:os';
import {
  type LivePlaces,
  runLive,
  runScenarios,
  type Scenario,
  type ScenarioRun,
} from '@tieline/simulator';
import { CliError, EXIT } from '../exit.ts';
import type { GlobalFlags } from '../table/spec.ts';
import type { World } from '../world.ts';
import { type Live, sayPlaces } from './live.ts';
import { parseCount } from './quantities.ts';
import { scenarioProblem } from './scenarios.ts';

const WORKERS_MAX = 256;

/** What is run, and how. */
export interface Play {
  /** Each with its own seed. */
  readonly scenarios: readonly Scenario[];
  readonly workers: number;
  /** With real processes; on virtual time if left out. */
  readonly live?: Live | undefined;
}

/** One per processor, unless a flag says otherwise. @throws {CliError} usage */
export function workersOf(flag: string | undefined): number {
  return flag === undefined
    ? availableParallelism()
    : parseCount('--workers', flag, 1, WORKERS_MAX);
}

/**
 * Runs scenarios, on virtual time side by side, and hands them over in their order; a person at a terminal sees how far they are.
 * @throws {CliError} usage, for a file that cannot be run; interrupted, behind those that were done
 */
export async function* playScenarios(
  { scenarios, workers, live }: Play,
  global: GlobalFlags,
  world: World,
): AsyncGenerator<ScenarioRun> {
  const signal = world.interrupted;
  const onProgress = progress(scenarios, global, world);
  try {
    const common = { signal, onProgress };
    const onBegun = (places: LivePlaces): void => sayPlaces(places, global, world);
    yield* live === undefined
      ? runScenarios(scenarios, { ...common, workers })
      : runLive(scenarios, { ...common, ...live, onBegun });
  } catch (thrown) {
    throw scenarioProblem(thrown) ?? thrown;
  }
  if (signal.aborted) {
    throw new CliError(EXIT.interrupted, { code: 'interrupted', what: 'Interrupted' });
  }
}

function progress(
  scenarios: readonly Scenario[],
  global: GlobalFlags,
  world: World,
): (done: number) => void {
  const what = scenarios.length === 1 ? scenarios[0]?.name : `${scenarios.length} scenarios`;
  return (done) => {
    if (global.quiet || !world.stderr.isTerminal) return;
    world.stderr.write(`\r${what}: ${(done * 100).toFixed(0)} %${done < 1 ? '' : '\n'}`);
  };
}
