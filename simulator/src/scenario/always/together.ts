import type { ControlledRun, Inside, ObservedRun } from '../controlled-run.ts';
import { PROMISE } from '../expectation-words.ts';
import type { Scenario } from '../scenario.ts';
import { type Controlled, devicesOf, TOLERANCE_KW } from './controlled.ts';
import { type Ordered, RAMP_OUT_MS } from './ordered.ts';
import { Promised } from './promised.ts';

/** So few of them do the same thing at once by chance, now and then. */
const CROWD = 5;

/**
 * Setpoints of many sites that end together are let go one by one, each agent at a time of its own.
 * More than half of a crowd within one second is no chance.
 */
export class EndsSpread extends Promised {
  readonly #scenario: Scenario;
  readonly #ordered: Ordered;
  #devices: readonly { readonly device: Controlled; heldKw: number }[] | null = null;
  /** By when they were to end: how many there are, and when each was let go, ms after the scenario began. */
  readonly #ends = new Map<number, { readonly crowd: number; readonly letGoMs: number[] }>();

  constructor(scenario: Scenario, ordered: Ordered) {
    super(PROMISE.ends);
    this.#scenario = scenario;
    this.#ordered = ordered;
    for (const { at, order } of scenario.timeline) {
      if (order === undefined) continue;
      const endMs = at + order.for;
      const crowd = (this.#ends.get(endMs)?.crowd ?? 0) + 1;
      this.#ends.set(endMs, { crowd, letGoMs: [] });
    }
  }

  look(run: ObservedRun, nowMs: number): void {
    this.#devices ??= devicesOf(this.#scenario, run).map((device) => ({ device, heldKw: 0 }));
    for (const one of this.#devices) {
      const askedKw = one.device.model.askedKw() ?? 0;
      const end = this.#endOf(one.device, one.heldKw, nowMs);
      const isLetGo = Math.abs(askedKw - one.heldKw) > TOLERANCE_KW;
      one.heldKw = askedKw;
      if (end === undefined || !isLetGo) continue;
      end.letGoMs.push(nowMs);
      const atOnce = end.letGoMs.filter((atMs) => nowMs - atMs < 1_000).length;
      if (end.crowd >= CROWD && atOnce * 2 > end.crowd) {
        this.broken(`${atOnce} of ${end.crowd} within a second`, nowMs);
      }
    }
  }

  /** The end that a device's order comes to about now, while the device still holds what it said. */
  #endOf(device: Controlled, heldKw: number, nowMs: number) {
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

/** All of a crowd within so little time is no chance: the first waits are drawn from a whole second. */
const AT_ONCE_MS = 50;

/** Clients that a broker lost all at once do not come back to it all at once. */
export class ReturnsSpread extends Promised {
  /** Connections since the broker was last restarted, ms after the scenario began. */
  #backMs: number[] = [];
  #restarts: readonly number[];
  readonly #crowd: number;

  /** @param run  about to begin */
  constructor(scenario: Scenario, { world }: ControlledRun, { show }: Inside) {
    super(PROMISE.returns);
    this.#restarts = scenario.timeline.flatMap(({ at, broker }) =>
      broker === undefined ? [] : [at],
    );
    this.#crowd = scenario.simulated.sites.length;
    const startMs = world.wallMs();
    show({ connected: () => this.#back(world.wallMs() - startMs) });
  }

  look(): void {}

  #back(nowMs: number): void {
    const [restartMs = Number.POSITIVE_INFINITY, ...later] = this.#restarts;
    if (nowMs < restartMs) return;
    if ((later[0] ?? Number.POSITIVE_INFINITY) <= nowMs) {
      this.#restarts = later;
      this.#backMs = [];
    }
    this.#backMs.push(nowMs);
    const atOnce = this.#backMs.filter((atMs) => nowMs - atMs < AT_ONCE_MS).length;
    if (this.#crowd >= CROWD - 1 && atOnce >= this.#crowd) {
      this.broken(`${atOnce} within ${AT_ONCE_MS} ms`, nowMs);
    }
  }
}
