import {
  directInference,
  FeatureWindow,
  type Inference,
  packModel,
  SHIPPED_FORECAST_DIRECTORY,
  workerInference,
} from '@tieline/inference';
import { silentLogger } from '@tieline/kernel';
import { quantile } from './measure.ts';
import type { Bench } from './row.ts';

const RUNS = 3_000;
/** The two sides take turns this often, so that both meet the same moods of the machine. */
const RUNS_A_TURN = 250;

/** One forecast, as a gateway makes it each cycle: checked features in, checked value out. */
export const inferenceBench: Bench = {
  name: 'one forecast across the worker',
  async run() {
    const packed = packModel(SHIPPED_FORECAST_DIRECTORY);
    const features = eveningFeatures();
    const direct = await side(directInference(), packed, features);
    const worker = await side(
      workerInference({ deadlineMs: 1_000, logger: silentLogger }),
      packed,
      features,
    );
    for (let run = 0; run < RUNS; run += RUNS_A_TURN) {
      for (const each of [direct, worker]) await each.take(RUNS_A_TURN);
    }
    const [value, baselineValue] = [await worker.close(), await direct.close()];
    return [
      {
        figure: 'one forecast across the worker, p99',
        unit: 'ms',
        value,
        baseline: 'the same session in the calling thread, p99',
        baselineValue,
        ratio: value / baselineValue,
        aim: '≤ 5 ms',
      },
    ];
  },
};

async function side(inference: Inference, packed: Uint8Array, features: readonly number[]) {
  const session = await inference.load(packed);
  const tookMs: number[] = [];
  return {
    async take(runs: number): Promise<void> {
      for (let run = 0; run < runs; run += 1) {
        const startedMs = performance.now();
        const result = await session.infer(features);
        tookMs.push(performance.now() - startedMs);
        if (!result.ok) throw new Error(`${result.reason}: ${result.detail}`);
      }
    },
    async close(): Promise<number> {
      await session.close();
      return quantile(tookMs, 0.99);
    },
  };
}

function eveningFeatures(): number[] {
  const window = new FeatureWindow({ importKw: 400, pvKw: 150 });
  const startMs = Date.UTC(2026, 0, 5, 17);
  for (let second = 0; second < 3_600; second += 1) {
    const tMs = startMs + second * 1_000;
    window.add({ tMs, uncontrolledImportKw: 280 + second / 60, pvKw: 0 });
  }
  const features = window.features();
  if (features === null) throw new Error('an hour of samples gives features');
  return features;
}
