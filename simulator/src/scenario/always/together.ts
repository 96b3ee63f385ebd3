import type { ControlledRun, Inside, ObservedRun } from '../controlled-run.ts';
import { PROMISE } from '../expectation-words.ts';
import type { Scenario } from '../scenario.ts';
import { type Controlled, devicesOf, TOLERANCE_KW } from './controlled.ts';
import { type Ordered, RAMP_OUT_MS } from './ordered.ts';
import { Promised } from './promised.ts';
import { tooMany } from './too-many.ts';

/** At most this part of an order's time is given up for spreading its end (docs/adr/0009). */
const SPREAD_PART_MAX = 0.1;
/** Two looks of a second each: what ended in the same moment may lie on both sides of one. */
const LET_GO_AT_ONCE_MS = 2_000;

/** Orders that end at the same time. */
interface End {
  /** How many of them let go at once are no chance. */
  readonly tooMany: number;
  /** By each of them that was let go: the last look at which it still held, ms after the scenario began. */
  readonly heldMs: number[];
}

/** Setpoints of many sites that end together are let go one by one, each agent at a time of its own. */
export class EndsSpread extends Promised {
  readonly #scenario: Scenario;
  readonly #ordered: Ordered;
  #devices: readonly { readonly device: Controlled; heldKw: number }[] | null = null;
  /** By when they were to end, ms after the scenario began. */
  readonly #ends: ReadonlyMap<number, End>;
  #lookedMs = 0;

  constructor(scenario: Scenario, ordered: Ordered) {
    super(PROMISE.ends);
    this.#scenario = scenario;
    this.#ordered = ordered;
    this.#ends = endsOf(scenario);
  }

  look(run: ObservedRun, nowMs: number): void {
    const heldMs = this.#lookedMs;
    this.#lookedMs = nowMs;
    this.#devices ??= devicesOf(this.#scenario, run).map((device) => ({ device, heldKw: 0 }));
    for (const one of this.#devices) {
      const askedKw = one.device.model.askedKw() ?? 0;
      const end = this.#endOf(one.device, one.heldKw, nowMs);
      const isLetGo = Math.abs(askedKw - one.heldKw) > TOLERANCE_KW;
      one.heldKw = askedKw;
      if (end === undefined || !isLetGo) continue;
      end.heldMs.push(heldMs);
      const atOnce = end.heldMs.filter((sinceMs) => nowMs - sinceMs <= LET_GO_AT_ONCE_MS).length;
      if (atOnce >= end.tooMany) this.broken(`${atOnce} within two seconds`, nowMs);
    }
  }

  /** The end that a device's order comes to about now, while the device still holds what it said. */
  #endOf(device: Controlled, heldKw: number, nowMs: number): End | undefined {
    if (!this.#ordered.now(device, nowMs)) return undefined;
    const ending = this.#scenario.timeline.find(
      ({ at, order }) =>
        order?.site === device.site.plant.site &&
        order.asset === device.model.ratings.asset &&
        Math.abs(order.kw - heldKw) <= TOLERANCE_KW &&
        Math.abs(nowMs - at - order.for) <= RAMP_OUT_MS,
    );
    return ending?.order === undefined ? undefined : this.#ends.get(ending.at + ending.order.for);
  }
}

function endsOf({ timeline, simulated }: Scenario): ReadonlyMap<number, End> {
  const windows = new Map<number, number[]>();
  const sites = new Map(simulated.sites.map((site) => [site.plant.site, site]));
  for (const { at, order } of timeline) {
    if (order === undefined) continue;
    const withinMs = sites.get(order.site)?.policy.releaseWithinMs ?? 0;
    const windowMs = Math.min(withinMs, order.for * SPREAD_PART_MAX);
    windows.set(at + order.for, [...(windows.get(at + order.for) ?? []), windowMs]);
  }
  return new Map(
    [...windows].map(([endMs, spreadMs]) => {
      const share = Math.min(1, LET_GO_AT_ONCE_MS / Math.min(...spreadMs));
      return [endMs, { tooMany: tooMany(spreadMs.length, share), heldMs: [] }];
    }),
  );
}

/** The first waits before a client connects again are drawn from a whole second; later ones from more. */
const FIRST_WAIT_MS = 1_000;
const BACK_AT_ONCE_MS = 50;

/** Clients that a broker lost all at once do not come back to it at once. */
export class ReturnsSpread extends Promised {
  /** What makes clients connect together, and rightly so, but for a broker; in the order of time. */
  readonly #turns: Scenario['timeline'];
  readonly #tooMany: number;
  /** Connections of just now, ms after the scenario began. */
  #backMs: readonly number[] = [];

  /** @param run  about to begin */
  constructor({ timeline, simulated }: Scenario, { world }: ControlledRun, { show }: Inside) {
    super(PROMISE.returns);
    this.#turns = timeline.filter(
      ({ broker, restore, start, control }) =>
        (broker ?? restore ?? start ?? control) !== undefined,
    );
    // The control plane is one, too, and whoever listens in.
    this.#tooMany = tooMany(simulated.sites.length + 2, BACK_AT_ONCE_MS / FIRST_WAIT_MS);
    const startMs = world.wallMs();
    show({ connected: () => this.#back(world.wallMs() - startMs) });
  }

  look(): void {}

  #back(nowMs: number): void {
    const turn = this.#turns.findLast(({ at }) => at <= nowMs);
    if (turn?.broker === undefined) return;
    const sinceMs = Math.max(turn.at, nowMs - BACK_AT_ONCE_MS);
    this.#backMs = [...this.#backMs.filter((atMs) => atMs >= sinceMs), nowMs];
    const atOnce = this.#backMs.length;
    if (atOnce >= this.#tooMany) this.broken(`${atOnce} within ${BACK_AT_ONCE_MS} ms`, nowMs);
  }
}
