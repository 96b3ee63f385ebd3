import {
  branchesBeside,
  embeddedFeeder,
  FEEDER_BYTES_MAX,
  type Feeder,
  type FlowReport,
  feederFromCsv,
  flowReport,
  GridError,
  parseFeeder,
  switched,
} from '@tieline/grid';
import { CliError, EXIT, usageError } from '../exit.ts';
import { textOf } from '../input/files.ts';
import type { simFlow } from '../table/sim.ts';
import type { Verb } from '../table/spec.ts';
import { fixed } from '../text/humane.ts';
import { layoutFacts, layoutTable, type Row } from '../text/layout.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';

export const run: Verb<typeof simFlow> = async ({ flags, operands, global, world }) => {
  const named = await readFeeder(operands.feeder, world);
  const report = solve(operands.feeder, named, flags.close, flags.open);
  if (global.json) printJson(world, { ...report });
  else printFlow(world, report);
  return EXIT.ok;
};

/** A file where there is one of that name or the word looks like a path; else a feeder of the grid room. */
async function readFeeder(word: string, world: World): Promise<Feeder> {
  const isName = /^[a-z0-9-]+$/.test(word) && word !== '-';
  try {
    if (isName) return embeddedFeeder(word);
    const named = async (file: string) => {
      return { file, text: textOf(file, await world.read(file, FEEDER_BYTES_MAX)) };
    };
    const branches = branchesBeside(word);
    if (branches !== null) return feederFromCsv(await named(word), await named(branches));
    return parseFeeder((await named(word)).text);
  } catch (thrown) {
    if (!(thrown instanceof GridError)) throw thrown;
    throw feederProblem(word, thrown);
  }
}

function feederProblem(word: string, error: GridError): CliError {
  const { failure } = error;
  if (failure.code === 'feeder_unknown') {
    return usageError(`There is no feeder '${word}'`, [
      ['known', failure.known.join(' ')],
      ['or', 'a path to a file, such as ./feeder.json'],
    ]);
  }
  if (failure.code === 'csv_invalid') {
    const { file, line, reason } = failure;
    return usageError(`${file} is not half of a feeder`, [
      ...(line === null ? [] : [['line', `${line}`] as const]),
      ['reason', reason],
    ]);
  }
  if (failure.code === 'feeder_invalid') {
    return usageError(`${word} is not a feeder`, [
      ['place', failure.place],
      ['reason', failure.reason],
    ]);
  }
  return usageError(`${word} is not a feeder`, [['reason', error.message]]);
}

function solve(
  word: string,
  feeder: Feeder,
  close: readonly string[],
  open: readonly string[],
): FlowReport {
  const closed = branchesOf(feeder, close);
  const opened = branchesOf(feeder, open);
  const both = closed.find((branch) => opened.includes(branch));
  if (both !== undefined) throw usageError(`Branch '${both}' is to be closed and opened`);
  try {
    const states = new Map([...closed, ...opened].map((id) => [id, closed.includes(id)]));
    return flowReport(switched(feeder, states));
  } catch (thrown) {
    if (!(thrown instanceof GridError)) throw thrown;
    const { failure } = thrown;
    if (failure.code === 'branch_unknown') {
      const ids = feeder.branches.map((branch) => branch.id);
      const known = ids.length > 40 ? [...ids.slice(0, 40), '…'] : ids;
      throw usageError(`${feeder.name} has no branch '${failure.branch}'`, [
        ['known', known.join(' ')],
      ]);
    }
    if (failure.code !== 'flow_diverged') {
      throw usageError(`${word} cannot be solved`, [['reason', thrown.message]]);
    }
    throw new CliError(EXIT.failed, {
      code: failure.code,
      what: `The power flow of ${feeder.name} does not converge`,
      facts: [
        ['worst bus', failure.worstBus],
        ['sweeps', `${failure.iterations}`],
        ['reason', 'the loads are more than the feeder can carry, or an impedance is wrong'],
      ],
    });
  }
}

/** `--close A --close B` and `--close A,B` are the same, unless a branch is really called `A,B`. */
function branchesOf(feeder: Feeder, words: readonly string[]): readonly string[] {
  const known = new Set(feeder.branches.map((branch) => branch.id));
  return words.flatMap((word) => (known.has(word) ? [word] : word.split(',')));
}

const BAND_LOW_PU = 0.95;
const BAND_HIGH_PU = 1.05;

function printFlow(world: World, report: FlowReport): void {
  const { colour } = world.stdout;
  world.stdout.write(
    layoutFacts(
      [
        ['feeder', report.feeder],
        ['import', `${fixed(report.importKw, 1)} kW, ${fixed(report.importKvar, 1)} kvar`],
        ['losses', `${fixed(report.lossKw, 4)} kW, ${fixed(report.lossKvar, 4)} kvar`],
        ['lowest', `${fixed(report.minVoltage.pu, 6)} pu at bus ${report.minVoltage.bus}`],
        ['sweeps', `${report.iterations}`],
      ],
      colour,
    ),
  );
  const depth = (bus: FlowReport['buses'][number]): number =>
    bus.voltagePu === null ? Number.POSITIVE_INFINITY : Math.abs(bus.voltagePu - 1);
  const buses = report.buses.toSorted((a, b) => depth(b) - depth(a) || 0);
  world.stdout.write('\n');
  world.stdout.write(
    layoutTable(
      [
        { header: 'BUS' },
        { header: 'VOLTAGE pu', align: 'right' },
        { header: 'ANGLE °', align: 'right' },
        { header: '' },
      ],
      buses.map(busRow),
      colour,
    ),
  );
  const loaded = report.branches
    .filter((branch) => branch.ratedA !== undefined && branch.currentA > branch.ratedA)
    .map((branch) => `${branch.id} ${fixed(branch.currentA, 0)} of ${branch.ratedA} A`);
  if (loaded.length > 0) {
    world.stdout.write(`\n${layoutFacts([['over rating', loaded.join(', ')]], colour)}`);
  }
}

function busRow(bus: FlowReport['buses'][number]): Row {
  if (bus.voltagePu === null) {
    return { cells: [bus.id, '–', '–', 'not energised'], tone: 'alarm' };
  }
  const outside = bus.voltagePu < BAND_LOW_PU || bus.voltagePu > BAND_HIGH_PU;
  const band = `outside ${fixed(BAND_LOW_PU, 2)} to ${fixed(BAND_HIGH_PU, 2)}`;
  return {
    cells: [bus.id, fixed(bus.voltagePu, 6), fixed(bus.angleDeg, 4), outside ? band : ''],
    tone: outside ? 'warning' : 'normal',
  };
}
