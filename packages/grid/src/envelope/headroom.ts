import { GridError } from '../error.ts';
import type { FlowLoads } from '../flow/flow-loads.ts';
import type { FlowSolution, PowerFlow } from '../flow/power-flow.ts';
import type { Interval } from './interval.ts';

/** What stops a site's power from moving further. */
export type Binding =
  | { readonly kind: 'span' }
  | { readonly kind: 'voltage-low'; readonly bus: string }
  | { readonly kind: 'voltage-high'; readonly bus: string }
  | { readonly kind: 'rating'; readonly branch: string; readonly ratingAssumed: boolean }
  | { readonly kind: 'collapse'; readonly bus: string }
  /** Nothing feeds the bus. */
  | { readonly kind: 'dead'; readonly bus: string };

export interface Headroom {
  /** How far the power at the bus may move from where it is, kW, positive into the grid; holds 0. */
  readonly deltaKw: Interval;
  readonly downwards: Binding;
  readonly upwards: Binding;
}

export interface HeadroomQuestion {
  readonly bus: string;
  readonly voltageMinPu: number;
  readonly voltageMaxPu: number;
  /** Look no further than this in either direction, kW. */
  readonly spanKw: number;
}

/** The answer lies at most this far on the safe side of the limit. */
const RESOLUTION_KW = 0.1;
/** Steps outwards before the bisection, so that no far island beyond a violation is mistaken for room. */
const STEPS = 16;
/** Below what a power flow resolves; keeps a state that sits on its own limit from counting as beyond it. */
const SLACK_PU = 1e-7;
const SLACK_A = 1e-3;

/**
 * How much a site's active power may move before a voltage leaves its band or a branch passes its
 * rating. A bus that is outside its band already, or a branch above its rating, may stay as it is and
 * must not get worse (the 33-bus feeder lies below 0.95 by nature).
 *
 * @throws {GridError} bus_unknown | flow_diverged where the present state itself has no solution
 */
export function headroom(
  flow: PowerFlow,
  loads: FlowLoads,
  { bus, voltageMinPu, voltageMaxPu, spanKw }: HeadroomQuestion,
): Headroom {
  const at = flow.busIndex(bus);
  const present = flow.solve(loads);
  if (flow.voltagePu(present, bus) === null) {
    const dead: Binding = { kind: 'dead', bus };
    return { deltaKw: { minKw: 0, maxKw: 0 }, downwards: dead, upwards: dead };
  }
  const allowed = allowedFrom(flow, present, voltageMinPu, voltageMaxPu);
  // What follows its voltage is what is there already: an inverter gives what it is asked for at any voltage.
  const { loadKw, elasticKw = loadKw } = loads;
  const moved: FlowLoads = { ...loads, loadKw: loadKw.slice(), elasticKw };
  const bindingAt = (deltaKw: number): Binding | null => {
    moved.loadKw[at] = loadKw[at]! - deltaKw;
    try {
      return firstViolation(flow, flow.solve(moved, present), allowed);
    } catch (thrown) {
      if (!(thrown instanceof GridError) || thrown.failure.code !== 'flow_diverged') throw thrown;
      return { kind: 'collapse', bus: thrown.failure.worstBus };
    }
  };
  const down = furthest(bindingAt, -spanKw);
  const up = furthest(bindingAt, spanKw);
  return {
    deltaKw: { minKw: down.deltaKw, maxKw: up.deltaKw },
    downwards: down.binding,
    upwards: up.binding,
  };
}

interface Allowed {
  readonly lowPu: Float64Array;
  readonly highPu: Float64Array;
  readonly currentA: Float64Array;
}

function allowedFrom(
  flow: PowerFlow,
  present: FlowSolution,
  voltageMinPu: number,
  voltageMaxPu: number,
): Allowed {
  const { voltagePu, currentA } = present;
  return {
    lowPu: voltagePu.map((pu) => Math.min(voltageMinPu, pu) - SLACK_PU),
    highPu: voltagePu.map((pu) => Math.max(voltageMaxPu, pu) + SLACK_PU),
    currentA: currentA.map((presentA, at) => {
      const ratedA = flow.feeder.branches[at]!.ratedA ?? Infinity;
      return Math.max(ratedA, presentA) + SLACK_A;
    }),
  };
}

function firstViolation(flow: PowerFlow, solution: FlowSolution, allowed: Allowed): Binding | null {
  const { voltagePu, currentA } = solution;
  for (let at = 0; at < voltagePu.length; at += 1) {
    const bus = flow.feeder.buses[at]!.id;
    if (voltagePu[at]! < allowed.lowPu[at]!) return { kind: 'voltage-low', bus };
    if (voltagePu[at]! > allowed.highPu[at]!) return { kind: 'voltage-high', bus };
  }
  for (let at = 0; at < currentA.length; at += 1) {
    if (currentA[at]! <= allowed.currentA[at]!) continue;
    const branch = flow.feeder.branches[at]!;
    return { kind: 'rating', branch: branch.id, ratingAssumed: branch.ratingAssumed === true };
  }
  return null;
}

/** Steps outwards to the first violation, then halves back to it. */
function furthest(
  bindingAt: (deltaKw: number) => Binding | null,
  endKw: number,
): { deltaKw: number; binding: Binding } {
  let safeKw = 0;
  for (let step = 1; step <= STEPS; step += 1) {
    let beyondKw = (endKw * step) / STEPS;
    let binding = bindingAt(beyondKw);
    if (binding === null) {
      safeKw = beyondKw;
      continue;
    }
    while (Math.abs(beyondKw - safeKw) > RESOLUTION_KW) {
      const middleKw = (safeKw + beyondKw) / 2;
      const found = bindingAt(middleKw);
      if (found === null) safeKw = middleKw;
      else {
        beyondKw = middleKw;
        binding = found;
      }
    }
    return { deltaKw: safeKw, binding };
  }
  return { deltaKw: safeKw, binding: { kind: 'span' } };
}
