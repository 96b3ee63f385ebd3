import { assert } from '@tieline/kernel';
import { GridError } from '../error.ts';
import type { Feeder } from '../feeder.ts';
import { type ElasticLoads, elasticLoadsOf } from './elastic-loads.ts';
import type { FlowLoads } from './flow-loads.ts';
import { BASE_KVA, Network } from './network.ts';

/** Stop when the largest |ΔV| of a sweep falls below it, per unit. */
export const TOLERANCE_PU = 1e-8;
/** A feeder that is not near its limit needs seven to nine; one at the nose, some hundred. */
const SWEEPS_MAX = 200;

/** Buses in the order of `feeder.buses`, branches in that of `feeder.branches`. */
export interface FlowSolution {
  readonly iterations: number;
  /** Per unit; NaN at a bus that nothing feeds (`PowerFlow.voltagePu` says null). */
  readonly voltagePu: Float64Array;
  /** Parts of the voltage phasor, per unit, the slack's at angle 0; NaN where nothing feeds. */
  readonly voltageRe: Float64Array;
  readonly voltageIm: Float64Array;
  /** Magnitude; 0 where the branch is open or dead. */
  readonly currentA: Float64Array;
  readonly lossKw: number;
  readonly lossKvar: number;
  /** What the source delivers into the feeder. */
  readonly importKw: number;
  readonly importKvar: number;
  /** The lowest voltage of an energised bus. */
  readonly minVoltage: { readonly bus: string; readonly pu: number };
}

/**
 * Balanced power flow of a radial or weakly meshed feeder by current summation (backward/forward
 * sweep), loops by compensation at break points. Compiled once, solved many times; not reentrant.
 *
 * Stops on voltage change, not on power mismatch, which very short branches keep from ever vanishing.
 *
 * @source Shirmohammadi, Hong, Semlyen, Luo, IEEE Trans. Power Systems 3(2), 1988
 */
export class PowerFlow {
  readonly feeder: Feeder;
  readonly #network: Network;
  readonly #busIndex: ReadonlyMap<string, number>;
  readonly #fileLoads: FlowLoads;
  readonly #loadP: Float64Array;
  readonly #loadQ: Float64Array;
  readonly #elastic: ElasticLoads | null;
  readonly #voltageRe: Float64Array;
  readonly #voltageIm: Float64Array;
  readonly #baseA: number;

