/** An on-load tap changer between the grid above and the head of the feeder. */
export interface TapChangerOptions {
  /** Whose voltage it holds. */
  readonly bus: string;
  /** Per unit. */
  readonly targetPu: number;
  /** Whole width of the band around the target in which it rests, per unit. */
  readonly deadbandPu: number;
  /** The voltage must lie outside for so long before each step. */
  readonly delayMs: number;
  /** Of the source's voltage, by one step. */
  readonly stepPu: number;
  /** As many steps up, and as many down. */
  readonly taps: number;
}

/** Moves one step at a time, against whatever keeps the voltage out of its band. Begins in the middle. */
export class TapChanger {
  readonly #options: TapChangerOptions;
  #tap = 0;
  /** Since when the voltage has been too low (−1) or too high (1). */
  #outside: { readonly side: -1 | 1; readonly sinceMs: number } | null = null;

  constructor(options: TapChangerOptions) {
    this.#options = options;
  }

  /** Steps above the middle. */
  get tap(): number {
    return this.#tap;
  }

  /** What the source's voltage is multiplied with. */
  get ratio(): number {
    return 1 + this.#tap * this.#options.stepPu;
  }

  /** @param measuredPu  NaN where nothing feeds the bus: then it rests */
  step(tMs: number, measuredPu: number): void {
    const { targetPu, deadbandPu, delayMs, taps } = this.#options;
    const apartPu = measuredPu - targetPu;
    if (!(Math.abs(apartPu) > deadbandPu / 2)) {
      this.#outside = null;
      return;
    }
    const side = apartPu > 0 ? 1 : -1;
    if (this.#outside?.side !== side) this.#outside = { side, sinceMs: tMs };
    if (tMs - this.#outside.sinceMs < delayMs || Math.abs(this.#tap - side) > taps) return;
    this.#tap -= side;
    this.#outside = { side, sinceMs: tMs };
  }
}
