import { HOUR_MS } from '@tieline/kernel';
import type { ObservedRun } from '../controlled-run.ts';
import { PROMISE } from '../expectation-words.ts';
import type { Watch } from '../expectations.ts';
import type { Scenario } from '../scenario.ts';
import { type Controlled, devicesOf, Forcing, isConnectionFull, nameOf } from './controlled.ts';
import type { Ordered } from './ordered.ts';
import { Promised } from './promised.ts';

/** So near to its reserve, empty or full, a store is let out of its power bit by bit. */
const NEAR_AN_END = 0.03;
/** What disturbed an agent's own doing works on for a while. */
const SETTLED_AFTER_MS = 62_000;

/** How a device was moved by automation alone, while nothing else had a part in it. */
interface Paced {
  readonly device: Controlled;
  askedKw: number;
  /** When something else last had a part in it, ms after the scenario began. */
  disturbedMs: number;
  movedMs: number;
  /** When it had not moved yet: the look before that. It moved at some time between the two. */
  unmovedMs: number;
  direction: number;
  readonly reversalsMs: number[];
}

/** Hundreds of sites that twitch together are worse than one: what automation does alone it does with restraint. */
export function pacingWatches(scenario: Scenario, ordered: Ordered): readonly Watch[] {
  return [
    new Pacing(PROMISE.dwell, scenario, ordered, hurried),
    new Pacing(PROMISE.reversals, scenario, ordered, torn),
  ];
}

/** What is wrong with a move; null where nothing is. */
type Check = (paced: Paced, nowMs: number) => string | null;

class Pacing extends Promised {
  readonly #scenario: Scenario;
  readonly #ordered: Ordered;
  readonly #check: Check;
  readonly #forcing: Forcing;
  #devices: readonly Paced[] | null = null;
  #lookedMs = 0;

  constructor(expected: string, scenario: Scenario, ordered: Ordered, check: Check) {
    super(expected);
    this.#scenario = scenario;
    this.#ordered = ordered;
    this.#check = check;
    this.#forcing = new Forcing(scenario);
  }

  look(run: ObservedRun, nowMs: number): void {
    this.#devices ??= devicesOf(this.#scenario, run)
      .filter(({ model }) => model.ratings.kind === 'battery')
      .map((device) => ({
        ...{ device, askedKw: 0, direction: 0, reversalsMs: [] },
        disturbedMs: 0,
        ...{ movedMs: Number.NEGATIVE_INFINITY, unmovedMs: Number.NEGATIVE_INFINITY },
      }));
    for (const paced of this.#devices) {
      if (this.#isDisturbed(paced, run, nowMs)) paced.disturbedMs = nowMs;
      const askedKw = paced.device.model.askedKw() ?? 0;
      if (askedKw === paced.askedKw) continue;
      paced.askedKw = askedKw;
      const reason =
        nowMs - paced.disturbedMs < SETTLED_AFTER_MS ? null : this.#check(paced, nowMs);
      if (reason !== null) this.broken(`${nameOf(paced.device)} ${reason}`, nowMs);
      remember(paced, nowMs, this.#lookedMs);
    }
    this.#lookedMs = nowMs;
  }

  /** Orders, limits, faults and the ends of a store move a setpoint at once, and rightly so. */
  #isDisturbed({ device, askedKw }: Paced, run: ObservedRun, nowMs: number): boolean {
    const { model, policy, site } = device;
    const charge = run.plant.sites.get(site.plant.site)?.battery?.stateOfCharge ?? 0;
    const ends = [0, policy.reserveStateOfCharge, 1];
    return (
      !run.hasAgent(site.plant.site) ||
      wasTouched(this.#scenario, site.plant.site, { fromMs: this.#lookedMs, toMs: nowMs }) ||
      site.ratings.some(({ asset }) => isFaulty(run, site.plant.site, asset)) ||
      model.local ||
      ends.some((end) => Math.abs(charge - end) < NEAR_AN_END) ||
      this.#ordered.now(device, nowMs) ||
      this.#forcing.lately(device, run, nowMs) ||
      isConnectionFull(device, this.#scenario, run, { sinceMs: this.#lookedMs, nowMs }, askedKw)
    );
  }
}

/** Whether something happened to a site since the last look, which may be over by now. */
function wasTouched(
  { timeline }: Scenario,
  site: string,
  { fromMs, toMs }: { readonly fromMs: number; readonly toMs: number },
): boolean {
  return timeline.some(
    ({ at, kill, start, local, device }) =>
      at <= toMs && at >= fromMs && [kill, start, local?.site, device?.site].includes(site),
  );
}

function isFaulty(run: ObservedRun, site: string, asset: string): boolean {
  const model = run.devices.get(site)?.models.find(({ ratings }) => ratings.asset === asset);
  return model?.fault != null;
}

function remember(paced: Paced, nowMs: number, lookedMs: number): void {
  paced.movedMs = nowMs;
  paced.unmovedMs = lookedMs;
  const direction = Math.sign(paced.askedKw);
  if (direction === 0) return;
  if (paced.direction === -direction) paced.reversalsMs.push(nowMs);
  paced.direction = direction;
}

function hurried({ device, movedMs, unmovedMs, askedKw }: Paced, nowMs: number): string | null {
  const { dwellMs } = device.site.policy;
  // However long it stood, it was no longer than that: a look in the same instant as a cycle comes before it or behind it.
  if (nowMs - unmovedMs >= dwellMs) return null;
  return `moves to ${askedKw} kW after ${(nowMs - movedMs) / 1_000} s`;
}

function torn({ device, direction, askedKw, reversalsMs }: Paced, nowMs: number): string | null {
  const { reversalsPerHourMax } = device.site.policy;
  if (Math.sign(askedKw) !== -direction || direction === 0) return null;
  const lately = reversalsMs.filter((atMs) => nowMs - atMs < HOUR_MS).length;
  return lately < reversalsPerHourMax ? null : `reverses again, ${lately} times in the last hour`;
}
