/** What is counted; each name with the one label that tells its parts from one another. */
export const COUNTED = {
  messages_refused: 'code',
  messages_ignored: 'code',
  messages_received: 'kind',
  publishes_failed: 'code',
  telemetry_points: 'site',
  telemetry_dropped: 'reason',
  audit_records: 'site',
  receipts: 'state',
  offers: 'site',
  orders_refused: 'code',
} as const;
export type CounterName = keyof typeof COUNTED;

/** Values of one label beyond this count as `other`: what a stranger sends must not grow memory. */
const LABELS_MAX = 300;

/** Counts by name and label, for metrics and tests. */
export class Counters {
  readonly #counts = new Map<CounterName, Map<string, number>>();

  add(name: CounterName, label: string, count = 1): void {
    let labels = this.#counts.get(name);
    if (labels === undefined) {
      labels = new Map();
      this.#counts.set(name, labels);
    }
    const key = labels.has(label) || labels.size < LABELS_MAX ? label : 'other';
    labels.set(key, (labels.get(key) ?? 0) + count);
  }

  get(name: CounterName, label: string): number {
    return this.#counts.get(name)?.get(label) ?? 0;
  }

  of(name: CounterName): ReadonlyMap<string, number> {
    return this.#counts.get(name) ?? new Map();
  }
}
