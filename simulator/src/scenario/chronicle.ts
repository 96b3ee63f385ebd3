import { STEP_MS } from '../plant/plant.ts';
import type { ObservedRun } from './controlled-run.ts';
import type { Happening } from './happenings.ts';
import { ownersIn, type Reading, readingOf } from './quantities.ts';
import type { Scenario } from './scenario.ts';
import { type WorstMoment, WorstWatch } from './worst-moment.ts';

/*
 * A run has a step a second and may last a year; a chart has room for some hundred points. So every quantity is folded,
 * while the run goes, over equal intervals of simulated time.
 */

/** Points of one quantity, from the beginning on; null where nothing was read. */
export type Series = readonly (number | null)[];

/** What a scenario's quantities did over simulated time, by name. */
export interface Chronicle {
  /** That each point stands for. */
  readonly intervalMs: number;
  readonly withControl: ReadonlyMap<string, Series>;
  /** The same seed, with nobody at the batteries. */
  readonly withoutControl: ReadonlyMap<string, Series>;
  /** When the feeder with control was worst; null where not a step was seen. */
  readonly worst: WorstMoment | null;
  /** What happened with control, in the order of simulated time. */
  readonly happenings: readonly Happening[];
  /** How many more happenings there were than are kept. */
  readonly leftOut: number;
  /** Commands of orders, by the order's name. */
  readonly commands: ReadonlyMap<string, string>;
}

export const POINTS_MAX = 600;

/** Of a voltage and a link the worst matters, of what only rises or stands for long the highest; else the mean. */
const FOLDS: Readonly<Record<string, (sum: Sum) => number>> = {
  lowestVoltagePu: ({ lowest }) => lowest,
  voltagePu: ({ lowest }) => lowest,
  linked: ({ lowest }) => lowest,
  energised: ({ lowest }) => lowest,
  loading: ({ highest }) => highest,
  quarterHourImportKw: ({ highest }) => highest,
  refused: ({ highest }) => highest,
  unreceipted: ({ highest }) => highest,
  buffered: ({ highest }) => highest,
  connectsPerS: ({ highest }) => highest,
  importStepKw: ({ highest }) => highest,
  policyVersion: ({ lowest }) => lowest,
  waiting: ({ highest }) => highest,
  alarms: ({ highest }) => highest,
  alarmsIn10Min: ({ highest }) => highest,
  evUnmetKwh: ({ highest }) => highest,
};
const mean = ({ total, count }: Sum): number => total / count;

interface Sum {
  total: number;
  count: number;
  lowest: number;
  highest: number;
}

/** How much simulated time a point stands for: whole steps, so that each has as many. */
export function intervalOf(durationMs: number): number {
  return STEP_MS * Math.max(1, Math.ceil(durationMs / (POINTS_MAX * STEP_MS)));
}

const OF_EVERY_SITE: readonly string[] = [
  ...['importKw', 'quarterHourImportKw', 'loadKw', 'pvKw', 'batteryKw', 'stateOfCharge'],
  ...['evKw', 'evHeldBackKw', 'linked', 'buffered', 'forecastKw', 'uncontrolledKw'],
];

/** What every chart needs, and what the expectations speak of besides. */
export function chronicled(scenario: Scenario): readonly string[] {
  const named = scenario.expect.flatMap((one) => ('that' in one ? [one.that] : []));
  const isRated = scenario.simulated.feeder.branches.some(({ ratedA }) => ratedA !== undefined);
  const always = [
    ...['feeder.importKw', 'feeder.quarterHourImportKw', 'feeder.lowestVoltagePu'],
    ...(isRated ? ['feeder.loading'] : []),
  ];
  const ofSites = shownSites(scenario).flatMap((site) =>
    OF_EVERY_SITE.map((name) => `${site}.${name}`),
  );
  return [...new Set([...always, ...ofSites, ...named])];
}

/** All but the copies of a site: of them the first. */
export function shownSites({ simulated, groups }: Scenario): readonly string[] {
  const others = new Set([...groups.sites.values()].flatMap(([_, ...more]) => more));
  return simulated.sites.map(({ plant }) => plant.site).filter((site) => !others.has(site));
}

/** Keeps the chronicle of one run, step by step. */
export class Recorder {
  readonly #intervalMs: number;
  readonly #length: number;
  readonly #kept: readonly { name: string; read: Reading; sums: Sum[] }[];
  readonly #worst = new WorstWatch();

  constructor(scenario: Scenario) {
    const { durationMs } = scenario;
    const owners = ownersIn(scenario);
    this.#intervalMs = intervalOf(durationMs);
    this.#length = Math.ceil(durationMs / this.#intervalMs);
    this.#kept = chronicled(scenario).flatMap((name) => {
      const read = readingOf(name, owners);
      return read === null ? [] : [{ name, read, sums: [] }];
    });
  }

  /** After each step of the plant. @param nowMs  after the scenario began */
  look(run: ObservedRun, nowMs: number): void {
    const at = Math.floor(nowMs / this.#intervalMs);
    if (at >= this.#length) return;
    this.#worst.look(run.plant, nowMs);
    for (const { read, sums } of this.#kept) {
      const value = read(run);
      if (value === null) continue;
      const sum = sums[at] ?? { total: 0, count: 0, lowest: value, highest: value };
      sums[at] = sum;
      sum.total += value;
      sum.count += 1;
      sum.lowest = Math.min(sum.lowest, value);
      sum.highest = Math.max(sum.highest, value);
    }
  }

  get worst(): WorstMoment | null {
    return this.#worst.moment;
  }

  series(): ReadonlyMap<string, Series> {
    return new Map(
      this.#kept.map(({ name, sums }) => {
        const fold = FOLDS[name.slice(name.lastIndexOf('.') + 1)] ?? mean;
        const points = Array.from({ length: this.#length }, (_, at) => {
          const sum = sums[at];
          return sum === undefined ? null : fold(sum);
        });
        return [name, points];
      }),
    );
  }
}
