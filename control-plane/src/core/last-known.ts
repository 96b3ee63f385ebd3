import type { Quantity } from '@tieline/protocol';

export interface LastValue {
  readonly asset: string;
  readonly quantity: Quantity;
  readonly value: number;
  /** Unix time of the measurement, ms. */
  readonly wallMs: number;
}

/** The newest measurement of every quantity, as telemetry told it. */
export class LastKnown {
  /** Site, then `asset/quantity`: as many as `KnownSeries` takes. */
  readonly #values = new Map<string, Map<string, LastValue>>();

  note(site: string, last: LastValue): void {
    let values = this.#values.get(site);
    if (values === undefined) {
      values = new Map();
      this.#values.set(site, values);
    }
    const key = `${last.asset}/${last.quantity}`;
    const held = values.get(key);
    if (held === undefined || held.wallMs <= last.wallMs) values.set(key, last);
  }

  get(site: string, asset: string, quantity: Quantity): LastValue | null {
    return this.#values.get(site)?.get(`${asset}/${quantity}`) ?? null;
  }

  of(site: string): readonly LastValue[] {
    return [...(this.#values.get(site)?.values() ?? [])];
  }
}
