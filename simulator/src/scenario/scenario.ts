import type { SimulatedFeeder } from '../deployment/simulated-site.ts';
import type { Tariff } from '../economics/tariff.ts';
import type { ScenarioEvent } from './events/index.ts';
import type { ScenarioExpectation } from './scenario-file.ts';
import type { Groups } from './unfold.ts';

/** A scenario that was read and holds together: every name in it is known, every time lies within it. */
export interface Scenario {
  /** Of its file, without the ending; names the deployment too. */
  readonly name: string;
  /** As it was asked for: what a person runs again. */
  readonly file: string;
  readonly about: string;
  /** The suite passes only where this one fails. */
  readonly mustFail: boolean;
  readonly simulated: SimulatedFeeder;
  /** Null: no bills. */
  readonly tariff: Tariff | null;
  /** Unix time, ms. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly seed: number;
  /** In the order of their times; those of one time in the order of the file. */
  readonly timeline: readonly ScenarioEvent[];
  readonly expect: readonly ScenarioExpectation[];
  /** Names in `expect` that stand for several. */
  readonly groups: Groups;
}

/** Ending of the file of a scenario that must fail. */
export const MUST_FAIL = '.must-fail';
