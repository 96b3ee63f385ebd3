import type { Inside, ObservedRun, SeenLog } from '../controlled-run.ts';
import { PROMISE } from '../expectation-words.ts';
import type { Scenario } from '../scenario.ts';
import { type Controlled, devicesOf, nameOf } from './controlled.ts';
import { Promised } from './promised.ts';

/** A device keeps what it is told in steps of its registers: at most a percent of its nameplate, and half a watt ten. */
const STEP_PART = 0.01;
const STEP_KW = 0.05;
/** What was decided in one cycle has reached the device before the next. */
const CYCLE_MS = 1_000;

/** Whatever a device was asked for last stands in the log of its agent, on the disk as it is at that moment. */
export class OnRecord extends Promised {
  readonly #scenario: Scenario;
  readonly #inside: Inside;
  #devices: readonly { readonly device: Controlled; askedKw: number | null }[] | null = null;
  readonly #logs = new Map<string, SetpointsOnRecord>();
  readonly #refused = new Map<string, { readonly count: number; readonly atMs: number }>();

  constructor(scenario: Scenario, inside: Inside) {
    super(PROMISE.onRecord);
    this.#scenario = scenario;
    this.#inside = inside;
  }

  look(run: ObservedRun, nowMs: number): void {
    this.#devices ??= devicesOf(this.#scenario, run).map((device) => ({ device, askedKw: null }));
    for (const one of this.#devices) {
      const { device } = one;
      const askedKw = device.model.askedKw();
      const isNews = askedKw !== one.askedKw;
      one.askedKw = askedKw;
      const { site } = device.site.plant;
      // Control goes on upon a disk that takes nothing, and can tell of nothing.
      if (this.#hasRefused(site, nowMs)) continue;
      // What a device makes of it by itself, or what somebody else wrote, is not its agent's word.
      const { fault, isStray } = device.model;
      if (!isNews || askedKw === null || fault !== null || isStray || !run.hasAgent(site)) continue;
      if (this.#logOf(run, site)?.holds(device, askedKw) ?? false) continue;
      this.broken(`${nameOf(device)} is asked for ${askedKw} kW`, nowMs);
    }
  }

  /** Whether the disk has not taken what was decided within this cycle. */
  #hasRefused(site: string, nowMs: number): boolean {
    const count = this.#inside.diskRefusals(site);
    const before = this.#refused.get(site) ?? { count: 0, atMs: Number.NEGATIVE_INFINITY };
    const now = count > before.count ? { count, atMs: nowMs } : before;
    this.#refused.set(site, now);
    return nowMs - now.atMs < CYCLE_MS;
  }

  #logOf({ logs }: ObservedRun, site: string): SetpointsOnRecord | null {
    const known = this.#logs.get(site);
    const log = logs.get(site);
    if (known !== undefined || log === undefined) return known ?? null;
    const begun = new SetpointsOnRecord(log);
    this.#logs.set(site, begun);
    return begun;
  }
}

/** The newest setpoints that a log tells of. */
class SetpointsOnRecord {
  readonly #log: SeenLog;
  readonly #newest = new Map<string, unknown>();
  #read = 0;

  constructor(log: SeenLog) {
    this.#log = log;
  }

  holds({ model, policy }: Controlled, askedKw: number): boolean {
    const { asset, kind, dischargeMaxKw, chargeMaxKw } = model.ratings;
    this.#catchUp();
    const toldKw = this.#newest.get(asset);
    const stepKw = STEP_PART * Math.max(dischargeMaxKw, chargeMaxKw) + STEP_KW;
    if (typeof toldKw === 'number') return Math.abs(askedKw - toldKw) <= stepKw;
    // Let go, a load is told all that it may draw.
    if (kind === 'flexible-load' && Math.abs(askedKw + chargeMaxKw) <= stepKw) return true;
    // Nothing told: it fell back to rest, or to what it is to do without an agent.
    return Math.abs(askedKw - policy.safePowerKw) <= STEP_KW;
  }

  #catchUp(): void {
    const { size, first } = this.#log;
    for (const { kind, body } of this.#log.records(Math.max(first, this.#read), size)) {
      const cycles = kind === 'control_cycles' ? body['cycles'] : null;
      const setpoints = Array.isArray(cycles) ? cycles.at(-1)?.[5] : null;
      if (!Array.isArray(setpoints)) continue;
      for (const [asset, powerKw] of setpoints) this.#newest.set(String(asset), powerKw);
    }
    this.#read = size;
  }
}
