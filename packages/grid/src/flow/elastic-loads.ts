import type { Feeder, LoadZip } from '../feeder.ts';
import type { FlowLoads } from './flow-loads.ts';
import type { Topology } from './topology.ts';

/** What a load draws at a voltage, as a share of what it draws at 1 per unit. */
export function zipShare({ z, i, p }: LoadZip, voltagePu: number): number {
  return z * voltagePu * voltagePu + i * voltagePu + p;
}

/** The loads of a feeder that follow its voltage; null where all of them are constant power. */
export function elasticLoadsOf(feeder: Feeder, topology: Topology): ElasticLoads | null {
  const found = [...topology.busAt.entries()].flatMap(([position, bus]) => {
    const { zip } = feeder.buses[bus]!;
    return zip === undefined ? [] : [{ position, bus, zip }];
  });
  return found.length === 0 ? null : new ElasticLoads(found);
}

/**
 * What ZIP loads draw beyond constant power: S·(z·V² + i·V + p − 1), as a current to add. A feeder without them pays
 * nothing for it.
 */
export class ElasticLoads {
  readonly #at: readonly {
    readonly position: number;
    readonly bus: number;
    readonly zip: LoadZip;
  }[];
  readonly #p: Float64Array;
  readonly #q: Float64Array;

  constructor(at: readonly { position: number; bus: number; zip: LoadZip }[]) {
    this.#at = at;
    this.#p = new Float64Array(at.length);
    this.#q = new Float64Array(at.length);
  }

  take(
    { loadKw, loadKvar, elasticKw = loadKw, elasticKvar = loadKvar }: FlowLoads,
    baseKva: number,
  ): void {
    for (let at = 0; at < this.#at.length; at += 1) {
      const { bus } = this.#at[at]!;
      this.#p[at] = elasticKw[bus]! / baseKva;
      this.#q[at] = elasticKvar[bus]! / baseKva;
    }
  }

  addCurrents(
    voltageRe: Float64Array,
    voltageIm: Float64Array,
    currentRe: Float64Array,
    currentIm: Float64Array,
  ): void {
    for (let at = 0; at < this.#at.length; at += 1) {
      const { position, zip } = this.#at[at]!;
      const re = voltageRe[position]!;
      const im = voltageIm[position]!;
      const square = re * re + im * im;
      const beyond = (zipShare(zip, Math.sqrt(square)) - 1) / square;
      const [p, q] = [this.#p[at]! * beyond, this.#q[at]! * beyond];
      currentRe[position]! += p * re + q * im;
      currentIm[position]! += p * im - q * re;
    }
  }
}
