import { createHash } from 'node:crypto';
import { QUARTER_HOUR_MS, toHex } from '@tieline/kernel';
import { type Plant, STEP_MS } from '../plant/plant.ts';

/** A quarter hour whose first step comes later than this is not a whole one. */
const LATE_MS = 5_000;

/** Mean import over whole quarter hours, kW. */
class QuarterMeans {
  #startMs = Number.NaN;
  #sumKw = 0;
  #count = 0;
  #whole = false;
  /** Null before there is a whole one. */
  highestKw: number | null = null;
  last: { readonly startMs: number; readonly meanKw: number } | null = null;

  add(tMs: number, importKw: number): void {
    const startMs = Math.floor(tMs / QUARTER_HOUR_MS) * QUARTER_HOUR_MS;
    if (startMs !== this.#startMs) {
      // A plant on a clock that runs by itself may come too late for the last step of one.
      this.#close();
      this.#whole = tMs - startMs <= LATE_MS;
      this.#startMs = startMs;
      this.#sumKw = 0;
      this.#count = 0;
    }
    this.#sumKw += importKw;
    this.#count += 1;
    if (tMs + STEP_MS >= startMs + QUARTER_HOUR_MS) this.#close();
  }

  #close(): void {
    if (!this.#whole) return;
    const meanKw = this.#sumKw / this.#count;
    this.last = { startMs: this.#startMs, meanKw };
    this.highestKw = Math.max(this.highestKw ?? meanKw, meanKw);
  }

  /** Mean of the quarter hour that runs, so far, kW. */
  get runningKw(): number {
    return this.#count === 0 ? 0 : this.#sumKw / this.#count;
  }
}

/**
 * What the plant did, step by step: one digest, and the few figures that matter. Equal digests mean that
 * two runs were the same to the last bit. A quarter hour counts with its last step.
 */
export class Trace {
  readonly #hash = createHash('sha256');
  readonly #feeder = new QuarterMeans();
  readonly #sites = new Map<string, QuarterMeans>();
  /** Mean import of the feeder, kW, by the Unix ms at which a whole quarter hour began. */
  readonly quarters = new Map<number, number>();
  minVoltagePu = Number.POSITIVE_INFINITY;
  /** How much the import of the feeder has changed with the last step, either way, kW; null before the second. */
  importStepKw: number | null = null;
  #importKw: number | null = null;
  steps = 0;

  add(tMs: number, plant: Plant): void {
    const { importKw, lossKw, minVoltage } = plant.feeder;
    const row = [tMs, importKw, lossKw, minVoltage.pu];
    for (const site of plant.sites.values()) {
      const { loadKw, pvKw, batteryKw, battery, voltagePu } = site;
      row.push(loadKw, pvKw, batteryKw, battery?.stateOfCharge ?? 0, voltagePu);
      const peak = this.#sites.get(site.site) ?? new QuarterMeans();
      this.#sites.set(site.site, peak);
      peak.add(tMs, Math.max(0, site.importKw));
    }
    this.#hash.update(new Uint8Array(Float64Array.from(row).buffer));
    this.importStepKw = this.#importKw === null ? null : Math.abs(importKw - this.#importKw);
    this.#importKw = importKw;
    this.#feeder.add(tMs, importKw);
    const { last } = this.#feeder;
    if (last !== null) this.quarters.set(last.startMs, last.meanKw);
    this.minVoltagePu = Math.min(this.minVoltagePu, minVoltage.pu);
    this.steps += 1;
  }

  /** Digest of all steps so far. */
  digest(): string {
    return `sha256:${toHex(new Uint8Array(this.#hash.copy().digest()))}`;
  }

  /** Highest quarter-hour mean import of the feeder, kW; null before a whole quarter hour. */
  get peakImportKw(): number | null {
    return this.#feeder.highestKw;
  }

  /** Mean import over the last whole quarter hour, kW, of a site or (null) of the feeder; null before there is one. */
  lastQuarterKw(site: string | null): number | null {
    const means = site === null ? this.#feeder : this.#sites.get(site);
    return means?.last?.meanKw ?? null;
  }

  /** Mean import of one site over the quarter hour that runs, so far, kW. */
  siteRunningKw(site: string): number {
    return this.#sites.get(site)?.runningKw ?? 0;
  }

  /** Highest quarter-hour mean import of one site, kW; null before a whole quarter hour. */
  sitePeakKw(site: string): number | null {
    return this.#sites.get(site)?.highestKw ?? null;
  }
}
