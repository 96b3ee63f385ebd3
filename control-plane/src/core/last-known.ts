import type { Quantity } from '@tieline/protocol';

export interface LastValue {
  readonly value: number;
  /** Unix time of the measurement, ms. */
  readonly wallMs: number;
}

/** The newest measurement of every quantity, as telemetry told it. */
export class LastKnown {
  /** Site, then `asset/quantity`; the policy bounds the assets, the protocol the quantities. */
  readonly #values = new Map<string, Map<string, LastValue>>();

  note(site: string, asset: string, quantity: Quantity, last: LastValue): void {
    let values = this.#values.get(site);
    if (values === undefined) {
      values = new Map();
      this.#values.set(site, values);
    }
    const key = `${asset}/${quantity}`;
    const held = values.get(key);
    if (held === undefined || held.wallMs <= last.wallMs) values.set(key, last);
  }

  get(site: string, asset: string, quantity: Quantity): LastValue | null {
    return this.#values.get(site)?.get(`${asset}/${quantity}`) ?? null;
  }

  /** Everything known of a site, by `asset/quantity`. */
  of(site: string): ReadonlyMap<string, LastValue> {
    return this.#values.get(site) ?? new Map();
  }
}
