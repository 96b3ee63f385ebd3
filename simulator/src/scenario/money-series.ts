import { QUARTER_HOUR_MS } from '@tieline/kernel';
import { type Bill, billOf } from '../economics/bill.ts';
import type { Ledger } from '../economics/ledger.ts';
import { LocalTime } from '../economics/local-time.ts';
import { priceAt } from '../economics/tariff.ts';
import { intervalOf, type Series, shownSites } from './chronicle.ts';
import type { Scenario } from './scenario.ts';

/**
 * What the chronicle tells of money, made from the books when a run is over: `METER.bill` of the feeder and each shown
 * site, as it stood when each interval of the tariff was over, with the demand charge of the peaks until then; and
 * `feeder.importPrice` and `feeder.exportPrice`. Empty where there is no tariff.
 */
export function moneySeries(
  scenario: Scenario,
  ledger: Ledger | undefined,
): ReadonlyMap<string, Series> {
  if (ledger === undefined) return new Map();
  return new Map([
    ...['feeder', ...shownSites(scenario)].map((meter): [string, Series] => [
      `${meter}.bill`,
      billSeries(scenario, ledger, meter),
    ]),
    ['feeder.importPrice', priceSeries(scenario, ledger, 'importPerKwh')],
    ['feeder.exportPrice', priceSeries(scenario, ledger, 'exportPerKwh')],
  ]);
}

/** In the currency of the tariff; the last point is the whole bill, with what of an interval was begun. */
function billSeries({ startMs, durationMs }: Scenario, ledger: Ledger, meter: string): Series {
  const intervals = ledger.intervals(meter);
  const intervalMs = intervalOf(durationMs);
  const count = Math.ceil(durationMs / intervalMs);
  let over = 0;
  let bill: Bill | null = null;
  return Array.from({ length: count }, (_, at) => {
    const nowMs = startMs + (at + 1) * intervalMs;
    const before = over;
    if (at === count - 1) over = intervals.length;
    while (over < intervals.length && intervals[over]!.endMs <= nowMs) over += 1;
    if (over > before) bill = billOf(intervals.slice(0, over), ledger.tariff.demand);
    return bill?.total ?? null;
  });
}

/** Per kWh: over each point the mean of the prices of its quarter hours. */
function priceSeries(
  { startMs, durationMs }: Scenario,
  { tariff }: Ledger,
  way: 'importPerKwh' | 'exportPerKwh',
): Series {
  const time = new LocalTime(tariff.timeZone);
  const intervalMs = intervalOf(durationMs);
  const stepMs = Math.min(intervalMs, QUARTER_HOUR_MS);
  return Array.from({ length: Math.ceil(durationMs / intervalMs) }, (_, at) => {
    const fromMs = startMs + at * intervalMs;
    const untilMs = Math.min(fromMs + intervalMs, startMs + durationMs);
    let [sum, steps] = [0, 0];
    for (let tMs = fromMs; tMs < untilMs; tMs += stepMs) {
      sum += priceAt(tariff, way, time, tMs);
      steps += 1;
    }
    return sum / steps;
  });
}
