import type { ObservedRun } from '../controlled-run.ts';
import { PROMISE } from '../expectation-words.ts';
import type { Watch } from '../expectations.ts';
import type { Scenario } from '../scenario.ts';
import { type Controlled, devicesOf, Forcing, nameOf, TOLERANCE_KW } from './controlled.ts';
import type { Ordered } from './ordered.ts';
import { Promised } from './promised.ts';

/** A device's own reversion timer runs for a minute; then it holds nothing of an agent that is no more. */
const FALLS_BACK_WITHIN_MS = 62_000;

/** What a setpoint at a device may never be: the reason, where it is. */
type Check = (device: Controlled, run: ObservedRun, nowMs: number) => string | null;

/** What no scenario may bring about at any device. */
export function safetyWatches(scenario: Scenario, ordered: Ordered): readonly Watch[] {
  const agentless = new Map<string, number>();
  const forcing = new Forcing(scenario);
  return [
    new SafetyWatch(PROMISE.limit, scenario, beyondLimit),
    new SafetyWatch(PROMISE.margin, scenario, (device, run, nowMs) => {
      const isForced = forcing.lately(device, run, nowMs);
      return isForced || ordered.now(device, nowMs) ? null : beyondMargin(device);
    }),
    new SafetyWatch(PROMISE.reversion, scenario, (device, run, nowMs) =>
      outliving(device, run, nowMs, agentless),
    ),
  ];
}

class SafetyWatch extends Promised {
  readonly #scenario: Scenario;
  readonly #check: Check;
  #devices: readonly Controlled[] | null = null;

  constructor(expected: string, scenario: Scenario, check: Check) {
    super(expected);
    this.#scenario = scenario;
    this.#check = check;
  }

  look(run: ObservedRun, nowMs: number): void {
    this.#devices ??= devicesOf(this.#scenario, run);
    for (const device of this.#devices) {
      const reason = this.#check(device, run, nowMs);
      if (reason !== null) this.broken(reason, nowMs);
    }
  }
}

function beyondLimit(device: Controlled): string | null {
  const { minKw, maxKw } = device.policy.limit;
  return outside(device, minKw, maxKw);
}

function beyondMargin(device: Controlled): string | null {
  const { minKw, maxKw } = device.policy.margin;
  return outside(device, minKw, maxKw);
}

function outside(device: Controlled, minKw: number, maxKw: number): string | null {
  const askedKw = device.model.askedKw();
  // What somebody else wrote, or a device made of half a write, is no setpoint of its agent.
  if (askedKw === null || device.model.isStray) return null;
  if (askedKw >= minKw - TOLERANCE_KW && askedKw <= maxKw + TOLERANCE_KW) return null;
  return `${nameOf(device)} holds ${askedKw} kW`;
}

/** @param agentless  since when a site has had no agent, ms after the scenario began */
function outliving(
  device: Controlled,
  run: ObservedRun,
  nowMs: number,
  agentless: Map<string, number>,
): string | null {
  const name = device.site.plant.site;
  if (run.hasAgent(name)) {
    agentless.delete(name);
    return null;
  }
  const sinceMs = agentless.get(name) ?? nowMs;
  agentless.set(name, sinceMs);
  const askedKw = device.model.askedKw();
  const safe = askedKw === null || Math.abs(askedKw - device.policy.safePowerKw) <= TOLERANCE_KW;
  if (safe || device.model.isStray || nowMs - sinceMs <= FALLS_BACK_WITHIN_MS) return null;
  return `${nameOf(device)} holds ${askedKw} kW without an agent`;
}
