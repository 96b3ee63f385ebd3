import { createHash } from 'node:crypto';
import { GridError } from '@tieline/grid';
import { QUARTER_HOUR_MS, seededRng, toHex } from '@tieline/kernel';
import type { Economics } from '../economics/ledger.ts';
import { VirtualRun, type VirtualRunOptions } from '../virtual/virtual-run.ts';
import { alwaysWatches } from './always/index.ts';
import { Survival } from './always/recovery.ts';
import { type Chronicle, intervalOf, Recorder } from './chronicle.ts';
import { clock } from './clock.ts';
import { Conduct } from './conduct.ts';
import type { ControlledRun, ObservedRun, Pace } from './controlled-run.ts';
import { disturbancesOf } from './disturbances-of.ts';
import { perform, type ScenarioEvent } from './events/index.ts';
import { PROMISE } from './expectation-words.ts';
import type { Outcome, Watch } from './expectations.ts';
import { ScenarioError } from './failure.ts';
import { Happenings } from './happenings.ts';
import { countInto, economicsOf, type Ledgers, ledgersFor } from './ledgers.ts';
import { moneySeries } from './money-series.ts';
import { promisesOf } from './promises.ts';
import type { Scenario } from './scenario.ts';
import { watchFor } from './watch-for.ts';

export interface RunOptions {
  /** In the place of the scenario's own; the same seed gives the same report, to the byte. */
  readonly seed?: number;
  /** Called after each stretch of virtual time with the part that is done, 0 to 1; what it throws ends the run. */
  onProgress?(done: number): void;
  /** Where the run with control is played; on virtual time unless another world is given. */
  readonly world?: ScenarioWorld;
}

/** A world that scenarios are played in. */
export interface ScenarioWorld {
  /** Begins a run with control; its first step comes after this. */
  begin(setting: RunSetting): ControlledRun | Promise<ControlledRun>;
  /** Simulated time between two words about progress, ms. */
  readonly stretchMs: number;
  /** How much of the work the run without control is, 0 to 1. */
  readonly idlePart: number;
}

/** What every run of a scenario is given. */
export type RunSetting = Omit<VirtualRunOptions, 'control' | 'logger'>;

/** Highest quarter-hour mean import, kW; null where the run holds no whole quarter hour. */
interface Peaks {
  readonly withControl: number | null;
  readonly withoutControl: number | null;
}

/** What a run measured, and which expectations it kept. */
export interface RunReport {
  readonly schema: 'tieline.run/2';
  readonly scenario: string;
  readonly file: string;
  readonly about: string;
  readonly seed: number;
  /** Unix time at which the scenario begins, ms. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly agents: number;
  readonly mustFail: boolean;
  /** Every expectation was kept, or (`mustFail`) one was not. */
  readonly passed: boolean;
  /** Those of the scenario first, then those of every run. */
  readonly expectations: readonly Outcome[];
  /** SHA-256 over every step of the plant and the root of every agent's audit log. */
  readonly trace: string;
  /** Of the whole feeder. */
  readonly peakImportKw: Peaks;
  /** By site, with the limit that its agent holds it under. */
  readonly sites: readonly {
    readonly site: string;
    readonly limitKw: number;
    readonly peakImportKw: Peaks;
  }[];
  readonly minVoltagePu: number;
  /** Bills, where the scenario has a tariff. */
  readonly economics?: Economics;
  readonly audit: { readonly records: number; readonly receipted: number };
  /** Of a run with real processes, whose trace nothing repeats. */
  readonly live?: Pace;
}

/** A scenario that was run: its report, and what its charts are drawn from, which would only swell the report. */
export interface ScenarioRun {
  readonly scenario: Scenario;
  readonly report: RunReport;
  readonly chronicle: Chronicle;
}

const VIRTUAL_WORLD: ScenarioWorld = {
  begin: (setting) => new VirtualRun({ ...setting, control: true }),
  stretchMs: QUARTER_HOUR_MS,
  idlePart: 0.5,
};

