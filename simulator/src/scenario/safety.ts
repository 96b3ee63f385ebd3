import type { AssetPolicy } from '@tieline/protocol';
import type { SimulatedSite } from '../deployment/simulated-site.ts';
import type { DeviceModel } from '../devices/device-model.ts';
import { clock } from './clock.ts';
import type { Conduct } from './conduct.ts';
import type { ObservedRun } from './controlled-run.ts';
import { PROMISE } from './expectation-words.ts';
import type { Outcome, Watch } from './expectations.ts';
import type { Scenario } from './scenario.ts';

/** Registers keep powers in steps. */
const TOLERANCE_KW = 0.1;
/** An order has ramped out, and its device been told, this long after its end at the latest. */
const RAMP_OUT_MS = 30_000;
/** What a limit has clipped is let go again within a minute. */
const LET_GO_WITHIN_MS = 62_000;
/** A device's own reversion timer runs for a minute; then it holds nothing of an agent that is no more. */
const FALLS_BACK_WITHIN_MS = 62_000;

/** One controllable device of a site, and what its policy gives it. */
interface Controlled {
  readonly site: SimulatedSite;
  readonly model: DeviceModel;
  readonly policy: AssetPolicy;
}

/** What a setpoint at a device may never be: the reason, where it is. */
type Check = (device: Controlled, run: ObservedRun, nowMs: number) => string | null;

/** What no scenario may bring about at any device, looked at after every step. */
export function safetyWatches(scenario: Scenario, conduct: Conduct): readonly Watch[] {
  const agentless = new Map<string, number>();
  const forced = new Map<string, number>();
  return [
    new SafetyWatch(PROMISE.limit, scenario, beyondLimit),
    new SafetyWatch(PROMISE.margin, scenario, (device, run, nowMs) => {
      const isForced = forcedLately(device, scenario, run, nowMs, forced);
      return isForced || orderedNow(device, scenario, conduct, nowMs) ? null : beyondMargin(device);
    }),
    new SafetyWatch(PROMISE.reversion, scenario, (device, run, nowMs) =>
      outliving(device, run, nowMs, agentless),
    ),
  ];
}

class SafetyWatch implements Watch {
  readonly #expected: string;
  readonly #scenario: Scenario;
  readonly #check: Check;
  #devices: readonly Controlled[] | null = null;
  #first: { readonly reason: string; readonly atMs: number } | null = null;

  constructor(expected: string, scenario: Scenario, check: Check) {
    this.#expected = expected;
    this.#scenario = scenario;
    this.#check = check;
  }

  look(run: ObservedRun, nowMs: number): void {
    this.#devices ??= devicesOf(this.#scenario, run);
    for (const device of this.#devices) {
      const reason = this.#check(device, run, nowMs);
      if (reason !== null) this.#first ??= { reason, atMs: nowMs };
    }
  }

  outcome(): Outcome {
    const first = this.#first;
    const seen = first === null ? 'none' : `${first.reason} at ${clock(first.atMs)}`;
    const atMs = first?.atMs ?? null;
    return { expected: this.#expected, kept: first === null, seen, headroom: null, atMs };
  }
}

function devicesOf({ simulated }: Scenario, run: ObservedRun): Controlled[] {
  return simulated.sites.flatMap((site) => {
    const models = run.devices.get(site.plant.site)?.models ?? [];
    return models.flatMap((model) => {
      const policy = site.policy.assets.find(({ asset }) => asset === model.ratings.asset);
      return policy === undefined || !model.controllable ? [] : [{ site, model, policy }];
    });
  });
}

function beyondLimit({ site, model, policy }: Controlled): string | null {
  const { minKw, maxKw } = policy.limit;
  return outside(site, model, minKw, maxKw);
}

function beyondMargin({ site, model, policy }: Controlled): string | null {
  const { minKw, maxKw } = policy.margin;
  return outside(site, model, minKw, maxKw);
}

function outside(
  { plant }: SimulatedSite,
  model: DeviceModel,
  minKw: number,
  maxKw: number,
): string | null {
  const askedKw = model.askedKw();
  if (askedKw === null) return null;
  if (askedKw >= minKw - TOLERANCE_KW && askedKw <= maxKw + TOLERANCE_KW) return null;
  return `${plant.site} ${model.ratings.asset} holds ${askedKw} kW`;
}

/** Whether an order for this device that the control plane took is between its beginning and its end. */
function orderedNow(
  { site, model }: Controlled,
  { timeline }: Scenario,
  { orders }: Conduct,
  nowMs: number,
): boolean {
  return timeline.some(({ at, order }) => {
    if (order?.site !== site.plant.site || order.asset !== model.ratings.asset) return false;
    const taken = orders.get(order.name)?.command != null;
    return taken && nowMs >= at && nowMs <= at + order.for + RAMP_OUT_MS;
  });
}

/**
 * Whether the site would pass what its connection allows without its battery, now or a little ago.
 * @param forced  when that was last so, by site, ms after the scenario began
 */
function forcedLately(
  { site }: Controlled,
  scenario: Scenario,
  run: ObservedRun,
  nowMs: number,
  forced: Map<string, number>,
): boolean {
  const name = site.plant.site;
  const plant = run.plant.sites.get(name);
  const { importMaxKw, exportMaxKw } = connectionOf(site, scenario, nowMs);
  const withoutKw = plant === undefined ? 0 : plant.loadKw - plant.pvKw;
  if (withoutKw > importMaxKw - TOLERANCE_KW || withoutKw < TOLERANCE_KW - exportMaxKw) {
    forced.set(name, nowMs);
  }
  return nowMs - (forced.get(name) ?? Number.NEGATIVE_INFINITY) <= LET_GO_WITHIN_MS;
}

/** What a site's connection allows by the last policy that was published. */
function connectionOf({ plant, policy }: SimulatedSite, { timeline }: Scenario, nowMs: number) {
  let { importMaxKw, exportMaxKw } = policy;
  for (const { at, policy: changes } of timeline) {
    if (changes?.site !== plant.site || at > nowMs) continue;
    importMaxKw = changes.importMaxKw ?? importMaxKw;
    exportMaxKw = changes.exportMaxKw ?? exportMaxKw;
  }
  return { importMaxKw, exportMaxKw };
}

/** @param agentless  since when a site has had no agent, ms after the scenario began */
function outliving(
  { site, model, policy }: Controlled,
  run: ObservedRun,
  nowMs: number,
  agentless: Map<string, number>,
): string | null {
  const name = site.plant.site;
  if (run.hasAgent(name)) {
    agentless.delete(name);
    return null;
  }
  const sinceMs = agentless.get(name) ?? nowMs;
  agentless.set(name, sinceMs);
  const askedKw = model.askedKw();
  const safe = askedKw === null || Math.abs(askedKw - policy.safePowerKw) <= TOLERANCE_KW;
  if (safe || nowMs - sinceMs <= FALLS_BACK_WITHIN_MS) return null;
  return `${name} ${model.ratings.asset} holds ${askedKw} kW without an agent`;
}
