import type { Accepted, Baseline } from './baseline.ts';

export type Figure = number | boolean | null;

/** A figure that is not what was accepted; null on the side where there is none. */
export interface Moved {
  /** `expectation`: its headroom, or whether it was kept. */
  readonly of: 'expectation' | 'run';
  readonly what: string;
  readonly was: Figure;
  readonly is: Figure;
}

/** A scenario beside what was accepted of it. */
export interface Comparison {
  readonly scenario: string;
  /** `new`: nothing is accepted of it; `vanished`: it is accepted, and no file has its name. */
  readonly state: 'same' | 'differs' | 'new' | 'vanished';
  readonly moved: readonly Moved[];
  /** `elsewhere`: it was accepted on another platform, whose bytes are not promised here. */
  readonly trace: 'same' | 'differs' | 'elsewhere' | null;
}

/**
 * Each scenario that was run beside what was accepted of it, in the order of the runs; then those that vanished.
 * @param whole  whether every scenario of the baseline ought to have been run
 */
export function compareAll(
  runs: ReadonlyMap<string, Accepted>,
  { scenarios }: Baseline,
  whole: boolean,
): readonly Comparison[] {
  const compared = [...runs].map(([name, is]) => compareOne(name, scenarios[name], is));
  const vanished = Object.keys(scenarios).filter((name) => whole && !runs.has(name));
  return [
    ...compared,
    ...vanished.map((scenario): Comparison => {
      return { scenario, state: 'vanished', moved: [], trace: null };
    }),
  ];
}

function compareOne(scenario: string, was: Accepted | undefined, is: Accepted): Comparison {
  if (was === undefined) return { scenario, state: 'new', moved: [], trace: null };
  // In the order in which a person asks: what was promised, then what was measured.
  const moved = [
    ...movedFigures('expectation', was.expectations, is.expectations),
    ...movedFigures('run', measuredOf(was), measuredOf(is)),
  ];
  const here = was.platform === is.platform;
  const trace = here ? (was.trace === is.trace ? 'same' : 'differs') : 'elsewhere';
  const same = moved.length === 0 && trace !== 'differs';
  return { scenario, state: same ? 'same' : 'differs', moved, trace };
}

function measuredOf({ seed, peakImportKw, lowestVoltagePu }: Accepted): Figures {
  return {
    'highest quarter hour, kW': peakImportKw,
    'lowest voltage, per unit': lowestVoltagePu,
    seed,
  };
}

type Figures = Readonly<Record<string, Figure>>;

function movedFigures(of: Moved['of'], before: Figures, after: Figures): readonly Moved[] {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((what) => {
    const [was, is] = [before[what] ?? null, after[what] ?? null];
    return was === is ? [] : [{ of, what, was, is }];
  });
}
