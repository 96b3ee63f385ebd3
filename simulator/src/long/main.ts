import { DAY_MS } from '@tieline/kernel';
import { shippedScenario } from '../scenario/adapters/scenario-files.ts';
import { runScenario } from '../scenario/run-scenario.ts';
import type { Scenario } from '../scenario/scenario.ts';

/**
 * The long promise, `npm run sim:long`: a virtual day of three agents and the control plane with one-second
 * cycles, twice with seed 1, which must give the same trace, and once with seed 2, which must not. Each day must
 * keep what the evening peak expects.
 * Exit codes: 0 kept, 2 usage, 8 broken.
 */
async function main(args: readonly string[]): Promise<number> {
  if (args.length > 0) {
    process.stderr.write('usage: npm run sim:long   (it takes no options, and some minutes)\n');
    return args[0] === '--help' ? 0 : 2;
  }
  const traces: string[] = [];
  const broken: string[] = [];
  for (const seed of [1, 1, 2]) {
    const startMs = performance.now();
    const { report } = await runScenario(DAY, { seed, onProgress: progressOf(seed) });
    const realS = Number(((performance.now() - startMs) / 1_000).toFixed(1));
    process.stdout.write(`${JSON.stringify({ ...report, realS })}\n`);
    traces.push(report.trace);
    for (const { expected, kept, seen } of report.expectations) {
      if (!kept) broken.push(`✗ seed ${seed}: expected ${expected}; seen: ${seen}\n`);
    }
  }
  const [first, again, other] = traces;
  const [same, differs] = [first === again, first !== other];
  process.stdout.write(
    `${same ? '✓' : '✗'} seed 1 twice: ${same ? 'the same trace' : 'traces differ'}\n` +
      `${differs ? '✓' : '✗'} seed 2: ${differs ? 'another trace' : 'the same trace'}\n` +
      (broken.length === 0 ? '✓ every expectation kept\n' : broken.join('')),
  );
  return same && differs && broken.length === 0 ? 0 : 8;
}

/** The sites of the evening peak, from midnight to midnight. */
const DAY: Scenario = {
  ...shippedScenario('evening-peak'),
  startMs: Date.UTC(2026, 2, 3),
  durationMs: DAY_MS,
};

/** On a line of its own that is written over, and only where somebody looks. */
function progressOf(seed: number): (done: number) => void {
  return (done) => {
    if (!process.stderr.isTTY) return;
    process.stderr.write(`\rseed ${seed}: ${(done * 100).toFixed(0)} %${done < 1 ? '' : '\n'}`);
  };
}

process.exitCode = await main(process.argv.slice(2));