  /** @throws {GridError} feeder_too_meshed | loop_without_impedance */
  constructor(feeder: Feeder) {
    this.feeder = feeder;
    this.#network = new Network(feeder);
    this.#busIndex = new Map(feeder.buses.map((bus, at) => [bus.id, at]));
    this.#fileLoads = {
      loadKw: Float64Array.from(feeder.buses, (bus) => bus.loadKw ?? 0),
      loadKvar: Float64Array.from(feeder.buses, (bus) => bus.loadKvar ?? 0),
    };
    this.#loadP = new Float64Array(this.#network.size);
    this.#loadQ = new Float64Array(this.#network.size);
    this.#elastic = elasticLoadsOf(feeder, this.#network.topology);
    this.#voltageRe = new Float64Array(this.#network.size);
    this.#voltageIm = new Float64Array(this.#network.size);
    this.#baseA = BASE_KVA / (Math.sqrt(3) * feeder.baseKv);
  }

  /** The place of a bus in every array. @throws {GridError} bus_unknown */
  busIndex(bus: string): number {
    const at = this.#busIndex.get(bus);
    if (at === undefined) throw new GridError({ code: 'bus_unknown', bus });
    return at;
  }

  /** Whether the source feeds a bus as the branches stand. */
  isFed(busIndex: number): boolean {
    return this.#network.topology.positionOf[busIndex]! >= 0;
  }

  /**
   * The loads of the file, with some replaced; a fresh copy that the caller may change.
   *
   * @throws {GridError} bus_unknown
   */
  loads(
    overrides: ReadonlyMap<string, { loadKw?: number; loadKvar?: number }> = new Map(),
  ): FlowLoads {
    const loadKw = this.#fileLoads.loadKw.slice();
    const loadKvar = this.#fileLoads.loadKvar.slice();
    for (const [bus, load] of overrides) {
      const at = this.busIndex(bus);
      loadKw[at] = load.loadKw ?? loadKw[at]!;
      loadKvar[at] = load.loadKvar ?? loadKvar[at]!;
    }
    return { loadKw, loadKvar };
  }

  /** Per unit; null where nothing feeds the bus. @throws {GridError} bus_unknown */
  voltagePu(solution: FlowSolution, bus: string): number | null {
    const pu = solution.voltagePu[this.busIndex(bus)]!;
    return Number.isNaN(pu) ? null : pu;
  }

  /** Degrees against the slack; null where nothing feeds the bus. @throws {GridError} bus_unknown */
  angleDeg(solution: FlowSolution, bus: string): number | null {
    const at = this.busIndex(bus);
    if (Number.isNaN(solution.voltagePu[at]!)) return null;
    return (Math.atan2(solution.voltageIm[at]!, solution.voltageRe[at]!) * 180) / Math.PI;
  }

  /**
   * @param loads  what every bus draws; the file's own where none are given
   * @param warmStart  a solution of this feeder to start from; flat at the slack's voltage without one
   * @param slackPu  in the place of the file's: what a tap changer makes of it
   * @throws {GridError} flow_diverged with the worst bus | load_not_finite
   */
  solve(
    loads: FlowLoads = this.#fileLoads,
    warmStart?: FlowSolution,
    slackPu: number = this.feeder.slack.voltagePu,
  ): FlowSolution {
    this.#takeLoads(loads);
    this.#start(warmStart, slackPu);
    const voltageRe = this.#voltageRe;
    const voltageIm = this.#voltageIm;
    let iterations = 0;
    for (;;) {
      this.#drawCurrents();
      const square = this.#network.sweep(voltageRe, voltageIm);
      iterations += 1;
      if (square < TOLERANCE_PU * TOLERANCE_PU) return this.#solution(iterations, slackPu);
      if (iterations < SWEEPS_MAX && square < Infinity) continue;
      throw new GridError({
        code: 'flow_diverged',
        worstBus: this.feeder.buses[this.#network.topology.busAt[this.#network.worst]!]!.id,
        iterations,
        lastChangePu: Number.isFinite(square) ? Math.sqrt(square) : null,
      });
    }
  }

  #takeLoads(loads: FlowLoads): void {
    const { loadKw, loadKvar } = loads;
    const { busAt } = this.#network.topology;
    const count = this.feeder.buses.length;
    assert(loadKw.length === count && loadKvar.length === count, 'one load for every bus');
    let sum = 0;
    for (let k = 0; k < busAt.length; k += 1) {
      const bus = busAt[k]!;
      this.#loadP[k] = loadKw[bus]! / BASE_KVA;
      this.#loadQ[k] = loadKvar[bus]! / BASE_KVA;
      sum += loadKw[bus]! + loadKvar[bus]!;
    }
    this.#elastic?.take(loads, BASE_KVA);
    if (Number.isFinite(sum)) return;
    const at = busAt.find((bus) => !Number.isFinite(loadKw[bus]! + loadKvar[bus]!));
    throw new GridError({ code: 'load_not_finite', bus: this.feeder.buses[at ?? 0]!.id });
  }

  #start(warmStart: FlowSolution | undefined, slackPu: number): void {
    const { busAt } = this.#network.topology;
    this.#voltageRe.fill(slackPu);
    this.#voltageIm.fill(0);
    if (warmStart === undefined) return;
    for (let k = 1; k < busAt.length; k += 1) {
      const re = warmStart.voltageRe[busAt[k]!]!;
      // A bus that was dead then, and is fed now, starts flat.
      if (Number.isNaN(re)) continue;
      this.#voltageRe[k] = re;
      this.#voltageIm[k] = warmStart.voltageIm[busAt[k]!]!;
    }
  }

  /** I = (S / V)*, drawn at each position. */
  #drawCurrents(): void {
    const { size, currentRe, currentIm } = this.#network;
    const voltageRe = this.#voltageRe;
    const voltageIm = this.#voltageIm;
    const loadP = this.#loadP;
    const loadQ = this.#loadQ;
    for (let k = 0; k < size; k += 1) {
      const re = voltageRe[k]!;
      const im = voltageIm[k]!;
      const square = re * re + im * im;
      currentRe[k] = (loadP[k]! * re + loadQ[k]! * im) / square;
      currentIm[k] = (loadP[k]! * im - loadQ[k]! * re) / square;
    }
    this.#elastic?.addCurrents(voltageRe, voltageIm, currentRe, currentIm);
  }

  #solution(iterations: number, slackPu: number): FlowSolution {
    const { topology, currentRe, currentIm } = this.#network;
    const { busAt } = topology;
    const { buses, branches } = this.feeder;
    // One buffer for the four of them: allocating costs more here than a sweep.
    const buffer = new ArrayBuffer((3 * buses.length + branches.length) * 8);
    const voltageRe = new Float64Array(buffer, 0, buses.length);
    const voltageIm = new Float64Array(buffer, 8 * buses.length, buses.length);
    const voltagePu = new Float64Array(buffer, 16 * buses.length, buses.length);
    const currentA = new Float64Array(buffer, 24 * buses.length, branches.length);
    if (busAt.length < buses.length) {
      for (const voltage of [voltageRe, voltageIm, voltagePu]) voltage.fill(Number.NaN);
    }
    let lowestPu = Infinity;
    let lowestBus = 0;
    for (let k = 0; k < busAt.length; k += 1) {
      const bus = busAt[k]!;
      const re = this.#voltageRe[k]!;
      const im = this.#voltageIm[k]!;
      const pu = Math.sqrt(re * re + im * im);
      voltageRe[bus] = re;
      voltageIm[bus] = im;
      voltagePu[bus] = pu;
      if (pu < lowestPu) {
        lowestPu = pu;
        lowestBus = bus;
      }
    }
    const [lossP, lossQ] = this.#network.branchCurrents(currentA, this.#baseA);
    return {
      iterations,
      voltagePu,
      voltageRe,
      voltageIm,
      currentA,
      lossKw: lossP * BASE_KVA,
      lossKvar: lossQ * BASE_KVA,
      importKw: slackPu * currentRe[0]! * BASE_KVA,
      importKvar: -slackPu * currentIm[0]! * BASE_KVA,
      minVoltage: { bus: buses[lowestBus]!.id, pu: lowestPu },
    };
  }
}
