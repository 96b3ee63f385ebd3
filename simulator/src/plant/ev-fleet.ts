import { DAY_MS, HOUR_MS, hashWords } from '@tieline/kernel';
import { seedWords } from './profiles/noise.ts';

/** Cars that come home, plug in, charge, and leave again. */
export interface EvFleet {
  /** One car each, every day. */
  readonly chargers: number;
  /** Of a charger, kW. */
  readonly powerKw: number;
  /** Mean of a day, kWh; a car's own lies within half of it. */
  readonly energyKwh: number;
  /** After midnight UTC, ms. */
  readonly arrivesMs: number;
  /** They come up to so much earlier or later, ms. */
  readonly spreadMs: number;
  /** Plugged in, ms: with the spread no longer than until the next day's car can come. */
  readonly staysMs: number;
  /** An agent may hold them back; else they charge at once, and are part of the load. */
  readonly steered: boolean;
}

interface Visit {
  readonly fromMs: number;
  readonly toMs: number;
  /** Still to be charged. */
  missingKwh: number;
}

/**
 * The cars of one site. Who comes when, and with what need, follows from seed, site and day; what they draw, from what
 * they are held to.
 */
export class Cars {
  /** What they draw, kW. */
  powerKw = 0;
  /** What they would draw beyond that if nobody held them back, kW. */
  heldBackKw = 0;
  /** What cars that have left were short of, kWh. */
  unmetKwh = 0;
  readonly #fleet: EvFleet;
  readonly #words: readonly number[];
  /** Plugged in, or to come. */
  #visits: Visit[] = [];
  /** The last day whose cars are known. */
  #day: number | null = null;

  /** @param index  of the site */
  constructor(fleet: EvFleet, seed: number, index: number) {
    this.#fleet = fleet;
    this.#words = [...seedWords(seed), 0x300 + index];
  }

  /**
   * Charges for `elapsedMs`, until `tMs`.
   *
   * @param limitKw  what they may draw together, shared alike; null: all that they like
   */
  step(tMs: number, elapsedMs: number, limitKw: number | null): void {
    this.#look(tMs);
    const { powerKw } = this.#fleet;
    const charging = this.#visits.filter((one) => one.fromMs <= tMs && one.missingKwh > 0);
    const shareKw = Math.min(powerKw, (limitKw ?? Number.POSITIVE_INFINITY) / charging.length);
    const hours = elapsedMs / HOUR_MS;
    let [drawnKw, wantedKw] = [0, 0];
    for (const visit of charging) {
      const mostKw = hours > 0 ? visit.missingKwh / hours : powerKw;
      const drawsKw = Math.min(shareKw, mostKw);
      visit.missingKwh = Math.max(0, visit.missingKwh - drawsKw * hours);
      drawnKw += drawsKw;
      wantedKw += Math.min(powerKw, mostKw);
    }
    this.powerKw = drawnKw;
    this.heldBackKw = wantedKw - drawnKw;
  }

  /** Lets those go that leave, and learns of those that come tomorrow. */
  #look(tMs: number): void {
    const today = Math.floor(tMs / DAY_MS);
    // At the beginning, who came yesterday or this morning has charged since as he liked.
    this.#day ??= today - 2;
    while (this.#day <= today) {
      this.#day += 1;
      this.#visits.push(...this.#visitsOf(this.#day, tMs));
    }
    const stay: Visit[] = [];
    for (const visit of this.#visits) {
      if (tMs < visit.toMs) stay.push(visit);
      else this.unmetKwh += visit.missingKwh;
    }
    this.#visits = stay;
  }

  #visitsOf(day: number, nowMs: number): Visit[] {
    const { chargers, powerKw, energyKwh, arrivesMs, spreadMs, staysMs } = this.#fleet;
    return Array.from({ length: chargers }, (_, charger) => {
      const drawn = (kind: number): number =>
        hashWords(...this.#words, charger, kind, day) / 2_147_483_648 - 1;
      const fromMs = day * DAY_MS + arrivesMs + drawn(1) * spreadMs;
      const chargedKwh = (powerKw * Math.max(0, nowMs - fromMs)) / HOUR_MS;
      const missingKwh = Math.max(0, energyKwh * (1 + drawn(2) / 2) - chargedKwh);
      return { fromMs, toMs: fromMs + staysMs, missingKwh };
    }).filter(({ toMs }) => toMs > nowMs);
  }
}