/**
 * Runs a scenario twice: the same plant with nobody at the batteries, to compare; and then with production agents and
 * control plane, a cycle every virtual second, through the events of its timeline.
 */
export async function runScenario(
  scenario: Scenario,
  { seed = scenario.seed, onProgress = () => {}, world = VIRTUAL_WORLD }: RunOptions = {},
): Promise<ScenarioRun> {
  const { simulated, startMs, durationMs } = scenario;
  const { stretchMs, idlePart } = world;
  const common = { simulated, seed, startMs, disturbances: disturbancesOf(scenario) };
  const ledgers = ledgersFor(scenario.tariff);
  const idleRecorder = new Recorder(scenario);
  const idle = begun(scenario, {
    ...common,
    control: false,
    onStep: () => {
      idleRecorder.look(idle, idle.plant.nowMs - startMs);
      countInto(ledgers?.idle, idle.plant);
    },
  });
  const idleDiverged = await played(idle, scenario, {
    stretchMs: VIRTUAL_WORLD.stretchMs,
    onProgress: (done) => onProgress(done * idlePart),
  });

  const watches: Watch[] = [];
  const recorder = new Recorder(scenario);
  const onStep = (): void => {
    const nowMs = run.plant.nowMs - startMs;
    happenings.look();
    recorder.look(run, nowMs);
    countInto(ledgers?.own, run.plant);
    for (const watch of watches) watch.look(run, nowMs);
  };
  const survival = new Survival();
  const run = await world.begin({
    ...{ ...common, onStep },
    onAgentFailed: (site, cause) => survival.failed(site, cause, run.plant.nowMs - startMs),
  });
  const happenings = new Happenings(run, startMs);
  run.hearControl((event) => happenings.heard(event));
  const conduct = new Conduct(scenario, run, seededRng(seed).stream('scenario-orders'));
  watches.push(
    ...scenario.expect.map((one) => watchFor(one, { scenario, conduct, idle, ledgers })),
    survival,
    ...alwaysWatches(scenario, conduct, run),
  );
  const diverged = await played(run, scenario, {
    stretchMs,
    timeline: scenario.timeline,
    onEvent: async (event) => {
      happenings.event(event);
      await perform(event, conduct);
    },
    onProgress: (done) => onProgress(idlePart + done * (1 - idlePart)),
    beforeStop: () => conduct.stop(),
  });
  const outcomes = [
    ...watches.map((watch) => watch.outcome()),
    solved('with control', diverged),
    solved('without control', idleDiverged),
    ...promisesOf(run, conduct),
  ];
  return {
    scenario,
    report: reportOf({ scenario, seed, run, idle, outcomes, ledgers }),
    chronicle: {
      intervalMs: intervalOf(durationMs),
      withControl: new Map([...recorder.series(), ...moneySeries(scenario, ledgers?.own)]),
      withoutControl: new Map([...idleRecorder.series(), ...moneySeries(scenario, ledgers?.idle)]),
      worst: recorder.worst,
      happenings: happenings.kept,
      leftOut: happenings.leftOut,
      commands: commandsOf(conduct),
    },
  };
}

function commandsOf({ orders }: Conduct): ReadonlyMap<string, string> {
  return new Map(
    [...orders].flatMap(([name, { command }]) => (command === null ? [] : [[name, command]])),
  );
}

/** @throws {ScenarioError} where the feeder cannot carry what the sites draw at the beginning */
function begun({ file }: Scenario, options: VirtualRunOptions): VirtualRun {
  try {
    return new VirtualRun(options);
  } catch (thrown) {
    if (!(thrown instanceof GridError)) throw thrown;
    const reason = `the power flow has no solution when it begins (${thrown.message})`;
    const problem = { line: null, column: null, path: 'sites', reason };
    throw new ScenarioError({ code: 'scenario_invalid', file, problems: [problem] });
  }
}

