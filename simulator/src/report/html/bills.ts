import type { RunReport } from '../../scenario/run-report.ts';
import { billed } from '../billed.ts';
import { scrolled } from './chart-frame.ts';
import { type Element, element } from './element.ts';
import { type Column, table } from './table.ts';

/** Bills with control over those without. Empty where there is no tariff. */
export function billTable(report: RunReport): Element[] {
  const bills = billed(report);
  if (bills === null) return [];
  const { currency, rows, left } = bills;
  const columns: readonly Column[] = [
    ['meter', 'text'],
    ['control', 'text'],
    ['energy', 'number'],
    ['demand charge', 'number'],
    ['sum', 'number'],
    ['saved', 'number'],
    ['kWh moved', 'number'],
  ];
  const lines = rows.flatMap(({ meter, energy, demand, sum, saved, movedKwh }) => [
    { tone: 'meter', cells: [meter, 'with', energy[0], demand[0], sum[0], saved, movedKwh] },
    { tone: 'kept', cells: ['', 'without', energy[1], demand[1], sum[1], '', ''] },
  ]);
  return [
    scrolled(table(`Bills with control and without, ${currency}`, columns, lines, 'bills')),
    ...(left > 0 ? [element('p', {}, `The bills of ${left} more sites are in run.json.`)] : []),
  ];
}
