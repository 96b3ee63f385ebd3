import { DAY_MS } from '@tieline/kernel';
import { eveningPeak, VirtualRun } from '@tieline/simulator';
import { median } from './measure.ts';
import type { Bench } from './row.ts';

const ROUNDS = 5;
const ROUND_MS = 10 * 60_000;
/** Five of them are a day. */
const ROUND_FULL_MS = DAY_MS / ROUNDS;
const SETTLED_MS = 10 * 60_000;

/** A whole deployment in one process: three production agents and the control plane, one-second cycles. */
export const virtualTimeBench: Bench = {
  name: 'virtual time',
  async run({ full }) {
    const roundMs = full ? ROUND_FULL_MS : ROUND_MS;
    const startMs = Date.UTC(2026, 2, 3, 18);
    using run = new VirtualRun({ simulated: eveningPeak(), seed: 1, startMs, control: true });
    // Births, policies and models are over by then, and the code is warm.
    await run.advance(SETTLED_MS);
    const speeds: number[] = [];
    const cpuSpeeds: number[] = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const cpuBefore = process.cpuUsage();
      const startedMs = performance.now();
      await run.advance(roundMs);
      const tookMs = performance.now() - startedMs;
      const { user, system } = process.cpuUsage(cpuBefore);
      speeds.push(roundMs / tookMs);
      cpuSpeeds.push(roundMs / ((user + system) / 1_000));
    }
    await run.stop();
    const [speed, cpuSpeed] = [median(speeds), median(cpuSpeeds)];
    return [
      {
        figure: 'virtual time, three agents and the control plane',
        unit: 's/s',
        value: speed,
        best: Math.max(...speeds),
        baseline: 'real time, by definition',
        baselineValue: 1,
        ratio: speed,
        aim: '≥ 1,000 ×',
        note: `${Math.round(cpuSpeed)} s for each second of processor time, all threads counted`,
      },
    ];
  },
};
