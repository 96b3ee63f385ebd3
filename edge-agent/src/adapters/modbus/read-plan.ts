import { READ_MAX } from './modbus-link.ts';

export interface RegisterRange {
  readonly address: number;
  readonly count: number;
}

/**
 * The fewest requests that cover all ranges, in order of address. A gap between two ranges is read along
 * where both fit into one request: on a slow line a request costs more than the registers of a gap.
 */
export function planReads(ranges: readonly RegisterRange[]): readonly RegisterRange[] {
  const plan: { address: number; count: number }[] = [];
  for (const { address, count } of [...ranges].sort((a, b) => a.address - b.address)) {
    const last = plan.at(-1);
    const end = address + count;
    if (last !== undefined && end - last.address <= READ_MAX) {
      last.count = Math.max(last.count, end - last.address);
    } else {
      plan.push({ address, count });
    }
  }
  return plan;
}

/** A long range in pieces that one request can carry. */
export function splitRange({ address, count }: RegisterRange): readonly RegisterRange[] {
  const pieces: RegisterRange[] = [];
  for (let at = 0; at < count; at += READ_MAX) {
    pieces.push({ address: address + at, count: Math.min(READ_MAX, count - at) });
  }
  return pieces;
}
