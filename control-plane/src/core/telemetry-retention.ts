import { type Clock, DAY_MS } from '@tieline/kernel';
import type { TelemetryStore } from '../ports/telemetry-store.ts';
import { PRUNE_AGAIN_MS, PRUNE_CHUNKS, TELEMETRY_KEEP_DAYS } from './bounds.ts';

/** Drops measurements that are older than is to be kept, in steps, so that it holds nobody up. */
export class TelemetryRetention {
  readonly #ports: { readonly clock: Clock; readonly telemetry: TelemetryStore };
  readonly #keepMs: number;
  #dueMs = -Infinity;

  constructor(
    ports: { readonly clock: Clock; readonly telemetry: TelemetryStore },
    keepDays: number = TELEMETRY_KEEP_DAYS,
  ) {
    this.#ports = ports;
    this.#keepMs = keepDays * DAY_MS;
  }

  /** What is behind goes on in the next tick. */
  tick(): void {
    const { clock, telemetry } = this.#ports;
    const nowMs = clock.monotonicMs();
    if (nowMs < this.#dueMs) return;
    const dropped = telemetry.prune(clock.wallMs() - this.#keepMs, PRUNE_CHUNKS);
    if (dropped < PRUNE_CHUNKS) this.#dueMs = nowMs + PRUNE_AGAIN_MS;
  }
}
