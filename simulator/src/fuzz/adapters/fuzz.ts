import { ScenarioPool } from '../../scenario/adapters/scenario-pool.ts';
import type { Scenario } from '../../scenario/scenario.ts';
import { type Breach, breachOf, crashOf, differenceOf } from '../breach.ts';
import { type GivenScenario, scenarios } from '../draw-scenario.ts';
import { foundText } from '../found-text.ts';
import { readGiven, textOf } from '../scenario-text.ts';
import { type Find, type Play, search, shrunk } from '../search.ts';

export interface FuzzOptions {
  /** Everything follows from it: which scenarios are drawn, and how a find is shrunk. */
  readonly seed: number;
  readonly runsMax: number;
  /** Real time after which nothing new is begun; null: none. What was found is shrunk all the same. */
  readonly forMs: number | null;
  /** Threads, at least 1; how many changes nothing in what is found. */
  readonly workers: number;
  /** Ends the search, or the shrinking, with what there is. */
  readonly signal: AbortSignal;
  onProgress?(tally: FuzzTally): void;
}

export interface FuzzTally {
  readonly runs: number;
  readonly events: number;
  readonly simulatedMs: number;
  /** What is tried to be made smaller has so many events; null before anything was found. */
  readonly shrinking: number | null;
}

export interface FuzzFind {
  readonly index: number;
  /** Of the file, without its ending. */
  readonly name: string;
  readonly breach: Breach;
  /** The smallest scenario that breaks this promise, as a file. */
  readonly text: string;
  /** In the timeline of the smallest, and of the one that was drawn. */
  readonly events: { readonly smallest: number; readonly drawn: number };
}

export interface FuzzOutcome extends FuzzTally {
  readonly found: FuzzFind | null;
}

/** So many runs make a find smaller, at most. */
const TRIES_MAX = 300;
/** Every so many runs are done twice: time or chance that leaks in from outside shows as a difference. */
const TWICE_EVERY = 8;

/** Draws scenarios and runs them in worker threads until one breaks a promise; then shrinks that one. */
export async function fuzz(options: FuzzOptions): Promise<FuzzOutcome> {
  const { seed, runsMax, forMs, workers, signal, onProgress = () => {} } = options;
  const endsMs = performance.now() + (forMs ?? Number.POSITIVE_INFINITY);
  const pool = new ScenarioPool(workers);
  const halt = (): void => pool.halt();
  if (signal.aborted) halt();
  signal.addEventListener('abort', halt);
  let tally: FuzzTally = { runs: 0, events: 0, simulatedMs: 0, shrinking: null };
  const count = (given: GivenScenario): void => {
    const { durationMs, timeline } = readGiven(given, 'counted');
    const { runs, events, simulatedMs } = tally;
    tally = {
      ...{ runs: runs + 1, events: events + timeline.length },
      ...{ simulatedMs: simulatedMs + durationMs, shrinking: null },
    };
    onProgress(tally);
  };
  const play = playIn(pool, seed);
  try {
    const first = await search({
      ...{ arbitrary: scenarios, seed, play, width: workers, runsMax, onKept: count },
      isOver: () => signal.aborted || performance.now() >= endsMs,
    });
    if (first === null) return { ...tally, found: null };
    const drawn = first.value.value_;
    count(drawn);
    const smallest = await shrunk(first, {
      ...{ arbitrary: scenarios, play, width: workers, triesMax: TRIES_MAX },
      isOver: () => signal.aborted,
      keyOf: textOf,
      onSmaller: (given) => onProgress({ ...tally, shrinking: given.timeline?.length ?? 0 }),
    });
    return { ...tally, found: madeOf(seed, smallest, drawn) };
  } finally {
    signal.removeEventListener('abort', halt);
    await pool.close();
  }
}

function nameOf(seed: number, index: number): string {
  return `found-${seed}-${index}`;
}

function madeOf(
  seed: number,
  { index, breach, value: { value_: given } }: Find<GivenScenario>,
  drawn: GivenScenario,
): FuzzFind {
  return {
    ...{ index, name: nameOf(seed, index), breach },
    text: foundText({ seed, index, breach, given }),
    events: { smallest: given.timeline?.length ?? 0, drawn: drawn.timeline?.length ?? 0 },
  };
}

function playIn(pool: ScenarioPool, seed: number): Play<GivenScenario> {
  return async (given, index) => {
    const scenario = readGiven(given, nameOf(seed, index));
    const runs = index % TWICE_EVERY === 0 ? 2 : 1;
    return await breachIn(pool, scenario, runs);
  };
}

async function breachIn(
  pool: ScenarioPool,
  scenario: Scenario,
  runs: number,
): Promise<Breach | null | undefined> {
  try {
    const asked = Array.from({ length: runs }, () => pool.answer(scenario));
    const answers = await Promise.all(asked);
    const reports = answers.flatMap((answer) => {
      // Drawn so that its feeder carries it: if not, that is a find too.
      if ('refused' in answer) throw new Error(answer.refused.problems[0]?.reason);
      return 'run' in answer ? [answer.run.report] : [];
    });
    const [first, second] = reports;
    if (first === undefined || reports.length < runs) return undefined;
    return breachOf(first) ?? (second === undefined ? null : differenceOf(first, second));
  } catch (thrown) {
    return crashOf(thrown, scenario);
  }
}
