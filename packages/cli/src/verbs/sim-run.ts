import { countOf } from '@tieline/kernel';
import {
  byScenario,
  byScenarioAndSeed,
  counted,
  githubAnnotations,
  type Naming,
  type Outcome,
  ReportFiles,
  type RunReport,
  reproducing,
} from '@tieline/simulator';
import { EXIT, type Fact, usageError } from '../exit.ts';
import { liveOf } from '../input/live.ts';
import { playScenarios, workersOf } from '../input/play.ts';
import { readScenarios } from '../input/scenarios.ts';
import { seedsOf, withSeeds } from '../input/seeds.ts';
import type { simRun } from '../table/sim.ts';
import type { Verb } from '../table/spec.ts';
import { duration, fixed, instant, kilowatts } from '../text/humane.ts';
import { layoutFacts, layoutTable, type Row } from '../text/layout.ts';
import { paint } from '../text/paint.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';

export const run: Verb<typeof simRun> = async ({ flags, operands, global, world }) => {
  const live = await liveOf(flags, world);
  const seeds = flags.seed === undefined ? [] : seedsOf(flags.seed);
  if (live && seeds.length > 1) throw usageError('--seed: with --live one at a time');
  const workers = workersOf(flags.workers);
  const read = readScenarios(operands.scenario ?? 'evening-peak', live && 'live');
  const scenarios = flags.seed === undefined ? read : withSeeds(read, seeds);
  // Now, and not when there is something to write.
  if (flags.out !== undefined) await world.makeFolder(flags.out);
  const naming = seeds.length > 1 ? byScenarioAndSeed : byScenario;
  const files = flags.out === undefined ? null : new ReportFiles(flags.out, naming);
  const reports: RunReport[] = [];
  try {
    for await (const played of playScenarios({ scenarios, workers, live }, global, world)) {
      files?.add(played);
      reports.push(played.report);
      if (global.json) printJson(world, { ...played.report });
      else printReport(world, played.report);
    }
  } finally {
    // After an interrupt too: what there is.
    files?.close(scenarios.length - reports.length);
  }
  const failed = reports.filter(({ passed }) => !passed);
  if (!global.json && scenarios.length > 1) printVerdict(world, reports, naming);
  if (!global.json && world.env['GITHUB_ACTIONS'] === 'true') {
    world.stdout.write(githubAnnotations(reports));
  }
  return failed.length === 0 ? EXIT.ok : EXIT.expectationFailed;
};

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
  if (!passed) world.stdout.write(layoutFacts(failureFacts(report), colour));
  world.stdout.write('\n');
}

/** What the process that ended said last, where one did, and how to see the failure again. */
function failureFacts(report: RunReport): readonly Fact[] {
  const log = report.live?.ended?.log ?? [];
  const said = log.map((line, at): Fact => [at === 0 ? 'it said' : '', line]);
  return [...said, ['again', reproducing(report)]];
}

function expectationRow({ expected, kept, seen, headroom }: Outcome): Row {
  const room = headroom === null ? '' : `${Number(headroom.toPrecision(4))}`;
  return { cells: [expected, seen, room], tone: kept ? 'normal' : 'alarm' };
}

/** Of hundreds of sites a person reads the first. */
const SITES_SHOWN = 12;

function factsOf(report: RunReport): readonly (readonly [string, string])[] {
  const { seed, agents, startMs, durationMs, sites, audit, live } = report;
  const how = live === undefined ? '' : `, live at ${live.rate} times real time`;
  const more = sites.length - SITES_SHOWN;
  return [
    [
      'simulated',
      `${duration(durationMs)} from ${instant(startMs)}, seed ${seed}, ${countOf(agents, 'agent')}${how}`,
    ],
    ['peak', `${peakWords(report.peakImportKw)} (highest quarter-hour mean import of the feeder)`],
    ...sites
      .slice(0, SITES_SHOWN)
      .map(({ site, limitKw, peakImportKw }): [string, string] => [
        `  ${site}`,
        `${peakWords(peakImportKw)}, limit ${kilowatts(limitKw)}`,
      ]),
    ...(more > 0 ? ([['', `${countOf(more, 'more site')} in run.json`]] as const) : []),
    ...billFacts(report),
    ['lowest', `${fixed(report.minVoltagePu, 4)} pu`],
    ['audit', `${countOf(audit.records, 'record')}, ${audit.receipted} receipted`],
    ['trace', report.trace],
  ];
}

function billFacts({ economics }: RunReport): readonly (readonly [string, string])[] {
  if (economics === undefined) return [];
  const { currency, feeder, sites } = economics;
  const words = ({ withControl, withoutControl, movedKwh, movedShare }: typeof feeder): string =>
    `${fixed(withControl.total, 2)} ${currency}, without control ${fixed(withoutControl.total, 2)} ${currency}; ` +
    `${fixed(movedKwh, 1)} kWh moved, ${fixed(movedShare * 100, 1)} % of the load`;
  return [
    ['bill', words(feeder)],
    ...sites.slice(0, SITES_SHOWN).map((one): [string, string] => [`  ${one.site}`, words(one)]),
  ];
}

function peakWords({ withControl, withoutControl }: RunReport['peakImportKw']): string {
  if (withControl === null || withoutControl === null) return 'no whole quarter hour';
  return `${kilowatts(withControl)}, without control ${kilowatts(withoutControl)}`;
}

function printVerdict(world: World, reports: readonly RunReport[], naming: Naming): void {
  const failed = reports.filter(({ passed }) => !passed);
  const said =
    failed.length === 0
      ? `✓ ${counted(reports)} keep their promises`
      : `✗ ${failed.length} of ${counted(reports)} fail: ${failed.map(naming).join(', ')}`;
  const tone = failed.length === 0 ? 'strong' : 'alarm';
  world.stdout.write(`${paint(said, tone, world.stdout.colour)}\n`);
}
