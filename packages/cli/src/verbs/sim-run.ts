import { QUARTER_HOUR_MS } from '@tieline/kernel';
import { eveningPeak, type Trace, VirtualRun } from '@tieline/simulator';
import { CliError, EXIT, usageError } from '../exit.ts';
import { parseCount, parseDurationMs } from '../input/quantities.ts';
import type { simRun } from '../table/sim.ts';
import type { Verb } from '../table/spec.ts';
import { duration, fixed, instant, kilowatts } from '../text/humane.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';

const SCENARIO = 'evening-peak';
const START_MS = Date.UTC(2026, 2, 3, 18);
const STEP_MS = 1_000;
const DEFAULT_MS = 3_600_000;
/** Between two looks at an interrupt, and two lines of progress. */
const STRETCH_MS = 900_000;
const SEED_MAX = 2 ** 31 - 1;

export const run: Verb<typeof simRun> = async ({ flags, global, world }) => {
  const simulatedMs = flags.for === undefined ? DEFAULT_MS : parseDurationMs('--for', flags.for);
  if (simulatedMs < STEP_MS) throw usageError('--for is shorter than a step of the plant, 1 s');
  const seed = flags.seed === undefined ? 1 : parseCount('--seed', flags.seed, 0, SEED_MAX);
  const control = !flags['without-control'];
  const simulation = new VirtualRun({
    simulated: eveningPeak(),
    seed,
    startMs: START_MS,
    control,
  });
  try {
    await advance(simulation, simulatedMs, global.quiet, world);
  } finally {
    await simulation.stop();
  }
  const { trace } = simulation;
  const result = {
    scenario: SCENARIO,
    seed,
    control,
    startMs: START_MS,
    simulatedMs,
    steps: trace.steps,
    digest: trace.digest(),
    ...peaksOf(trace, simulatedMs),
    minVoltagePu: trace.minVoltagePu,
  };
  if (global.json) {
    printJson(world, { schema: 'tieline.sim-run/1', ...result });
    return EXIT.ok;
  }
  const facts = [
    ['scenario', `${SCENARIO}, seed ${seed}, control ${control ? 'on' : 'off'}`],
    ['simulated', `${duration(simulatedMs)} from ${instant(START_MS)}, ${trace.steps} steps`],
    ...peakFacts(result),
    ['lowest', `${fixed(result.minVoltagePu, 4)} pu`],
    ['digest', result.digest],
  ] as const;
  world.stdout.write(layoutFacts(facts, world.stdout.colour));
  return EXIT.ok;
};

interface Peaks {
  /** Highest mean import of a whole quarter hour, kW; null where the run holds none. */
  readonly peakImportKw: number | null;
  readonly sitePeaksKw: Readonly<Record<string, number>> | null;
}

function peaksOf(trace: Trace, simulatedMs: number): Peaks {
  // A quarter hour counts once the step after it was seen.
  if (simulatedMs <= QUARTER_HOUR_MS) return { peakImportKw: null, sitePeaksKw: null };
  return { peakImportKw: trace.peakImportKw, sitePeaksKw: trace.sitePeaksKw() };
}

function peakFacts({ peakImportKw, sitePeaksKw }: Peaks): readonly (readonly [string, string])[] {
  if (peakImportKw === null) return [['peak', 'no whole quarter hour in this run']];
  return [
    ['peak', `${kilowatts(peakImportKw)} import of the feeder (quarter-hour mean)`],
    ...Object.entries(sitePeaksKw ?? {}).map(([site, peakKw]): [string, string] => [
      `  ${site}`,
      kilowatts(peakKw),
    ]),
  ];
}

async function advance(
  simulation: VirtualRun,
  simulatedMs: number,
  quiet: boolean,
  world: World,
): Promise<void> {
  for (let doneMs = 0; doneMs < simulatedMs; ) {
    if (world.interrupted.aborted) {
      throw new CliError(EXIT.interrupted, { code: 'interrupted', what: 'Interrupted' });
    }
    const stretchMs = Math.min(STRETCH_MS, simulatedMs - doneMs);
    await simulation.advance(stretchMs);
    doneMs += stretchMs;
    if (!quiet && world.stderr.isTerminal) {
      const line = `${instant(START_MS + doneMs)}  import ${kilowatts(simulation.plant.feeder.importKw)}`;
      world.stderr.write(`\r${line.padEnd(60)}${doneMs < simulatedMs ? '' : '\n'}`);
    }
  }
}
