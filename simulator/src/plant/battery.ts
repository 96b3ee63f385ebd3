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
  /** Apparent power of the inverter, kVA: active power comes first, reactive power gets what is left. No bound without it. */
  readonly apparentMaxKva?: number;
  /** What it is asked for besides, kvar, positive into the grid. */
  readonly reactiveKvar?: number;
  /** In the heat: whole power up to `fromC`, none at `zeroC` and above, linear between; °C outdoors. */
  readonly derating?: { readonly fromC: number; readonly zeroC: number };
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
  #tripped = false;
  #energyKwh: number;

  constructor(ratings: BatteryRatings, stateOfCharge: number) {
    this.ratings = ratings;
    this.#energyKwh = ratings.energyKwh * stateOfCharge;
  }

  /** kvar, positive into the grid. */
  get reactiveKvar(): number {
    if (this.#tripped) return 0;
    const { apparentMaxKva = Number.POSITIVE_INFINITY, reactiveKvar = 0 } = this.ratings;
    const leftKvar = Math.sqrt(Math.max(0, apparentMaxKva ** 2 - this.#powerKw ** 2));
    return clamp(reactiveKvar, -leftKvar, leftKvar);
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
    this.#tripped = true;
  }

  /** Moves towards the target, and moves energy, for `elapsedMs`. @param outdoorC  °C */
  step(elapsedMs: number, outdoorC = 20): void {
    this.#tripped = false;
    if (elapsedMs <= 0) return;
    const { rampKwPerS, energyKwh, chargeEfficiency, dischargeEfficiency } = this.ratings;
    const powerMaxKw = this.#powerMaxKw(outdoorC);
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

  #powerMaxKw(outdoorC: number): number {
    const { powerMaxKw, apparentMaxKva = powerMaxKw, derating } = this.ratings;
    const boundKw = Math.min(powerMaxKw, apparentMaxKva);
    if (derating === undefined) return boundKw;
    const { fromC, zeroC } = derating;
    return boundKw * clamp((zeroC - outdoorC) / (zeroC - fromC), 0, 1);
  }
}
