import { Worker } from 'node:worker_threads';
import { type LogFields, type Logger, silentLogger } from '@tieline/kernel';
import { expect, test, vi } from 'vitest';
import {
  hungryModel,
  inferenceCompliance,
  sampleModel,
  slowModel,
  throwingModel,
  wideModel,
} from '../compliance.ts';
import { directInference } from './direct-inference.ts';
import { spawnWorker, workerInference } from './worker-inference.ts';
import { IN_FLIGHT_MAX } from './worker-link.ts';

inferenceCompliance('direct', directInference());
inferenceCompliance('worker', workerInference({ deadlineMs: 5_000, logger: silentLogger }));

/** The real worker, which at a first feature of 7 ends itself, and at 9 never answers again. */
const MORTAL_WORKER = `
  const { parentPort } = require('node:worker_threads');
  parentPort.on('message', (message) => {
    if (message.kind === 'run' && message.rows[0] === 7) process.exit(7);
    if (message.kind === 'run' && message.rows[0] === 9) for (;;);
  });
  import(${JSON.stringify(new URL('./inference-worker.ts', import.meta.url).href)});
`;

/** An inference whose workers the test can reach, and the log of what became of them. */
function watched(deadlineMs: number) {
  const workers: Worker[] = [];
  const events: { event: string; fields: LogFields | undefined }[] = [];
  let heard = (): void => {};
  const note = (event: string, fields?: LogFields): void => {
    events.push({ event, fields });
    heard();
  };
  const logger: Logger = { ...silentLogger, info: note, warn: note, error: note };
  const spawn = (): Worker => {
    const worker = new Worker(MORTAL_WORKER, { eval: true });
    workers.push(worker);
    return worker;
  };
  const until = async (event: string): Promise<void> => {
    while (!events.some((each) => each.event === event)) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  return { inference: workerInference({ deadlineMs, logger, spawn }), workers, events, until };
}

test('a slow model is late by its deadline, while the calling thread stays free', async () => {
  const { inference, events } = watched(25);
  const session = await inference.load(slowModel(40));
  let turns = 0;
  const turning = setInterval(() => {
    turns += 1;
  }, 1);
  const result = await session.infer([1]);
  clearInterval(turning);
  expect(result).toEqual({ ok: false, reason: 'late', detail: 'no answer within 25 ms' });
  expect(turns).toBeGreaterThan(0);
  expect(events).toEqual([]);
  await session.close();
});

test('runs beyond the bound in flight are refused at once', async () => {
  const { inference } = watched(5_000);
  const session = await inference.load(slowModel(4));
  const results = await Promise.all(
    Array.from({ length: IN_FLIGHT_MAX + 2 }, () => session.infer([1])),
  );
  expect(results.filter((result) => result.ok)).toHaveLength(IN_FLIGHT_MAX);
  expect(results.at(-1)).toEqual({
    ok: false,
    reason: 'late',
    detail: `${IN_FLIGHT_MAX} runs are still in flight`,
  });
  await session.close();
});

test('a worker that dies answers what it owes, is reported, replaced, and infers again', async () => {
  const { inference, workers, events, until } = watched(5_000);
  const session = await inference.load(sampleModel());
  const owed = await Promise.all([session.infer([7, 0]), session.infer([2, 0])]);
  for (const result of owed) {
    expect(result).toEqual({
      ok: false,
      reason: 'crashed',
      detail: 'the inference worker ended with code 7',
    });
  }
  expect(await session.infer([1, 1])).toMatchObject({ ok: false, reason: 'crashed' });
  await until('inference_worker_replaced');
  expect(workers).toHaveLength(2);
  expect(await session.infer([1, 1])).toEqual({ ok: true, value: 3 });
  expect(events.map(({ event }) => event)).toEqual([
    'inference_worker_lost',
    'inference_worker_replaced',
  ]);
  await session.close();
});

test('a worker that dies while idle is replaced before the next run needs it', async () => {
  const { inference, workers, until } = watched(5_000);
  const session = await inference.load(sampleModel());
  await workers[0]?.terminate();
  await until('inference_worker_replaced');
  expect(await session.infer([1, 1])).toEqual({ ok: true, value: 3 });
  await session.close();
});

test('a worker that owes an answer for too long is taken for stuck and replaced', async () => {
  const { inference, until } = watched(1);
  const session = await inference.load(slowModel(40));
  expect(await session.infer([1])).toMatchObject({ ok: false, reason: 'late' });
  await until('inference_worker_lost');
  await until('inference_worker_replaced');
  await session.close();
});

test('closing waits for a worker that still computes: a process that exits over it is aborted', async () => {
  const { inference, workers, until } = watched(1);
  const session = await inference.load(slowModel(40));
  await session.infer([1]);
  await until('inference_worker_lost');
  await session.close();
  // Node gives −1 for a thread that has ended.
  expect(workers.map(({ threadId }) => threadId)).toEqual(workers.map(() => -1));
});

test('workers that stick for ever are replaced once, and then no more: they would fill the gateway', async () => {
  const { inference, workers, events, until } = watched(5);
  const session = await inference.load(sampleModel());
  await session.infer([9, 0]);
  await until('inference_worker_replaced');
  events.length = 0;
  await session.infer([9, 0]);
  await until('inference_worker_lost');
  for (let run = 0; run < 3; run += 1) {
    expect(await session.infer([1, 1])).toMatchObject({ ok: false, reason: 'crashed' });
  }
  expect(workers).toHaveLength(2);
  await Promise.all(workers.map((worker) => worker.terminate()));
  await session.close();
});

test('a worker whose model throws is kept: the throw is an answer', async () => {
  const { inference, workers } = watched(5_000);
  const session = await inference.load(throwingModel());
  for (let run = 0; run < 5; run += 1) {
    expect(await session.infer([2])).toMatchObject({ ok: false, reason: 'crashed' });
  }
  expect(workers).toHaveLength(1);
  await session.close();
});

test('a model that takes more memory than a gateway has to spare is refused', async () => {
  const { inference, workers } = watched(5_000);
  await expect(inference.load(hungryModel(8_192))).rejects.toMatchObject({
    failure: { code: 'session_failed', reason: expect.stringMatching(/takes \d+ MiB of memory/) },
  });
  expect(workers).toHaveLength(1);
});

test('many golden cases of a wide model take the memory of one', async () => {
  const { inference } = watched(5_000);
  // At once they would be 256 MiB.
  const session = await inference.load(wideModel(262_144, 256));
  expect(await session.infer([2])).toEqual({ ok: true, value: 2 });
  await session.close();
});

test('a session takes one thread, does not spin, and keeps no memory to itself', async () => {
  const { InferenceSession } = await import('onnxruntime-node');
  const create = vi.spyOn(InferenceSession, 'create');
  const session = await directInference().load(sampleModel());
  expect(create).toHaveBeenCalledExactlyOnceWith(expect.any(Uint8Array), {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
    executionMode: 'sequential',
    enableCpuMemArena: false,
    enableMemPattern: false,
    logSeverityLevel: 4,
    extra: { session: { intra_op: { allow_spinning: '0' } } },
  });
  create.mockRestore();
  await session.close();
});

test('a worker has a small heap of its own', async () => {
  const worker = spawnWorker();
  expect(worker.resourceLimits).toMatchObject({
    maxOldGenerationSizeMb: 64,
    maxYoungGenerationSizeMb: 8,
  });
  await worker.terminate();
});

test('a worker that cannot start refuses the load', async () => {
  const inference = workerInference({
    deadlineMs: 100,
    logger: silentLogger,
    spawn: () => new Worker('process.exit(3)', { eval: true }),
  });
  await expect(inference.load(sampleModel())).rejects.toMatchObject({
    failure: { code: 'session_failed', reason: 'the inference worker ended with code 3' },
  });
});
