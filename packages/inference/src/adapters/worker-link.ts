import { setTimeout as delay } from 'node:timers/promises';
import type { Worker } from 'node:worker_threads';
import type { RunOutcome } from '../session.ts';
import type { OnnxSource } from './onnx-session.ts';
import type { FromWorker, ToWorker } from './worker-messages.ts';

/** Runs that one worker may owe; more are refused as late, for a queue would only make them later. */
export const IN_FLIGHT_MAX = 4;

interface Owed {
  answer(outcome: RunOutcome): void;
  readonly deadline: NodeJS.Timeout;
  readonly stuck: NodeJS.Timeout;
}

type Opened = { readonly ok: true } | { readonly ok: false; readonly detail: string };

/** How long `close` waits for a worker that still computes. */
const CLOSE_TIMEOUT_MS = 5_000;

/**
 * Questions and answers with one worker thread, each answered exactly once whatever becomes of it.
 *
 * The worker is asked to end and never terminated: `terminate()` while the runtime computes throws out
 * of its native code and aborts the *process* (onnxruntime-node 1.30), which would make a slow model
 * the end of the agent. A stuck worker is left alone, to end once it is free.
 */
export class WorkerLink {
  readonly #worker: Worker;
  readonly #onLost: (detail: string) => void;
  readonly #owed = new Map<number, Owed>();
  #opening: ((opened: Opened) => void) | null = null;
  #nextId = 0;
  /** Why the worker is gone; null while it lives. */
  #lost: string | null = null;
  /** Resolves when the thread has ended. */
  readonly ended: Promise<void>;

  constructor(worker: Worker, onLost: (detail: string) => void) {
    this.#worker = worker;
    this.#onLost = onLost;
    worker.on('message', (message: FromWorker) => this.#hear(message));
    worker.on('error', (error) => this.#lose(`the inference worker failed: ${error.message}`));
    this.ended = new Promise((resolve) => {
      worker.on('exit', (code) => {
        this.#lose(`the inference worker ended with code ${code}`);
        resolve();
      });
    });
  }

  open(source: OnnxSource, timeoutMs: number): Promise<Opened> {
    if (this.#lost !== null) return Promise.resolve({ ok: false, detail: this.#lost });
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.#giveUp(`loading took over ${timeoutMs} ms`), timeoutMs);
      this.#opening = (opened) => {
        this.#opening = null;
        clearTimeout(timer);
        resolve(opened);
      };
      this.#post({ kind: 'open', source });
    });
  }

  run(
    rows: Float32Array,
    limits: { readonly deadlineMs: number; readonly stuckMs: number },
  ): Promise<RunOutcome> {
    if (this.#lost !== null) {
      return Promise.resolve({ ok: false, reason: 'crashed', detail: this.#lost });
    }
    if (this.#owed.size >= IN_FLIGHT_MAX) {
      const detail = `${this.#owed.size} runs are still in flight`;
      return Promise.resolve({ ok: false, reason: 'late', detail });
    }
    const id = this.#nextId;
    this.#nextId += 1;
    const { deadlineMs, stuckMs } = limits;
    return new Promise((answer) => {
      this.#owed.set(id, {
        answer,
        deadline: setTimeout(
          () => answer({ ok: false, reason: 'late', detail: `no answer within ${deadlineMs} ms` }),
          deadlineMs,
        ),
        stuck: setTimeout(() => this.#giveUp(`no answer within ${stuckMs} ms`), stuckMs),
      });
      this.#post({ kind: 'run', id, rows });
    });
  }

  /** Resolves when the thread has ended, or has been left to end by itself. */
  async close(): Promise<void> {
    this.#giveUp('the session is closed');
    const waiting = new AbortController();
    const timeout = delay(CLOSE_TIMEOUT_MS, undefined, { signal: waiting.signal }).catch(() => {});
    await Promise.race([this.ended, timeout]);
    waiting.abort();
  }

  #post(message: ToWorker): void {
    this.#worker.postMessage(message);
  }

  #hear(message: FromWorker): void {
    switch (message.kind) {
      case 'opened':
        this.#opening?.({ ok: true });
        return;
      case 'open_failed':
        this.#opening?.({ ok: false, detail: message.detail });
        return;
      case 'ran':
        this.#settle(message.id, { ok: true, values: message.values });
        return;
      case 'run_failed':
        this.#settle(message.id, { ok: false, reason: 'crashed', detail: message.detail });
        return;
    }
  }

  /** An answer after its deadline changes nothing: the promise has been answered `late`. */
  #settle(id: number, outcome: RunOutcome): void {
    const owed = this.#owed.get(id);
    if (owed === undefined) return;
    this.#owed.delete(id);
    clearTimeout(owed.deadline);
    clearTimeout(owed.stuck);
    owed.answer(outcome);
  }

  #giveUp(detail: string): void {
    this.#lose(detail);
    this.#post({ kind: 'close' });
    this.#worker.unref();
  }

  #lose(detail: string): void {
    if (this.#lost !== null) return;
    this.#lost = detail;
    this.#opening?.({ ok: false, detail });
    for (const id of [...this.#owed.keys()]) {
      this.#settle(id, { ok: false, reason: 'crashed', detail });
    }
    this.#onLost(detail);
  }
}
