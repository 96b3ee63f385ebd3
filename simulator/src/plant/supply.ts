/** How much more a site draws when it comes back from an outage: every thermostat calls at once. */
export interface ColdLoad {
  /** Of the load after an outage of `fullAfterMs` or more, at the beginning; 1 is none. */
  readonly factor: number;
  /** A shorter outage leaves as much less of it. */
  readonly fullAfterMs: number;
  /** As long it stays there. */
  readonly holdsMs: number;
  /** Time constant with which it falls off then. */
  readonly decaysMs: number;
}

/** An inverter watches the grid for so long before it feeds again (EN 50549-1: 60 s by default). */
export const RECONNECT_AFTER_MS = 60_000;

/**
 * Whether the feeder feeds a site, and since when: its inverters trip with the voltage and come back some time after it,
 * its load comes back at once and cold.
 *
 * @source delayed exponential of cold load pickup: Lang, Anderson, Fouad, IEEE Trans. Power Apparatus and Systems
 *   PAS-101(4), 1982
 */
export class Supply {
  readonly #coldLoad: ColdLoad | null;
  #isFed = true;
  /** When the present state began, Unix ms; long ago at the beginning. */
  #sinceMs = Number.NEGATIVE_INFINITY;
  /** How cold the load was when the present state began, 0 to 1. */
  #coldness = 0;

  constructor(coldLoad: ColdLoad | null = null) {
    this.#coldLoad = coldLoad;
  }

  step(tMs: number, isFed: boolean): void {
    if (isFed === this.#isFed) return;
    // What is cold still when the next outage begins grows colder from there.
    const coldness = this.#coldnessAt(tMs);
    const { fullAfterMs = Number.POSITIVE_INFINITY } = this.#coldLoad ?? {};
    this.#coldness = isFed ? Math.min(1, coldness + (tMs - this.#sinceMs) / fullAfterMs) : coldness;
    this.#isFed = isFed;
    this.#sinceMs = tMs;
  }

  get isFed(): boolean {
    return this.#isFed;
  }

  /** Whether inverters are connected at `tMs`. */
  connects(tMs: number): boolean {
    return this.#isFed && tMs - this.#sinceMs >= RECONNECT_AFTER_MS;
  }

  /** What the load draws at `tMs`, as a share of its profile. */
  loadShare(tMs: number): number {
    if (!this.#isFed) return 0;
    return 1 + ((this.#coldLoad?.factor ?? 1) - 1) * this.#coldnessAt(tMs);
  }

  #coldnessAt(tMs: number): number {
    if (this.#coldLoad === null || this.#coldness === 0 || !this.#isFed) return this.#coldness;
    const { holdsMs, decaysMs } = this.#coldLoad;
    const beyondMs = Math.max(0, tMs - this.#sinceMs - holdsMs);
    return this.#coldness * Math.exp(-beyondMs / decaysMs);
  }
}
