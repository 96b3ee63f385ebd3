import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { countOf, shellWord } from '@tieline/kernel';
import { type FuzzFind, type FuzzOutcome, type FuzzTally, fuzz } from '@tieline/simulator';
import { CliError, EXIT } from '../exit.ts';
import { parseCount, parseDurationMs } from '../input/quantities.ts';
import type { simFuzz } from '../table/sim.ts';
import type { GlobalFlags, Verb } from '../table/spec.ts';
import { duration } from '../text/humane.ts';
import { layoutFacts } from '../text/layout.ts';
import { paint } from '../text/paint.ts';
import { printJson } from '../text/print.ts';
import type { World } from '../world.ts';

const SEED_MAX = 2 ** 31 - 1;
const RUNS_MAX = 1_000_000;
const WORKERS_MAX = 256;
/** Where neither runs nor a time were named. */
const FOR_MS = 60_000;

export const run: Verb<typeof simFuzz> = async ({ flags, global, world }) => {
  const seed =
    flags.seed === undefined
      ? (await world.rng()).stream('fuzz').below(SEED_MAX)
      : parseCount('--seed', flags.seed, 0, SEED_MAX);
  const runs = flags.runs === undefined ? null : parseCount('--runs', flags.runs, 1, RUNS_MAX);
  const given = flags.for === undefined ? null : parseDurationMs('--for', flags.for);
  const workers =
    flags.workers === undefined
      ? availableParallelism()
      : parseCount('--workers', flags.workers, 1, WORKERS_MAX);
  // Now, and not when there is something to write.
  if (flags.out !== undefined) await world.makeFolder(flags.out);
  const outcome = await fuzz({
    ...{ seed, workers, signal: world.interrupted },
    runsMax: runs ?? RUNS_MAX,
    forMs: given ?? (runs === null ? FOR_MS : null),
    onProgress: progress(global, world),
  });
  if (!global.quiet && world.stderr.isTerminal) world.stderr.write('\n');
  const { found } = outcome;
  const file = found === null ? null : await written(found, flags.out ?? '', world);
  if (global.json) printJson(world, jsonOf(seed, outcome, file));
  else printOutcome(seed, outcome, file, world);
  if (world.interrupted.aborted) {
    throw new CliError(EXIT.interrupted, { code: 'interrupted', what: 'Interrupted' });
  }
  return found === null ? EXIT.ok : EXIT.expectationFailed;
};

function progress(global: GlobalFlags, world: World): (tally: FuzzTally) => void {
  return (tally) => {
    if (global.quiet || !world.stderr.isTerminal) return;
    const { shrinking } = tally;
    const then =
      shrinking === null ? '' : `; a promise is broken, by ${countOf(shrinking, 'event')} so far`;
    // Wider than whatever stood there.
    world.stderr.write(`\r${`${tallyWords(tally)}${then}`.padEnd(100)}`);
  };
}

function tallyWords({ runs, events, simulatedMs }: FuzzTally): string {
  return `${countOf(runs, 'run')}, ${countOf(events, 'event')}, ${duration(simulatedMs)} simulated`;
}

/** Under a name that nothing has yet: a find of an hour is not lost to one of yesterday. */
async function written({ name, text }: FuzzFind, folder: string, world: World): Promise<string> {
  const pathOf = (nr: number): string => join(folder, `${name}${nr === 1 ? '' : `-${nr}`}.yaml`);
  let nr = 1;
  while (await world.exists(pathOf(nr))) nr += 1;
  try {
    await world.create(pathOf(nr), [new TextEncoder().encode(text)], 0o644);
  } catch (thrown) {
    world.stdout.write(text);
    throw thrown;
  }
  return pathOf(nr);
}

function jsonOf(seed: number, outcome: FuzzOutcome, file: string | null) {
  const { runs, events, simulatedMs, found } = outcome;
  const made = found === null ? null : { ...found, file };
  return { schema: 'tieline.fuzz/1', seed, runs, events, simulatedMs, found: made };
}

function printOutcome(seed: number, outcome: FuzzOutcome, file: string | null, world: World): void {
  const { colour } = world.stdout;
  const { found } = outcome;
  if (found !== null && file !== null) {
    const { breach, index, events } = found;
    const broken = `✗ ${breach.promise}`;
    world.stdout.write(`${paint(broken, 'alarm', colour)}\n`);
    const facts = [
      ['seen', breach.seen.split('\n')[0] ?? ''],
      ['drawn', `index ${index} of seed ${seed}, with ${countOf(events.drawn, 'event')}`],
      ['shrunk', `to ${countOf(events.smallest, 'event')}: ${file}`],
      ['again', `tieline sim run ${shellWord(file)}`],
    ] as const;
    world.stdout.write(layoutFacts(facts, colour));
  }
  const verdict = found === null ? '✓ nothing found' : '✗ 1 found';
  const said = `${verdict}: ${tallyWords(outcome)}, seed ${seed}`;
  world.stdout.write(`${paint(said, found === null ? 'strong' : 'alarm', colour)}\n`);
}
