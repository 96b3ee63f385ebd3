import { simulatedWeek } from '@tieline/simulator';
import type { Bench, Row } from './row.ts';

/** What a long run holds in memory. Takes its time. */
export const simulatedWeekBench: Bench = {
  name: 'simulated week',
  async run({ full }) {
    if (!full) return [];
    const days = await simulatedWeek();
    const [first, last] = [days[0], days.at(-1)];
    if (first === undefined || last === undefined) throw new Error('a week has days');
    return [
      row('heap', last.heapMb, first.heapMb),
      {
        ...row('resident memory', last.residentMb, first.residentMb),
        note: `after each day ${days.map(({ residentMb }) => residentMb.toFixed(0)).join(', ')} MB; the gateways' disks hold ${last.disksMb.toFixed(0)} MB in the end`,
      },
    ];
  },
};

function row(what: string, value: number, baselineValue: number): Row {
  const figure = `${what} after a simulated week, three agents and the control plane`;
  const ratio = value / baselineValue;
  const baseline = 'after its first day';
  return { figure, unit: 'MB', value, baseline, baselineValue, ratio, aim: '≤ 1.25 ×' };
}
