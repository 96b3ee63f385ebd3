import type { Feeder } from '../feeder.ts';

/**
 * A feeder as numbers: the tree that feeds each bus, and the closed branches left over, which close
 * loops. A *position* counts the energised buses from the source outwards, so that a parent always
 * stands before its children; position 0 is the slack. A bus that nothing feeds has no position.
 */
export interface Topology {
  /** Position → index in `feeder.buses`. */
  readonly busAt: Int32Array;
  /** Index in `feeder.buses` → position, −1 where nothing feeds the bus. */
  readonly positionOf: Int32Array;
  /** Position → position of the bus that feeds it; −1 for the slack. */
  readonly parent: Int32Array;
  /** Position → index in `feeder.branches` of the branch that feeds it; −1 for the slack. */
  readonly feedBranch: Int32Array;
  readonly links: readonly Link[];
}

/** A closed branch outside the tree, between two energised buses. */
export interface Link {
  readonly branch: number;
  readonly from: number;
  readonly to: number;
}

/** Breadth first from the slack over closed branches, in the order of the file. */
export function topologyOf(feeder: Feeder): Topology {
  const busIndex = new Map(feeder.buses.map((bus, at) => [bus.id, at]));
  const ends = feeder.branches.map((branch) => ({
    from: busIndex.get(branch.from) ?? -1,
    to: busIndex.get(branch.to) ?? -1,
  }));
  const touching: number[][] = feeder.buses.map(() => []);
  feeder.branches.forEach((branch, at) => {
    if (branch.closed === false) return;
    const { from, to } = ends[at]!;
    touching[from]!.push(at);
    touching[to]!.push(at);
  });

  const positionOf = new Int32Array(feeder.buses.length).fill(-1);
  const order: number[] = [busIndex.get(feeder.slack.bus) ?? -1];
  const parent: number[] = [-1];
  const feedBranch: number[] = [-1];
  const links: Link[] = [];
  const met = new Uint8Array(feeder.branches.length);
  positionOf[order[0]!] = 0;
  for (let position = 0; position < order.length; position += 1) {
    const bus = order[position]!;
    for (const branch of touching[bus]!) {
      if (met[branch] === 1) continue;
      met[branch] = 1;
      const { from, to } = ends[branch]!;
      const other = from === bus ? to : from;
      if (positionOf[other]! >= 0) {
        links.push({ branch, from: positionOf[from]!, to: positionOf[to]! });
        continue;
      }
      positionOf[other] = order.length;
      order.push(other);
      parent.push(position);
      feedBranch.push(branch);
    }
  }
  return {
    busAt: Int32Array.from(order),
    positionOf,
    parent: Int32Array.from(parent),
    feedBranch: Int32Array.from(feedBranch),
    links,
  };
}
