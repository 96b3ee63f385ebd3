import { availableParallelism } from 'node:os';
import {
  githubAnnotations,
  type Outcome,
  type RunReport,
  reproducing,
  runScenarios,
  type Scenario,
  type ScenarioRun,
  writeReports,
} from '@tieline/simulator';
import { CliError, EXIT } from '../exit.ts';
import { parseCount } from '../input/quantities.ts';
import { readScenarios, scenarioProblem } from '../input/scenarios.ts';
import type { simRun } from '../table/sim.ts';
import type { GlobalFlags, Verb } from '../table/spec.ts';
import { duration, fixed, instant, kilowatts } from '../text/humane.ts';
import { layoutFacts, layoutTable, type Row } from '../text/layout.ts';
import { paint } from '../text/paint.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';

const SEED_MAX = 2 ** 31 - 1;
const WORKERS_MAX = 256;

export const run: Verb<typeof simRun> = async ({ flags, operands, global, world }) => {
  const seed = flags.seed === undefined ? undefined : parseCount('--seed', flags.seed, 0, SEED_MAX);
  const workers =
    flags.workers === undefined
      ? availableParallelism()
      : parseCount('--workers', flags.workers, 1, WORKERS_MAX);
  const scenarios = readScenarios(operands.scenario ?? 'evening-peak');
  const runs: ScenarioRun[] = [];
  try {
    const playing = runScenarios(scenarios, {
      ...{ seed, workers, signal: world.interrupted },
      onProgress: progress(scenarios, global, world),
    });
    for await (const played of playing) {
      runs.push(played);
      if (global.json) printJson(world, { ...played.report });
      else printReport(world, played.report);
    }
  } catch (thrown) {
    throw scenarioProblem(thrown) ?? thrown;
  } finally {
    // After an interrupt too: what there is.
    if (flags.out !== undefined) writeReports(flags.out, runs);
  }
  if (world.interrupted.aborted) {
    throw new CliError(EXIT.interrupted, { code: 'interrupted', what: 'Interrupted' });
  }
  const reports = runs.map(({ report }) => report);
  const failed = reports.filter(({ passed }) => !passed);
  if (!global.json && scenarios.length > 1) printVerdict(world, reports);
  if (!global.json && world.env['GITHUB_ACTIONS'] === 'true') {
    world.stdout.write(githubAnnotations(reports));
  }
  return failed.length === 0 ? EXIT.ok : EXIT.expectationFailed;
};

function progress(
  scenarios: readonly Scenario[],
  global: GlobalFlags,
  world: World,
): (done: number) => void {
  const what = scenarios.length === 1 ? scenarios[0]?.name : `${scenarios.length} scenarios`;
  return (done) => {
    if (global.quiet || !world.stderr.isTerminal) return;
    world.stderr.write(`\r${what}: ${(done * 100).toFixed(0)} %${done < 1 ? '' : '\n'}`);
  };
}

/** Expectations first, worst first; then the figures; then how to see a failure again. */
function printReport(world: World, report: RunReport): void {
  const { colour } = world.stdout;
  const { scenario, about, passed, mustFail, expectations } = report;
  const verdict = `${passed ? '✓' : '✗'} ${scenario}${mustFail ? ' (must fail)' : ''}`;
  world.stdout.write(`${paint(verdict, passed ? 'strong' : 'alarm', colour)}\n  ${about}\n\n`);
  const ordered = expectations.toSorted((a, b) => Number(a.kept) - Number(b.kept));
  const columns = [{ header: 'EXPECTED' }, { header: 'SEEN' }, { header: 'HEADROOM' }] as const;
  world.stdout.write(layoutTable(columns, ordered.map(expectationRow), colour));
  world.stdout.write(`\n${layoutFacts(factsOf(report), colour)}`);
  if (!passed) world.stdout.write(layoutFacts([['again', reproducing(report)]], colour));
  world.stdout.write('\n');
}

function expectationRow({ expected, kept, seen, headroom }: Outcome): Row {
  const room = headroom === null ? '' : `${Number(headroom.toPrecision(4))}`;
  return { cells: [expected, seen, room], tone: kept ? 'normal' : 'alarm' };
}

function factsOf(report: RunReport): readonly (readonly [string, string])[] {
  const { seed, agents, startMs, durationMs, sites, audit } = report;
  return [
    [
      'simulated',
      `${duration(durationMs)} from ${instant(startMs)}, seed ${seed}, ${agents} agents`,
    ],
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

function printVerdict(world: World, reports: readonly RunReport[]): void {
  const failed = reports.filter(({ passed }) => !passed);
  const said =
    failed.length === 0
      ? `✓ ${reports.length} scenarios keep their promises`
      : `✗ ${failed.length} of ${reports.length} scenarios fail: ${failed.map(({ scenario }) => scenario).join(', ')}`;
  const tone = failed.length === 0 ? 'strong' : 'alarm';
  world.stdout.write(`${paint(said, tone, world.stdout.colour)}\n`);
}
