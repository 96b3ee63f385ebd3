import { GridError } from '../error.ts';
import type { Feeder } from '../feeder.ts';
import { ComplexLu } from './complex-lu.ts';
import { type Topology, topologyOf } from './topology.ts';

/** Everything is per unit on 1 MVA and the feeder's line-to-line voltage. */
export const BASE_KVA = 1_000;
/** Loops beyond which a feeder is no longer weakly meshed; the loop matrix is dense. */
const LOOPS_MAX = 256;

/**
 * The linear half of the power flow: given the current that each bus draws, the currents of the
 * branches and the voltages. Loops are opened at their links; the current of each link is the one
 * that makes both sides of the break equal, found exactly, since the network is linear in currents.
 */
export class Network {
  readonly topology: Topology;
  readonly size: number;
  /** Current drawn at and beyond a position, per unit: after `sweep` the branch current into it. */
  readonly currentRe: Float64Array;
  readonly currentIm: Float64Array;
  /** Current of each link from its `from` to its `to`, per unit. */
  readonly linkRe: Float64Array;
  readonly linkIm: Float64Array;
  /** Position whose voltage moved most in the last sweep. */
  worst = 0;
  readonly #parent: Int32Array;
  readonly #r: Float64Array;
  readonly #x: Float64Array;
  readonly #linkR: Float64Array;
  readonly #linkX: Float64Array;
  readonly #loops: ComplexLu | null;
  readonly #trialRe: Float64Array;
  readonly #trialIm: Float64Array;

  /** @throws {GridError} feeder_too_meshed | loop_without_impedance */
  constructor(feeder: Feeder) {
    this.topology = topologyOf(feeder);
    const { links, parent, feedBranch } = this.topology;
    if (links.length > LOOPS_MAX) {
      throw new GridError({
        code: 'feeder_too_meshed',
        loops: links.length,
        loopsMax: LOOPS_MAX,
      });
    }
    this.size = parent.length;
    this.#parent = parent;
    const baseOhm = (feeder.baseKv * feeder.baseKv * 1_000) / BASE_KVA;
    const ohms = (branches: Iterable<number>, part: 'rOhm' | 'xOhm'): Float64Array =>
      Float64Array.from([...branches], (at) => (feeder.branches[at]?.[part] ?? 0) / baseOhm);
    this.#r = ohms(feedBranch, 'rOhm');
    this.#x = ohms(feedBranch, 'xOhm');
    const linkBranches = links.map((link) => link.branch);
    this.#linkR = ohms(linkBranches, 'rOhm');
    this.#linkX = ohms(linkBranches, 'xOhm');
    this.currentRe = new Float64Array(this.size);
    this.currentIm = new Float64Array(this.size);
    this.#trialRe = new Float64Array(this.size);
    this.#trialIm = new Float64Array(this.size);
    this.linkRe = new Float64Array(links.length);
    this.linkIm = new Float64Array(links.length);
    this.#loops = links.length === 0 ? null : this.#factorLoops(feeder);
  }

