import type { Feeder } from '@tieline/grid';

/** A bus in the drawing: how many branches from the source it lies, and in which row. */
export interface PlacedBus {
  readonly id: string;
  readonly depth: number;
  readonly row: number;
  /** The bus that it is reached from; null at the source. */
  readonly parent: string | null;
}

/**
 * Places what the source feeds: the longest way on stays in its row, each other one begins a row below. Buses that
 * nothing feeds have no place.
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

/** Breadth first over closed branches, in the order in which buses are found. */
function reachedFrom({ slack, branches }: Feeder): ReadonlyMap<string, Found> {
  const beside = new Map<string, string[]>();
  for (const { from, to, closed } of branches) {
    if (closed === false) continue;
    beside.set(from, [...(beside.get(from) ?? []), to]);
    beside.set(to, [...(beside.get(to) ?? []), from]);
  }
  const found = new Map<string, Found>([[slack.bus, { parent: null, depth: 0 }]]);
  // A map hands out what is added while it is walked.
  for (const [id, { depth }] of found) {
    for (const other of beside.get(id) ?? []) {
      if (!found.has(other)) found.set(other, { parent: id, depth: depth + 1 });
    }
  }
  return found;
}

type Found = Pick<PlacedBus, 'parent' | 'depth'>;
