import type { Feeder } from '../feeder.ts';
import { PowerFlow } from './power-flow.ts';

/** The answer of `tieline sim flow --json`, in the order of the file. */
export interface FlowReport {
  readonly schema: 'tieline.flow/1';
  readonly feeder: string;
  readonly converged: true;
  readonly iterations: number;
  readonly lossKw: number;
  readonly lossKvar: number;
  /** What the source delivers into the feeder. */
  readonly importKw: number;
  readonly importKvar: number;
  readonly minVoltage: { readonly bus: string; readonly pu: number };
  readonly buses: readonly BusReport[];
  readonly branches: readonly BranchReport[];
}

export type BusReport =
  | { readonly id: string; readonly voltagePu: number; readonly angleDeg: number }
  | {
      readonly id: string;
      readonly voltagePu: null;
      readonly angleDeg: null;
      readonly energised: false;
    };

export interface BranchReport {
  readonly id: string;
  readonly currentA: number;
  readonly closed?: false;
  readonly ratedA?: number;
  readonly ratingAssumed?: true;
}

/**
 * Solves a feeder with the loads of its file.
 *
 * @throws {GridError} flow_diverged | feeder_too_meshed | loop_without_impedance
 */
export function flowReport(feeder: Feeder): FlowReport {
  const flow = new PowerFlow(feeder);
  const solution = flow.solve();
  const buses = feeder.buses.map(({ id }): BusReport => {
    const voltagePu = flow.voltagePu(solution, id);
    const angleDeg = flow.angleDeg(solution, id);
    return voltagePu === null || angleDeg === null
      ? { id, voltagePu: null, angleDeg: null, energised: false }
      : { id, voltagePu, angleDeg };
  });
  const branches = feeder.branches.map((branch, at): BranchReport => {
    const { id, ratedA } = branch;
    return {
      id,
      currentA: solution.currentA[at]!,
      ...(branch.closed === false ? { closed: false } : {}),
      ...(ratedA === undefined ? {} : { ratedA }),
      ...(branch.ratingAssumed === true ? { ratingAssumed: true } : {}),
    };
  });
  return {
    schema: 'tieline.flow/1',
    feeder: feeder.name,
    converged: true,
    iterations: solution.iterations,
    lossKw: solution.lossKw,
    lossKvar: solution.lossKvar,
    importKw: solution.importKw,
    importKvar: solution.importKvar,
    minVoltage: solution.minVoltage,
    buses,
    branches,
  };
}
