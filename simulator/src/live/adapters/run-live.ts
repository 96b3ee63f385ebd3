import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { systemRng } from '@tieline/kernel';
import { runScenario, type ScenarioRun } from '../../scenario/run-scenario.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import type { DevicePlace } from '../live-plant.ts';
import { LiveRun } from './live-run.ts';

/** Between two words about progress, simulated ms. */
const STRETCH_MS = 10_000;

/** Where a live run can be looked at while it goes on. */
export interface LivePlaces {
  readonly scenario: string;
  readonly rate: number;
  /** For `tieline --context`. */
  readonly context: string;
  /** For a Modbus client. */
  readonly devices: readonly DevicePlace[];
  /** Says the same. */
  readonly devicesFile: string;
}

export interface RunLiveOptions {
  /** Simulated seconds in a real one. */
  readonly rate: number;
  /** A folder for each deployment's files, by the name of its scenario; without it they are removed. */
  readonly keep?: string | undefined;
  /** Ends what runs, and begins nothing more. */
  readonly signal: AbortSignal;
  /** Hears the part of all scenarios that is done, 0 to 1. */
  onProgress?(done: number): void;
  onBegun?(places: LivePlaces): void;
}

/**
 * Runs scenarios with real processes, one after the other, and yields them in their order. Once `signal` aborts, it ends
 * its processes and yields nothing more.
 * @throws {LiveError} where a run comes to no verdict
 */
export async function* runLive(
  scenarios: readonly Scenario[],
  options: RunLiveOptions,
): AsyncGenerator<ScenarioRun> {
  const { onProgress = () => {} } = options;
  for (const [index, scenario] of scenarios.entries()) {
    const run = await played(scenario, {
      ...options,
      onProgress: (done) => onProgress((index + done) / scenarios.length),
    });
    if (run === null) return;
    yield run;
  }
}

/** Null where it was interrupted. */
async function played(scenario: Scenario, options: RunLiveOptions): Promise<ScenarioRun | null> {
  const { rate, keep, signal, onProgress, onBegun } = options;
  const { name } = scenario;
  const directory =
    keep === undefined ? mkdtempSync(join(tmpdir(), 'tieline-live-')) : join(keep, name);
  let live = null as LiveRun | null;
  try {
    return await runScenario(scenario, {
      onProgress: (done) => {
        signal.throwIfAborted();
        onProgress?.(done);
      },
      world: {
        stretchMs: STRETCH_MS,
        idlePart: 0,
        begin: async (setting) => {
          live = await LiveRun.begin({ ...setting, directory, rate, rng: systemRng(), signal });
          if (live.live.ended === undefined) onBegun?.({ scenario: name, rate, ...live.places });
          return live;
        },
      },
    });
  } catch (thrown) {
    if (signal.aborted) return null;
    throw thrown;
  } finally {
    await live?.stop();
    if (keep === undefined) rmSync(directory, { recursive: true, force: true });
  }
}
