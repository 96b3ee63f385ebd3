import type { AuditLog, AuditRecord } from '@tieline/audit';
import type { SeenLog } from '../scenario/controlled-run.ts';

interface Sizes {
  readonly size: number;
  readonly first: number;
  readonly receiptedSize: number;
}

/**
 * A log whose sizes every promise of a run asks for in every simulated second. They change in transactions alone, a few
 * a minute: so they are asked of the log once behind each, and not otherwise.
 */
export class WatchedLog implements SeenLog {
  readonly #log: AuditLog;
  #sizes: Sizes | null = null;

  constructor(log: AuditLog) {
    this.#log = log;
  }

  /** A transaction has ended, kept or undone. */
  mayHaveChanged(): void {
    this.#sizes = null;
  }

  get size(): number {
    return this.#known().size;
  }

  get first(): number {
    return this.#known().first;
  }

  get receiptedSize(): number {
    return this.#known().receiptedSize;
  }

  records(from?: number, to?: number): Generator<AuditRecord> {
    return this.#log.records(from, to);
  }

  #known(): Sizes {
    const { size, first, receiptedSize } = this.#sizes ?? this.#log;
    this.#sizes ??= { size, first, receiptedSize };
    return this.#sizes;
  }
}
