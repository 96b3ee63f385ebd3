import type { ControlEvent } from '@tieline/control-plane';

/** Of devices and of what a site is asked, which are not what a fault of agents or control planes raises. */
const OF_A_PLANT = /^(device|limits)_/;
/** EEMUA 191: more than ten alarms within it are a flood. */
const FLOOD_WITHIN_MS = 600_000;

/** What control planes have raised since a scenario began. */
export class AlarmBook {
  readonly #bySite = new Map<string, number>();
  /** Of those within the time that makes a flood, oldest first. */
  #latelyMs: readonly number[] = [];
  #all = 0;
  #ofPlants = 0;
  readonly #fromMs: number;

  /** @param fromMs  when the scenario begins: what was raised before is not of it */
  constructor(fromMs = Number.NEGATIVE_INFINITY) {
    this.#fromMs = fromMs;
  }

  /** @param nowMs  on any clock that rises, and that `lately` is asked by */
  note(event: ControlEvent, nowMs: number): void {
    if (event.type !== 'alarm' || nowMs < this.#fromMs) return;
    const { site, code } = event;
    this.#all += 1;
    if (OF_A_PLANT.test(code)) this.#ofPlants += 1;
    if (site !== null) this.#bySite.set(site, this.of(site) + 1);
    this.#latelyMs = [...this.#recent(nowMs), nowMs];
  }

  get all(): number {
    return this.#all;
  }

  /** All but those of devices, and of limits that cannot all be kept. */
  get ofFleet(): number {
    return this.#all - this.#ofPlants;
  }

  of(site: string): number {
    return this.#bySite.get(site) ?? 0;
  }

  /** Within the last ten minutes. */
  lately(nowMs: number): number {
    return this.#recent(nowMs).length;
  }

  #recent(nowMs: number): readonly number[] {
    return this.#latelyMs.filter((atMs) => nowMs - atMs < FLOOD_WITHIN_MS);
  }
}
