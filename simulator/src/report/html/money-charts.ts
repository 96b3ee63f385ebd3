import type { Chronicle } from '../../scenario/chronicle.ts';
import type { RunReport } from '../../scenario/run-report.ts';
import { type Chart, idle, type Line, own } from './chart-model.ts';

/** The bill of a meter while it grows; none where there is no tariff. */
export function billCharts(
  chronicle: Chronicle,
  meter: string,
  { economics }: RunReport,
): readonly Chart[] {
  if (economics === undefined) return [];
  const quantity = `${meter}.bill`;
  const lines = [idle(chronicle, quantity), own(chronicle, quantity, 'with control')];
  const title = 'Bill so far: energy, and the demand charge of the peaks until then';
  return [{ title, unit: economics.currency, lines, limits: [], shown: [0] }];
}

/** None where energy costs and earns the same all the time. */
export function priceCharts(chronicle: Chronicle, { economics }: RunReport): readonly Chart[] {
  const earned: Line = {
    ...own(chronicle, 'feeder.exportPrice', 'earned by what is fed in'),
    tone: 'quarter',
  };
  const paid = own(chronicle, 'feeder.importPrice', 'paid for what is drawn');
  const varies = [paid, earned].some(({ points }) => new Set(points).size > 1);
  if (economics === undefined || !varies) return [];
  const unit = `${economics.currency}/kWh`;
  return [{ title: 'Prices of energy', unit, lines: [earned, paid], limits: [], shown: [0] }];
}
