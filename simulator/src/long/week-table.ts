import type { DayOfMemory } from './simulated-week.ts';

const HEAD = ['after day', 'heap MB', 'resident MB', "gateways' disks MB"];

/** Memory by day, for a terminal. */
export function weekTable(days: readonly DayOfMemory[]): string {
  const rows = days.map(({ heapMb, residentMb, disksMb }, at) =>
    [at + 1, heapMb, residentMb, disksMb].map((value) => value.toFixed(0)),
  );
  return [HEAD, ...rows]
    .map((cells) => cells.map((cell, at) => cell.padStart(HEAD[at]?.length ?? 0)).join('  '))
    .join('\n');
}