  /**
   * Turns what each position draws (in `currentRe`, `currentIm`) into branch currents and, with the
   * slack's voltage at position 0, into voltages, in place.
   *
   * @returns the square of the largest |ΔV|, which was at `worst`; NaN where a voltage is no number
   */
  sweep(voltageRe: Float64Array, voltageIm: Float64Array): number {
    this.#gather(this.currentRe, this.currentIm);
    if (this.#loops !== null) this.#closeLoops(this.#loops);
    const { size, currentRe, currentIm } = this;
    const parent = this.#parent;
    const r = this.#r;
    const x = this.#x;
    let square = 0;
    let worst = 0;
    for (let k = 1; k < size; k += 1) {
      const up = parent[k]!;
      const re = voltageRe[up]! - (r[k]! * currentRe[k]! - x[k]! * currentIm[k]!);
      const im = voltageIm[up]! - (r[k]! * currentIm[k]! + x[k]! * currentRe[k]!);
      const dRe = re - voltageRe[k]!;
      const dIm = im - voltageIm[k]!;
      const change = dRe * dRe + dIm * dIm;
      // Written so that NaN enters too: the first bus to leave the numbers is the one to name.
      if (!(change <= square)) {
        square = change;
        worst = k;
        if (Number.isNaN(change)) break;
      }
      voltageRe[k] = re;
      voltageIm[k] = im;
    }
    this.worst = worst;
    return square;
  }

  /**
   * Magnitude of every branch current into `currentA`, in the order of the file.
   *
   * @returns what the currents of the last sweep lose, per unit: resistive, reactive
   */
  branchCurrents(currentA: Float64Array, baseA: number): [lossP: number, lossQ: number] {
    const { size, currentRe, currentIm, linkRe, linkIm } = this;
    const { feedBranch, links } = this.topology;
    const r = this.#r;
    const x = this.#x;
    let lossP = 0;
    let lossQ = 0;
    for (let k = 1; k < size; k += 1) {
      const square = currentRe[k]! * currentRe[k]! + currentIm[k]! * currentIm[k]!;
      lossP += r[k]! * square;
      lossQ += x[k]! * square;
      currentA[feedBranch[k]!] = Math.sqrt(square) * baseA;
    }
    for (let at = 0; at < links.length; at += 1) {
      const square = linkRe[at]! * linkRe[at]! + linkIm[at]! * linkIm[at]!;
      lossP += this.#linkR[at]! * square;
      lossQ += this.#linkX[at]! * square;
      currentA[links[at]!.branch] = Math.sqrt(square) * baseA;
    }
    return [lossP, lossQ];
  }

  /** Sums from the leaves to the source: what a position draws becomes what flows into it. */
  #gather(re: Float64Array, im: Float64Array): void {
    const parent = this.#parent;
    for (let k = this.size - 1; k > 0; k -= 1) {
      const up = parent[k]!;
      re[up]! += re[k]!;
      im[up]! += im[k]!;
    }
  }

  /** Adds the currents of the links to the branch currents of the opened network. */
  #closeLoops(loops: ComplexLu): void {
    const { linkRe, linkIm, currentRe, currentIm } = this;
    this.#mismatch(currentRe, currentIm);
    loops.solve(linkRe, linkIm);
    const trialRe = this.#trialRe.fill(0);
    const trialIm = this.#trialIm.fill(0);
    this.topology.links.forEach((link, at) => {
      trialRe[link.from]! += linkRe[at]!;
      trialIm[link.from]! += linkIm[at]!;
      trialRe[link.to]! -= linkRe[at]!;
      trialIm[link.to]! -= linkIm[at]!;
    });
    this.#gather(trialRe, trialIm);
    for (let k = 0; k < this.size; k += 1) {
      currentRe[k]! += trialRe[k]!;
      currentIm[k]! += trialIm[k]!;
    }
  }

  /** Voltage across each open link under these branch currents, into `linkRe` and `linkIm`. */
  #mismatch(re: Float64Array, im: Float64Array): void {
    const parent = this.#parent;
    const dropRe = this.#trialRe.fill(0);
    const dropIm = this.#trialIm.fill(0);
    for (let k = 1; k < this.size; k += 1) {
      const up = parent[k]!;
      dropRe[k] = dropRe[up]! + this.#r[k]! * re[k]! - this.#x[k]! * im[k]!;
      dropIm[k] = dropIm[up]! + this.#r[k]! * im[k]! + this.#x[k]! * re[k]!;
    }
    this.topology.links.forEach((link, at) => {
      this.linkRe[at] = dropRe[link.to]! - dropRe[link.from]!;
      this.linkIm[at] = dropIm[link.to]! - dropIm[link.from]!;
    });
  }

  /** The loop impedance matrix, column by column: the response of every link to 1 per unit in one. */
  #factorLoops(feeder: Feeder): ComplexLu {
    const { links } = this.topology;
    const count = links.length;
    const re = new Float64Array(count * count);
    const im = new Float64Array(count * count);
    const unitRe = new Float64Array(this.size);
    const unitIm = new Float64Array(this.size);
    links.forEach((link, column) => {
      unitRe.fill(0);
      unitRe[link.from]! += 1;
      unitRe[link.to]! -= 1;
      this.#gather(unitRe, unitIm);
      this.#mismatch(unitRe, unitIm);
      for (let row = 0; row < count; row += 1) {
        re[row * count + column] = -this.linkRe[row]!;
        im[row * count + column] = -this.linkIm[row]!;
      }
      re[column * count + column]! += this.#linkR[column]!;
      im[column * count + column]! += this.#linkX[column]!;
    });
    const factored = ComplexLu.factor(count, re, im);
    if ('lu' in factored) return factored.lu;
    const branch = feeder.branches[links[factored.singularColumn]!.branch]!.id;
    throw new GridError({ code: 'loop_without_impedance', branch });
  }
}
