import { simulatedWeek } from '@tieline/simulator';
import type { Bench } from './row.ts';

/** What a long run holds in memory. Takes its time. */
export const simulatedWeekBench: Bench = {
  name: 'simulated week',
  async run({ full }) {
    if (!full) return [];
    const { heapMb, residentMb, storesMb } = await simulatedWeek();
    const [first = Number.NaN, last = Number.NaN] = [heapMb[0], heapMb.at(-1)];
    const resident = residentMb.at(-1)?.toFixed(0);
    const stores = storesMb.at(-1)?.toFixed(0);
    return [
      {
        figure: 'heap after a simulated week, three agents and the control plane',
        unit: 'MB',
        value: last,
        baseline: 'after its first day',
        baselineValue: first,
        ratio: last / first,
        aim: '≤ 1.25 ×',
        note: `resident ${resident} MB at the end, of it ${stores} MB audit logs of the agents`,
      },
    ];
  },
};
