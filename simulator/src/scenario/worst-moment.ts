import type { Feeder } from '@tieline/grid';
import type { Plant } from '../plant/plant.ts';

/** The feeder at one instant, as a diagram shows it. Arrays are in the feeder's order. */
export interface WorstMoment {
  /** After the scenario began. */
  readonly atMs: number;
  /** Of each bus; NaN where nothing feeds it. */
  readonly voltagePu: Readonly<Float64Array>;
  /** Of each branch; 0 where it is open. */
  readonly currentA: Readonly<Float64Array>;
  /** As their switches stood. */
  readonly branches: Feeder['branches'];
}

/** How far a voltage may lie from the nominal one, per unit (EN 50160); a branch may carry its whole rating. */
export const VOLTAGE_BAND_PU = 0.1;

/**
 * Keeps the moment at which a feeder was worst: when most buses had no supply; and of such moments, when something was
 * nearest to its limit or farthest beyond it, a voltage in parts of its band, a branch in parts of its rating. So a
 * voltage 8 % off comes before a branch at 75 %, and behind one at 90 %.
 */
export class WorstWatch {
  moment: WorstMoment | null = null;
  #dead = -1;
  #stress = -1;

  /** After each step. @param nowMs  after the scenario began */
  look({ voltagePu, currentA, branches, feeder }: Plant, nowMs: number): void {
    let dead = 0;
    let apartPu = 0;
    for (const pu of voltagePu) {
      if (Number.isNaN(pu)) dead += 1;
      else apartPu = Math.max(apartPu, Math.abs(pu - 1));
    }
    const stress = Math.max(apartPu / VOLTAGE_BAND_PU, (feeder.loadingPercent ?? 0) / 100);
    if (dead < this.#dead || (dead === this.#dead && stress <= this.#stress)) return;
    this.#dead = dead;
    this.#stress = stress;
    this.moment = { atMs: nowMs, voltagePu, currentA, branches };
  }
}
