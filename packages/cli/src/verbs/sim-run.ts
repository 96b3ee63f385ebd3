import { type RunReport, runScenario } from '@tieline/simulator';
import { CliError, EXIT, usageError } from '../exit.ts';
import { parseCount, parseDurationMs } from '../input/quantities.ts';
import type { simRun } from '../table/sim.ts';
import type { Verb } from '../table/spec.ts';
import { duration, fixed, instant, kilowatts } from '../text/humane.ts';
import { layoutFacts } from '../text/layout.ts';
import { printJson } from '../text/print.ts';

const DEFAULT_MS = 3_600_000;
const STEP_MS = 1_000;
const SEED_MAX = 2 ** 31 - 1;

export const run: Verb<typeof simRun> = async ({ flags, global, world }) => {
  const durationMs = flags.for === undefined ? DEFAULT_MS : parseDurationMs('--for', flags.for);
  if (durationMs < STEP_MS) throw usageError('--for is shorter than a step of the plant, 1 s');
  const seed = flags.seed === undefined ? 1 : parseCount('--seed', flags.seed, 0, SEED_MAX);
  const report = await runScenario({
    seed,
    durationMs,
    onProgress: (done) => {
      if (world.interrupted.aborted) {
        throw new CliError(EXIT.interrupted, { code: 'interrupted', what: 'Interrupted' });
      }
      if (global.quiet || !world.stderr.isTerminal) return;
      world.stderr.write(`\rsimulated ${(done * 100).toFixed(0)} %${done < 1 ? '' : '\n'}`);
    },
  });
  if (global.json) printJson(world, { ...report });
  else world.stdout.write(layoutFacts(factsOf(report), world.stdout.colour));
  return EXIT.ok;
};

function factsOf(report: RunReport): readonly (readonly [string, string])[] {
  const { scenario, seed, agents, startMs, durationMs, sites, audit } = report;
  return [
    ['scenario', `${scenario}, seed ${seed}, ${agents} agents`],
    ['simulated', `${duration(durationMs)} from ${instant(startMs)}`],
    ['peak', `${peakWords(report.peakImportKw)} (highest quarter-hour mean import of the feeder)`],
    ...sites.map(({ site, limitKw, peakImportKw }): [string, string] => [
      `  ${site}`,
      `${peakWords(peakImportKw)}, limit ${kilowatts(limitKw)}`,
    ]),
    ['lowest', `${fixed(report.minVoltagePu, 4)} pu`],
    ['audit', `${audit.records} records, ${audit.receipted} receipted`],
    ['trace', report.trace],
  ];
}

function peakWords({ withControl, withoutControl }: RunReport['peakImportKw']): string {
  if (withControl === null || withoutControl === null) return 'no whole quarter hour';
  return `${kilowatts(withControl)}, without control ${kilowatts(withoutControl)}`;
}
