import { GridError } from '@tieline/grid';
import { QUARTER_HOUR_MS, seededRng } from '@tieline/kernel';
import { VirtualRun, type VirtualRunOptions } from '../virtual/virtual-run.ts';
import { alwaysWatches } from './always/index.ts';
import { Survival } from './always/recovery.ts';
import { type Chronicle, intervalOf, Recorder } from './chronicle.ts';
import { Conduct } from './conduct.ts';
import type { ControlledRun } from './controlled-run.ts';
import { disturbancesOf } from './disturbances-of.ts';
import { perform } from './events/index.ts';
import type { Watch } from './expectations.ts';
import { ScenarioError } from './failure.ts';
import { Happenings } from './happenings.ts';
import { type Ledgers, ledgersFor, looksFor, metersOf } from './ledgers.ts';
import { moneySeries } from './money-series.ts';
import { played, solved } from './played.ts';
import { promisesOf } from './promises.ts';
import { type RunReport, reportOf } from './run-report.ts';
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
  const { simulated, startMs } = scenario;
  const { stretchMs, idlePart } = world;
  const common = { simulated, seed, startMs, disturbances: disturbancesOf(scenario) };
  const ledgers = ledgersFor(scenario.tariff);
  const idleLooks = looksFor(ledgers?.idle, scenario);
  const idleRecorder = new Recorder(scenario);
  const idle = begun(scenario, {
    ...common,
    control: false,
    onStep: () => {
      idleRecorder.look(idle, idle.plant.nowMs - startMs);
      idleLooks?.look(idle.plant.nowMs, metersOf(idle.plant));
    },
  });
  const idleDiverged = await played(idle, scenario, {
    stretchMs: VIRTUAL_WORLD.stretchMs,
    onProgress: (done) => onProgress(done * idlePart),
  });
  idleLooks?.close();

  const watches: Watch[] = [];
  const looks = looksFor(ledgers?.own, scenario);
  const recorder = new Recorder(scenario);
  const onStep = (): void => {
    const nowMs = run.plant.nowMs - startMs;
    happenings.look();
    recorder.look(run, nowMs);
    looks?.look(run.plant.nowMs, metersOf(run.plant));
    for (const watch of watches) watch.look(run, nowMs);
  };
  const survival = new Survival();
  using run = await world.begin({
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
  looks?.close();
  if (run.live?.ended !== undefined) survival.ended(run.live.ended);
  const outcomes = [
    ...watches.map((watch) => watch.outcome()),
    solved('with control', diverged),
    solved('without control', idleDiverged),
    ...promisesOf(run, conduct),
  ];
  return {
    scenario,
    report: reportOf({
      ...{ scenario, seed, run, idle, outcomes, ledgers },
      survived: survival.outcome().kept,
    }),
    chronicle: chronicleOf({ scenario, recorder, idleRecorder, ledgers, happenings, conduct }),
  };
}

function chronicleOf(made: {
  readonly scenario: Scenario;
  readonly recorder: Recorder;
  readonly idleRecorder: Recorder;
  readonly ledgers: Ledgers | null;
  readonly happenings: Happenings;
  readonly conduct: Conduct;
}): Chronicle {
  const { scenario, recorder, idleRecorder, ledgers, happenings, conduct } = made;
  return {
    intervalMs: intervalOf(scenario.durationMs),
    withControl: new Map([...recorder.series(), ...moneySeries(scenario, ledgers?.own)]),
    withoutControl: new Map([...idleRecorder.series(), ...moneySeries(scenario, ledgers?.idle)]),
    worst: recorder.worst,
    happenings: happenings.kept,
    leftOut: happenings.leftOut,
    commands: commandsOf(conduct),
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
    const problem = { file, line: null, column: null, path: 'sites', reason };
    throw new ScenarioError({ code: 'scenario_invalid', file, problems: [problem] });
  }
}
