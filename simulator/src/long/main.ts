import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { DAY_MS } from '@tieline/kernel';
import { readScenario, shippedScenario } from '../scenario/adapters/scenario-files.ts';
import { runScenario } from '../scenario/run-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';
import { libraryOfSeeds } from './library.ts';
import { type DayOfMemory, simulatedWeek } from './simulated-week.ts';
import { brokenIn, type Verdict } from './verdict.ts';
import { weekTable } from './week-table.ts';

/**
 * The long promises, `npm run sim:long`:
 * a virtual week of three agents and the control plane with one-second cycles, whose memory must stay as it is, which only
 * a fresh process shows; a day of them twice with seed 1, which must give the same trace, and once with seed 2, which must
 * not; local days of 92 and 100 quarter hours; two hundred agents; and every scenario that ships, with seeds that no file
 * names. Each day and each scenario must keep what it expects.
 * Exit codes: 0 kept, 2 usage, 8 broken.
 */
async function main(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    process.stderr.write('usage: npm run sim:long   (it takes no options, and some minutes)\n');
    return args[0] === '--help' ? 0 : 2;
  }
  const verdicts = [
    ...(await week()),
    ...(await days()),
    ...(await fleets()),
    ...(await libraryOfSeeds((seed, done) => progressOf(`library, seed ${seed}`)(done))),
  ];
  for (const { kept, what } of verdicts) process.stdout.write(`${kept ? '✓' : '✗'} ${what}\n`);
  return verdicts.every(({ kept }) => kept) ? 0 : 8;
}

/** The sites of the evening peak, from midnight to midnight. */
const DAY: Scenario = {
  ...shippedScenario('evening-peak'),
  startMs: Date.UTC(2026, 2, 3),
  durationMs: DAY_MS,
};

async function days(): Promise<readonly Verdict[]> {
  const traces: string[] = [];
  const verdicts: Verdict[] = [];
  for (const seed of [1, 1, 2]) {
    const played = await play(DAY, seed);
    traces.push(played.trace);
    verdicts.push(...played.verdicts);
  }
  const [first, again, other] = traces;
  return [
    { kept: first === again, what: 'seed 1 twice gives the same trace' },
    { kept: first !== other, what: 'seed 2 gives another trace' },
    ...verdicts,
  ];
}

async function fleets(): Promise<readonly Verdict[]> {
  const folder = fileURLToPath(new URL('./scenarios/', import.meta.url));
  const verdicts: Verdict[] = [];
  for (const file of readdirSync(folder).sort()) {
    const scenario = readScenario(`${folder}${file}`, file);
    verdicts.push(...(await play(scenario, scenario.seed)).verdicts);
  }
  return verdicts;
}

async function week(): Promise<readonly Verdict[]> {
  const days = await simulatedWeek(progressOf('week'));
  process.stdout.write(`${weekTable(days)}\n`);
  return [
    holds('heap', days, ({ heapMb }) => heapMb),
    holds('resident memory', days, ({ residentMb }) => residentMb),
  ];
}

/**
 * Between the first day and the last. What does not grow varies by two percent. The smallest store is that of a gateway,
 * some 15 MB a day, of a process of some 170 MB: that alone, kept in memory, would make it half as large again.
 */
const GROWTH_MAX = 1.25;

function holds(
  what: string,
  days: readonly DayOfMemory[],
  mbOf: (day: DayOfMemory) => number,
): Verdict {
  const [first = Number.NaN, last = Number.NaN] = [days[0], days.at(-1)].map((day) =>
    day === undefined ? Number.NaN : mbOf(day),
  );
  const seen = `${first.toFixed(0)} MB after its first day, ${last.toFixed(0)} MB at its end`;
  return { kept: last <= GROWTH_MAX * first, what: `a week holds its ${what}: ${seen}` };
}

async function play(
  scenario: Scenario,
  seed: number,
): Promise<{ readonly trace: string; readonly verdicts: readonly Verdict[] }> {
  const startMs = performance.now();
  const name = `${scenario.name}, seed ${seed}`;
  const { report } = await runScenario(scenario, { seed, onProgress: progressOf(name) });
  const realS = Number(((performance.now() - startMs) / 1_000).toFixed(1));
  process.stdout.write(`${JSON.stringify({ ...report, realS })}\n`);
  const broken = brokenIn(report, name);
  const all = { kept: true, what: `${name}: every expectation` };
  return { trace: report.trace, verdicts: broken.length === 0 ? [all] : broken };
}

/** On a line of its own that is written over, and only where somebody looks. */
function progressOf(what: string): (done: number) => void {
  return (done) => {
    if (!process.stderr.isTTY) return;
    process.stderr.write(`\r${what}: ${(done * 100).toFixed(0)} %${done < 1 ? '' : '\n'}`);
  };
}

process.exitCode = await main(process.argv.slice(2));
