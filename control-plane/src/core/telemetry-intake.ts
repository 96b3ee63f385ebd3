import type { BusMessage } from '@tieline/bus';
import { BoundedQueue, type Clock } from '@tieline/kernel';
import type { Telemetry } from '@tieline/protocol';
import type { TelemetryChunk, TelemetryStore } from '../ports/telemetry-store.ts';
import {
  TELEMETRY_AHEAD_MAX_MS,
  TELEMETRY_COMMIT_BATCHES,
  TELEMETRY_FLUSH_MS,
  TELEMETRY_QUEUE_BATCHES,
  TELEMETRY_SPAN_MAX_MS,
  TELEMETRY_TURN_BATCHES,
} from './bounds.ts';
import type { Counters } from './counters.ts';
import type { KnownSeries } from './known-series.ts';
import type { LastKnown } from './last-known.ts';

/** The least that a queued batch waits between turns: other work of the process goes on in it. */
const YIELD_MS = 1;

export interface IntakePorts {
  readonly clock: Clock;
  readonly store: TelemetryStore;
  readonly counters: Counters;
  readonly known: LastKnown;
  readonly series: KnownSeries;
  /** Verifies one batch; null where it was refused (and counted). */
  readonly open: (message: BusMessage) => { site: string; batch: Telemetry } | null;
  /** Unix ms of the batch's first value, by the agent's session clock; null while it is not known. */
  readonly wallOfSession: (site: string, sessionMs: number) => number | null;
  /** Storing failed: the batches are lost, and the reason is worth a line. */
  readonly failed: (thrown: unknown, batches: number) => void;
}

/**
 * Takes telemetry off the bus. A batch waits shortly for others, so that many share one commit, and a
 * flood fills a bounded queue instead of the process; what does not fit is dropped and counted.
 */
export class TelemetryIntake {
  readonly #ports: IntakePorts;
  readonly #queue = new BoundedQueue<BusMessage>(TELEMETRY_QUEUE_BATCHES);
  /** Verified, and not yet stored: at most what one commit takes and one turn more. */
  #chunks: TelemetryChunk[] = [];
  #points = new Map<string, number>();
  #verified = 0;
  #draining: Promise<void> | null = null;
  /** Ends the wait for more, once there is a turn's worth. */
  #enough = new AbortController();

  constructor(ports: IntakePorts) {
    this.#ports = ports;
  }

  take(message: BusMessage): void {
    if (!this.#queue.offer(message)) {
      this.#ports.counters.add('telemetry_dropped', 'queue_full');
      return;
    }
    this.#draining ??= this.#drain();
    if (this.#queue.size >= TELEMETRY_TURN_BATCHES) this.#enough.abort();
  }

  /** Resolves when all that was taken so far is stored or refused. */
  async settled(): Promise<void> {
    await this.#draining;
  }

  async #drain(): Promise<void> {
    const { clock } = this.#ports;
    this.#enough = new AbortController();
    await clock.sleepUntil(clock.monotonicMs() + TELEMETRY_FLUSH_MS, this.#enough.signal);
    while (this.#queue.size > 0) {
      this.#verifySome();
      if (this.#queue.size === 0 || this.#verified >= TELEMETRY_COMMIT_BATCHES) this.#commit();
      await clock.sleepUntil(clock.monotonicMs() + YIELD_MS);
    }
    // In the same turn as the last look at the queue: what comes from now on starts anew.
    this.#draining = null;
  }

  #verifySome(): void {
    for (let turn = 0; turn < TELEMETRY_TURN_BATCHES; turn += 1) {
      const message = this.#queue.take();
      if (message === undefined) return;
      const opened = this.#ports.open(message);
      if (opened === null) continue;
      const { site, batch } = opened;
      this.#verified += 1;
      this.#points.set(site, (this.#points.get(site) ?? 0) + this.#unfold(site, batch));
    }
  }

  #commit(): void {
    const { store, counters, failed } = this.#ports;
    const [chunks, points, batches] = [this.#chunks, this.#points, this.#verified];
    this.#chunks = [];
    this.#points = new Map();
    this.#verified = 0;
    if (chunks.length === 0) return;
    try {
      store.add(chunks);
    } catch (thrown) {
      counters.add('telemetry_dropped', 'store_failed', batches);
      failed(thrown, batches);
      return;
    }
    for (const [site, count] of points) counters.add('telemetry_points', site, count);
  }

  /** When the batch begins, Unix ms; null where it cannot be taken, and is counted. */
  #dateOf(site: string, batch: Telemetry): number | null {
    const { clock, counters, wallOfSession } = this.#ports;
    const dropped = (reason: string): null => {
      counters.add('telemetry_dropped', reason);
      return null;
    };
    const { startSessionMs, startWallMs, stepMs, series } = batch;
    const startMs = batch.clock === 'untrusted' ? wallOfSession(site, startSessionMs) : startWallMs;
    if (startMs === null) return dropped('undated');
    const spanMs = stepMs * (series[0]?.values.length ?? 0);
    if (spanMs > TELEMETRY_SPAN_MAX_MS) return dropped('span_too_long');
    const aheadMs = startMs + spanMs - clock.wallMs();
    return aheadMs > TELEMETRY_AHEAD_MAX_MS ? dropped('dated_ahead') : startMs;
  }

  #unfold(site: string, batch: Telemetry): number {
    const { counters, known, series: taken } = this.#ports;
    const startMs = this.#dateOf(site, batch);
    if (startMs === null) return 0;
    const { stepMs } = batch;
    let points = 0;
    for (const { asset, quantity, values } of batch.series) {
      if (!taken.takes(site, asset, quantity)) {
        counters.add('telemetry_dropped', 'series_unknown');
        continue;
      }
      const stored = new Float64Array(values.length);
      let last = -1;
      for (let at = 0; at < values.length; at += 1) {
        const value = values[at] ?? null;
        stored[at] = value ?? Number.NaN;
        if (value !== null) last = at;
      }
      points += values.length;
      this.#chunks.push({ site, asset, quantity, startMs, stepMs, values: stored });
      if (last < 0) continue;
      const wallMs = startMs + last * stepMs;
      known.note(site, { asset, quantity, value: stored[last]!, wallMs });
    }
    return points;
  }
}
