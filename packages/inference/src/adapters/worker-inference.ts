import { Worker } from 'node:worker_threads';
import { type Logger, messageOf } from '@tieline/kernel';
import { ModelError } from '../errors.ts';
import type { Inference } from '../inference.ts';
import type { ModelPackage } from '../model-package.ts';
import { openSession, type Runner, type RunOutcome, type SelfTest } from '../session.ts';
import './no-telemetry.ts';
import { WorkerLink } from './worker-link.ts';

export interface WorkerInferenceOptions {
  /** A run that has not answered after this long, real milliseconds, is `late`. */
  readonly deadlineMs: number;
  readonly logger: Logger;
  /** Makes the worker; a bundle, whose worker entry lies elsewhere, gives its own. */
  readonly spawn?: () => Worker;
}

/** Loading and self-test together may take this long: far above any model that fits a package. */
const START_TIMEOUT_MS = 30_000;
/** What loading and running a model may add to the process's peak of resident memory; the runtime itself takes half. */
const MEMORY_BYTES_MAX = 128 * 1_048_576;
/** A worker that owes an answer for this many deadlines is taken for stuck, and replaced. */
const STUCK_DEADLINES = 20;

/**
 * A session per worker thread. The caller is never blocked and never waits beyond the deadline. A
 * worker that dies or sticks is replaced, warmed and self-tested again while runs answer `crashed`.
 */
export function workerInference(options: WorkerInferenceOptions): Inference {
  return {
    load: (packed) =>
      openSession(packed, async (model, selfTest) => {
        const runner = new WorkerRunner(options, model, selfTest);
        await runner.start();
        return runner;
      }),
  };
}

/** Stuck workers that may linger; above it none is replaced, so that a bad model cannot eat the gateway. */
const LINGERING_MAX = 1;

/** Keeps one worker behind a session. */
class WorkerRunner implements Runner {
  readonly #options: WorkerInferenceOptions;
  readonly #model: ModelPackage;
  readonly #selfTest: SelfTest;
  #link: WorkerLink | null = null;
  #replacing: Promise<void> | null = null;
  readonly #lingering = new Set<WorkerLink>();
  #closed = false;

  constructor(options: WorkerInferenceOptions, model: ModelPackage, selfTest: SelfTest) {
    this.#options = options;
    this.#model = model;
    this.#selfTest = selfTest;
  }

  /** @throws {ModelError} session_failed | self_test_failed; no worker is left behind */
  async start(): Promise<void> {
    const link = new WorkerLink((this.#options.spawn ?? spawnWorker)(), (detail) => {
      this.#lost(link, detail);
    });
    try {
      await this.#open(link);
    } catch (thrown) {
      await link.close();
      throw thrown;
    }
    if (this.#closed) await link.close();
    else this.#link = link;
  }

  async run(rows: Float32Array): Promise<RunOutcome> {
    if (this.#link === null) {
      this.#replace();
      return { ok: false, reason: 'crashed', detail: 'no inference worker is running' };
    }
    const { deadlineMs } = this.#options;
    return await this.#link.run(rows, { deadlineMs, stuckMs: deadlineMs * STUCK_DEADLINES });
  }

  async close(): Promise<void> {
    this.#closed = true;
    const link = this.#link;
    this.#link = null;
    await link?.close();
    await this.#replacing;
    // A process that exits while a worker computes is aborted, so wait for the stuck ones too.
    await Promise.all([...this.#lingering].map((stuck) => stuck.close()));
  }

  async #open(link: WorkerLink): Promise<void> {
    const { manifest, onnx } = this.#model;
    const peakBefore = peakBytes();
    const opened = await link.open(
      {
        onnx,
        inputName: manifest.input.name,
        inputWidth: manifest.input.features.length,
        outputName: manifest.output.name,
      },
      START_TIMEOUT_MS,
    );
    if (!opened.ok) throw sessionFailed(opened.detail);
    const values: number[] = [];
    for (const row of this.#selfTest.rows) {
      const limits = { deadlineMs: START_TIMEOUT_MS, stuckMs: START_TIMEOUT_MS };
      const warmed = await link.run(row, limits);
      if (!warmed.ok) throw sessionFailed(warmed.detail);
      values.push(warmed.values[0] ?? Number.NaN);
      const tookBytes = peakBytes() - peakBefore;
      if (tookBytes > MEMORY_BYTES_MAX) throw sessionFailed(tooMuch(tookBytes));
    }
    this.#selfTest.check(values);
  }

  #lost(link: WorkerLink, detail: string): void {
    if (this.#link !== link) return;
    this.#link = null;
    if (this.#closed) return;
    this.#lingering.add(link);
    void link.ended.then(() => this.#lingering.delete(link));
    this.#options.logger.warn('inference_worker_lost', { digest: this.#model.digest, detail });
    this.#replace();
  }

  /** One replacement at a time; one that fails is tried again by the next run, not in a loop of its own. */
  #replace(): void {
    if (this.#closed || this.#replacing !== null || this.#lingering.size > LINGERING_MAX) return;
    const { logger } = this.#options;
    const digest = this.#model.digest;
    this.#replacing = this.start()
      .then(
        () => logger.info('inference_worker_replaced', { digest }),
        (thrown: unknown) =>
          logger.error('inference_worker_not_replaced', { digest, reason: messageOf(thrown) }),
      )
      .finally(() => {
        this.#replacing = null;
      });
  }
}

/** The worker of the sources. */
export function spawnWorker(): Worker {
  return new Worker(new URL('./inference-worker.ts', import.meta.url), {
    name: 'tieline-inference',
    // The session's memory is native; the worker's own heap stays small.
    resourceLimits: { maxOldGenerationSizeMb: 64, maxYoungGenerationSizeMb: 8 },
  });
}

/** The most memory that this process ever had resident. */
function peakBytes(): number {
  return process.resourceUsage().maxRSS * 1_024;
}

function tooMuch(bytes: number): string {
  const mebibytes = (count: number): string => (count / 1_048_576).toFixed(0);
  return `takes ${mebibytes(bytes)} MiB of memory, more than ${mebibytes(MEMORY_BYTES_MAX)}`;
}

function sessionFailed(reason: string): ModelError {
  return new ModelError({ code: 'session_failed', place: 'model.onnx', reason });
}
