import type { Comparison } from '../economics/bill.ts';
import type { RunReport } from '../scenario/run-report.ts';

/** Of hundreds of sites a person reads the first; all are in `run.json`. */
const SITES_MAX = 12;

/** What a bill was, with control and without: for the page and for the summary. */
export interface BillRow {
  readonly meter: string;
  /** With control first. Money with two digits after the point. */
  readonly energy: readonly [string, string];
  readonly demand: readonly [string, string];
  readonly sum: readonly [string, string];
  readonly saved: string;
  readonly movedKwh: string;
}

export interface Billed {
  readonly currency: string;
  readonly rows: readonly BillRow[];
  /** How many more sites have a bill. */
  readonly left: number;
}

/** Null where the scenario has no tariff. */
export function billed({ economics }: RunReport): Billed | null {
  if (economics === undefined) return null;
  const { currency, feeder, sites } = economics;
  const shown = sites.slice(0, SITES_MAX);
  const rows = [rowOf('feeder', feeder), ...shown.map((one) => rowOf(one.site, one))];
  return { currency, rows, left: sites.length - shown.length };
}

function rowOf(meter: string, { withControl, withoutControl, ...moved }: Comparison): BillRow {
  const both = (of: 'energyCost' | 'demandCost' | 'total'): readonly [string, string] => [
    amount(withControl[of]),
    amount(withoutControl[of]),
  ];
  return {
    meter,
    ...{ energy: both('energyCost'), demand: both('demandCost'), sum: both('total') },
    saved: amount(moved.saved),
    movedKwh: `${moved.movedKwh.toFixed(1)} (${(moved.movedShare * 100).toFixed(1)} %)`,
  };
}

/** Nothing is not less than nothing. */
function amount(money: number): string {
  const text = money.toFixed(2);
  return text === '-0.00' ? '0.00' : text.replace('-', '−');
}