interface Play {
  readonly stretchMs: number;
  readonly timeline?: readonly ScenarioEvent[];
  onEvent?(event: ScenarioEvent): Promise<void>;
  onProgress(done: number): void;
  beforeStop?(): Promise<void>;
}

type Playable = Pick<ControlledRun, 'advance' | 'stop' | 'world'>;

/** Where the power flow of a run had no solution. A voltage that collapses is a result, and ends the run. */
interface Diverged {
  readonly atMs: number;
  readonly reason: string;
}

/** Lets a run go to its end, in stretches, with each event at its time; stops it whatever happens. */
async function played(
  run: Playable,
  { startMs, durationMs }: Scenario,
  play: Play,
): Promise<Diverged | null> {
  const { stretchMs, timeline = [], onEvent = async () => {}, onProgress, beforeStop } = play;
  let nowMs = 0;
  let next = 0;
  try {
    for (let event = timeline[next]; nowMs < durationMs || event !== undefined; ) {
      const dueMs = event?.at ?? Number.POSITIVE_INFINITY;
      const untilMs = Math.min(durationMs, dueMs, nowMs + stretchMs);
      if (untilMs > nowMs) await run.advance(untilMs - nowMs);
      nowMs = untilMs;
      if (event !== undefined && dueMs <= nowMs) {
        await onEvent(event);
        next += 1;
        event = timeline[next];
      } else onProgress(nowMs / durationMs);
    }
    return null;
  } catch (thrown) {
    if (!(thrown instanceof GridError)) throw thrown;
    return { atMs: run.world.wallMs() - startMs, reason: thrown.message };
  } finally {
    await beforeStop?.();
    await run.stop();
  }
}

function solved(how: 'with control' | 'without control', diverged: Diverged | null): Outcome {
  return {
    expected: PROMISE.solved(how),
    kept: diverged === null,
    seen: diverged === null ? 'it had' : `${diverged.reason} at ${clock(diverged.atMs)}`,
    headroom: null,
    atMs: diverged?.atMs ?? null,
  };
}

function reportOf(made: {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly run: ControlledRun;
  readonly idle: ObservedRun;
  readonly outcomes: readonly Outcome[];
  readonly ledgers: Ledgers | null;
}): RunReport {
  const { scenario, seed, run, idle, outcomes, ledgers } = made;
  const { name, file, about, mustFail, simulated, startMs, durationMs } = scenario;
  const logs = simulated.sites.map(({ plant: { site } }) => run.auditLog(site));
  const kept = outcomes.every((one) => one.kept);
  return {
    schema: 'tieline.run/2',
    scenario: name,
    ...{ file, about, seed, startMs, durationMs },
    agents: simulated.sites.length,
    mustFail,
    passed: mustFail ? !kept : kept,
    expectations: outcomes,
    trace: digestOf([run.trace.digest(), ...logs.map((log) => toHex(log.root()))]),
    peakImportKw: {
      withControl: run.trace.peakImportKw,
      withoutControl: idle.trace.peakImportKw,
    },
    sites: simulated.sites.map(({ plant: { site }, policy }) => ({
      site,
      limitKw: policy.quarterHourImportMaxKw,
      peakImportKw: {
        withControl: run.trace.sitePeakKw(site),
        withoutControl: idle.trace.sitePeakKw(site),
      },
    })),
    minVoltagePu: run.trace.minVoltagePu,
    ...(ledgers === null ? {} : { economics: economicsOf(ledgers, [...run.plant.sites.keys()]) }),
    audit: {
      records: logs.reduce((sum, log) => sum + log.size, 0),
      receipted: logs.reduce((sum, log) => sum + log.receiptedSize, 0),
    },
    ...(run.pace === undefined ? {} : { live: run.pace }),
  };
}

function digestOf(parts: readonly string[]): string {
  return `sha256:${createHash('sha256').update(parts.join('\n')).digest('hex')}`;
}
