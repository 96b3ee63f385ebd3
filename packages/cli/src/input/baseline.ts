import {
  type Accepted,
  acceptable,
  type Baseline,
  BaselineError,
  baselinePath,
  PLATFORM,
  readBaseline,
} from '@tieline/simulator';
import { usageError } from '../exit.ts';
import type { GlobalFlags } from '../table/spec.ts';
import type { World } from '../world.ts';
import { type Play, playScenarios } from './play.ts';

/** Where the baseline of what a word means lies. @throws {CliError} usage, for scenarios that ship */
export function baselineOf(word: string): string {
  const path = baselinePath(word);
  if (path !== null) return path;
  throw usageError(
    `${word} ships with Tieline, and has no baseline of yours`,
    [['baseline', 'lies beside the scenarios that it is of']],
    'tieline sim accept scenarios/',
  );
}

/** Null where there is none yet. @throws {CliError} usage, for a file that is no baseline */
export function heldBaseline(path: string): Baseline | null {
  return withBaseline(() => readBaseline(path));
}

/** @throws {CliError} usage, in the place of what a baseline file cannot be */
export function withBaseline<T>(work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    if (!(thrown instanceof BaselineError)) throw thrown;
    const { code, file, reason } = thrown.failure;
    const verb = code === 'baseline_unreadable' ? 'read' : 'written';
    throw usageError(`${file} cannot be ${verb}`, [['reason', reason]]);
  }
}

/** What a baseline would hold of each run, by name, and the names of those that do not keep their promises. */
export async function acceptableRuns(
  play: Play,
  global: GlobalFlags,
  world: World,
): Promise<{ readonly runs: ReadonlyMap<string, Accepted>; readonly failed: readonly string[] }> {
  const runs = new Map<string, Accepted>();
  const failed: string[] = [];
  for await (const played of playScenarios(play, global, world)) {
    const { scenario, passed } = played.report;
    runs.set(scenario, acceptable(played, PLATFORM));
    if (!passed) failed.push(scenario);
  }
  return { runs, failed };
}
