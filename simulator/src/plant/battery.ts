import { clamp, HOUR_MS } from '@tieline/kernel';

export interface BatteryRatings {
  /** Largest charge and discharge at the terminal, kW. */
  readonly powerMaxKw: number;
  /** Usable energy, kWh. */
  readonly energyKwh: number;
  /** Energy stored per energy drawn, 0 to 1. */
  readonly chargeEfficiency: number;
  /** Energy put out per energy taken from the store, 0 to 1. */
  readonly dischargeEfficiency: number;
  /** Fastest change at the terminal, kW per second. */
  readonly rampKwPerS: number;
}

/**
 * A battery behind its inverter: energy, efficiency both ways, ramp, and a power that falls off as the
 * store runs empty or full. Positive power is discharge, into the grid.
 */
export class Battery {
  readonly ratings: BatteryRatings;
  /** What the inverter steers for, kW. */
  targetKw = 0;
  #powerKw = 0;
  #energyKwh: number;

  constructor(ratings: BatteryRatings, stateOfCharge: number) {
    this.ratings = ratings;
    this.#energyKwh = ratings.energyKwh * stateOfCharge;
  }

  get powerKw(): number {
    return this.#powerKw;
  }

  /** 0 to 1. */
  get stateOfCharge(): number {
    return this.#energyKwh / this.ratings.energyKwh;
  }

  /** Opens its breaker: no power from now on, and no energy moved. */
  trip(): void {
    this.#powerKw = 0;
  }

  /** Moves towards the target, and moves energy, for `elapsedMs`. */
  step(elapsedMs: number): void {
    if (elapsedMs <= 0) return;
    const { powerMaxKw, rampKwPerS, energyKwh, chargeEfficiency, dischargeEfficiency } =
      this.ratings;
    const hours = elapsedMs / HOUR_MS;
    const rampKw = (rampKwPerS * elapsedMs) / 1_000;
    const aimedKw = clamp(this.targetKw, -powerMaxKw, powerMaxKw);
    const rampedKw = clamp(aimedKw, this.#powerKw - rampKw, this.#powerKw + rampKw);
    const dischargeMaxKw = (this.#energyKwh / hours) * dischargeEfficiency;
    const chargeMaxKw = (energyKwh - this.#energyKwh) / hours / chargeEfficiency;
    this.#powerKw = clamp(rampedKw, -chargeMaxKw, dischargeMaxKw);
    const storedKw =
      this.#powerKw < 0 ? -this.#powerKw * chargeEfficiency : -this.#powerKw / dischargeEfficiency;
    this.#energyKwh = clamp(this.#energyKwh + storedKw * hours, 0, energyKwh);
  }
}
