import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { MessageBus } from '@tieline/bus';
import { CYCLE_MS, EdgeAgent } from '@tieline/edge-agent';
import { packModel, SHIPPED_FORECAST_DIRECTORY, workerInference } from '@tieline/inference';
import { type Clock, silentLogger, systemRng } from '@tieline/kernel';
import { virtualDevices } from '@tieline/simulator';
import { benchSite, openStore } from './bench-site.ts';
import { quantile } from './measure.ts';
import type { Bench } from './row.ts';

/** An hour and a half of the evening; the first half hour warms the code and fills the model's window. */
const CYCLES = 5_400;
const WARM_CYCLES = 1_800;
const START_MS = Date.UTC(2026, 2, 3, 17, 30);

/**
 * The production agent, cycle by cycle without the second between: devices that answer at once, its store in a
 * real file, its model in a worker, a bus that takes everything it has to say.
 */
export const controlCycleBench: Bench = {
  name: 'control cycle',
  async run() {
    const folder = mkdtempSync(join(tmpdir(), 'tieline-bench-cycle-'));
    const tookMs = await runCycles(folder);
    rmSync(folder, { recursive: true });
    const counted = tookMs.slice(WARM_CYCLES);
    const p99Ms = quantile(counted, 0.99);
    const p50Ms = quantile(counted, 0.5);
    return [
      {
        figure: 'control cycle without device I/O, p99',
        unit: 'ms',
        value: p99Ms,
        baseline: 'the one-second cycle, by definition',
        baselineValue: CYCLE_MS,
        ratio: p99Ms / CYCLE_MS,
        aim: '≤ 5 ms',
        note: `p50 ${p50Ms.toFixed(3)} ms; from the wake-up of the cycle until it sleeps again: freeze, model in its worker, decide, commit, actuate, begin of what is sent`,
      },
    ];
  },
};

async function runCycles(folder: string): Promise<readonly number[]> {
  const stop = new AbortController();
  const clock = new StridingClock(stop);
  const site = benchSite(START_MS, clock);
  clock.onStride = () => {
    site.devices.follow();
    site.plant.step(clock.wallMs());
  };
  const store = openStore(site, join(folder, 'agent.sqlite'));
  store.putDocument('policy', { version: 1, bytes: site.provisioned.policyBytes });
  store.setLastGoodModel(packModel(SHIPPED_FORECAST_DIRECTORY));
  const agent = new EdgeAgent(
    {
      clock,
      rng: systemRng(),
      logger: silentLogger,
      bus: new OpenEar(),
      store,
      devices: virtualDevices(site.devices.models, clock),
      inference: workerInference({ deadlineMs: 1_000, logger: silentLogger }),
    },
    site.identity,
  );
  await agent.run(stop.signal);
  store.close();
  return clock.tookMs;
}

/** Strides from cycle to cycle; times what passes between the end of one sleep and the begin of the next. */
class StridingClock implements Clock {
  readonly tookMs: number[] = [];
  /** Called between two cycles, untimed. */
  onStride: () => void = () => {};
  readonly #stop: AbortController;
  #nowMs = 0;
  #wokeMs: number | null = null;

  constructor(stop: AbortController) {
    this.#stop = stop;
  }

  wallMs(): number {
    return START_MS + this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs;
  }

  async sleepUntil(dueMs: number): Promise<void> {
    if (this.#wokeMs !== null) this.tookMs.push(performance.now() - this.#wokeMs);
    if (this.tookMs.length >= CYCLES) this.#stop.abort();
    // In the second that is left out here, what the cycle began to send would have gone out.
    await turn();
    this.#nowMs = Math.max(this.#nowMs, dueMs);
    this.onStride();
    this.#wokeMs = performance.now();
  }
}

/** A bus that is up, and takes every message at once. */
class OpenEar implements MessageBus {
  isUp = false;

  start(session: Parameters<MessageBus['start']>[0]): void {
    this.isUp = true;
    session.onUp();
  }

  async publish(): Promise<void> {}

  async stop(): Promise<void> {
    this.isUp = false;
  }
}
