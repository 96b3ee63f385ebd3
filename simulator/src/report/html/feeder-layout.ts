import type { Feeder } from '@tieline/grid';

/** A bus in the drawing: how many branches from the source it lies, and in which row. */
export interface PlacedBus {
  readonly id: string;
  readonly depth: number;
  readonly row: number;
  /** The bus that it is reached from; null at the source. */
  readonly parent: string | null;
  /** The branch that it is reached by, as a place in the feeder's order; null at the source. */
  readonly branch: number | null;
}

/**
 * Places the buses as a tree, by the branches that are closed in the feeder's file: the longest way on stays in its row,
 * each other one begins a row below. What these do not reach hangs at an open branch.
 */
export function feederLayout(feeder: Feeder): readonly PlacedBus[] {
  const reached = reachedFrom(feeder);
  const children = new Map<string, string[]>();
  const reach = new Map<string, number>();
  // From the far ends back: how far one gets from each bus.
  for (const [id, { parent, depth }] of [...reached].toReversed()) {
    if (!reach.has(id)) reach.set(id, depth);
    if (parent === null) continue;
    reach.set(parent, Math.max(reach.get(parent) ?? 0, reach.get(id) ?? 0));
    children.set(parent, [id, ...(children.get(parent) ?? [])]);
  }
  const placed: PlacedBus[] = [];
  let rows = 0;
  const waiting: { id: string; row: number | null }[] = [{ id: feeder.slack.bus, row: null }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const { id } = next;
    const row = next.row ?? rows++;
    placed.push({ id, row, ...reached.get(id)! });
    const [longest, ...others] = (children.get(id) ?? []).toSorted(
      (a, b) => (reach.get(b) ?? 0) - (reach.get(a) ?? 0),
    );
    // What is pushed last is placed first: the row goes on to its end before a new one begins.
    waiting.push(...others.map((other) => ({ id: other, row: null })));
    if (longest !== undefined) waiting.push({ id: longest, row });
  }
  return placed;
}

interface Way {
  readonly other: string;
  readonly branch: number;
}

/** Breadth first over closed branches, in the order in which buses are found; then on beyond open ones. */
function reachedFrom({ slack, branches }: Feeder): ReadonlyMap<string, Found> {
  const [closed, open] = [new Map<string, Way[]>(), new Map<string, Way[]>()];
  for (const [branch, { from, to, ...state }] of branches.entries()) {
    const ways = state.closed === false ? open : closed;
    ways.set(from, [...(ways.get(from) ?? []), { other: to, branch }]);
    ways.set(to, [...(ways.get(to) ?? []), { other: from, branch }]);
  }
  const found = new Map<string, Found>([[slack.bus, { parent: null, branch: null, depth: 0 }]]);
  const take = (parent: string, { other, branch }: Way): boolean => {
    if (found.has(other)) return false;
    found.set(other, { parent, branch, depth: (found.get(parent)?.depth ?? 0) + 1 });
    return true;
  };
  // A map hands out what is added while it is walked.
  const spread = (): void => {
    for (const id of found.keys()) for (const way of closed.get(id) ?? []) take(id, way);
  };
  spread();
  for (const id of found.keys()) {
    for (const way of open.get(id) ?? []) if (take(id, way)) spread();
  }
  return found;
}

type Found = Pick<PlacedBus, 'parent' | 'branch' | 'depth'>;
