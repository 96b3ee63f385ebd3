import { DAY_MS } from '@tieline/kernel';
import { runScenario } from '../virtual/run-scenario.ts';

/**
 * The long promise, `npm run sim:long`: a virtual day of three agents and the control plane with one-second
 * cycles, twice with seed 1, which must give the same trace, and once with seed 2, which must not.
 */
const results: { seed: number; trace: string; realS: number }[] = [];
for (const seed of [1, 1, 2]) {
  const startMs = performance.now();
  const report = await runScenario({
    seed,
    durationMs: DAY_MS,
    onProgress: (done) => process.stderr.write(`\rseed ${seed}: ${(done * 100).toFixed(0)} %  `),
  });
  const realS = (performance.now() - startMs) / 1_000;
  process.stderr.write('\r');
  process.stdout.write(`${JSON.stringify({ ...report, realS: Number(realS.toFixed(1)) })}\n`);
  results.push({ seed, trace: report.trace, realS });
}
const [first, second, other] = results.map(({ trace }) => trace);
const same = first === second;
const differs = first !== other;
process.stdout.write(
  `${same ? '✓' : '✗'} seed 1 twice: ${same ? 'the same trace' : 'traces differ'}\n` +
    `${differs ? '✓' : '✗'} seed 2: ${differs ? 'another trace' : 'the same trace'}\n`,
);
process.exitCode = same && differs ? 0 : 8;
