import { HOUR_MS, QUARTER_HOUR_MS } from '@tieline/kernel';
import { describe, expect, test } from 'vitest';
import { Ledger } from './ledger.ts';
import { MeterLooks } from './meter-looks.ts';
import type { Tariff } from './tariff.ts';

const flat: Tariff = {
  timeZone: 'Europe/Berlin',
  currency: 'EUR',
  importPerKwh: 0.3,
  exportPerKwh: 0.08,
  spikes: [],
  demand: { perKw: 10, intervalMs: QUARTER_HOUR_MS, period: 'month', ratchet: 0 },
};

/** A meter that shows `kw(hours since the beginning)` at every minute. */
function counted(
  tariff: Tariff,
  from: string,
  hours: number,
  kw: (hour: number) => number,
): Ledger {
  const ledger = new Ledger(tariff);
  for (let minute = 0; minute < hours * 60; minute += 1) {
    const importKw = kw(minute / 60);
    const meters = [['site', { importKw, loadKw: Math.abs(importKw) }]] as const;
    ledger.count(Date.parse(from) + minute * 60_000, 60_000, meters);
  }
  return ledger;
}
const billOf = (ledger: Ledger) => ledger.against(ledger, 'site').withControl;

describe('a local day has the quarter hours that it has', () => {
  test.each([
    ['2026-03-29T00:00+01:00', 23, 92],
    ['2026-10-25T00:00+02:00', 25, 100],
    ['2026-06-01T00:00+02:00', 24, 96],
  ])('%s: %i hours, %i quarter hours, each of them whole', (from, hours, quarters) => {
    const ledger = counted(flat, from, hours, () => 100);
    const intervals = ledger.intervals('site');
    expect(intervals).toHaveLength(quarters);
    expect(intervals.every(({ countedMs }) => countedMs === QUARTER_HOUR_MS)).toBe(true);
    expect(billOf(ledger).importKwh).toBeCloseTo(hours * 100, 9);
    expect(Object.keys(billOf(ledger).peaksKw)).toEqual([from.slice(0, 7)]);
  });

  test('where clocks change by half an hour, the day’s last hour is half of one, and the next begins at its midnight', () => {
    const demand = { perKw: 1, intervalMs: HOUR_MS, period: 'day', ratchet: 0 } as const;
    const tariff: Tariff = { ...flat, timeZone: 'Australia/Lord_Howe', demand };
    // 100 kW, and 200 kW for the second half hour of the day behind it.
    const ledger = counted(tariff, '2026-04-05T00:00+11:00', 26.5, (hour) =>
      hour >= 25 && hour < 25.5 ? 200 : 100,
    );
    const intervals = ledger.intervals('site');
    expect(intervals).toHaveLength(27);
    expect(intervals.every((one) => one.countedMs === one.endMs - one.startMs)).toBe(true);
    expect(billOf(ledger).peaksKw).toEqual({
      '2026-04-05': expect.closeTo(100, 9),
      '2026-04-06': expect.closeTo(150, 9),
    });
  });

  test('the repeated hour has the price of its hour twice, the skipped one never', () => {
    const atTwo = Array.from({ length: 24 }, (_, hour) => (hour === 2 ? 1 : 0));
    const tariff: Tariff = { ...flat, importPerKwh: atTwo, demand: null };
    const costs = [
      billOf(counted(tariff, '2026-10-25T00:00+02:00', 25, () => 10)).total,
      billOf(counted(tariff, '2026-03-29T00:00+01:00', 23, () => 10)).total,
      billOf(counted(tariff, '2026-06-01T00:00+02:00', 24, () => 10)).total,
    ];
    expect(costs[0]).toBeCloseTo(20, 9);
    expect(costs[1]).toBe(0);
    expect(costs[2]).toBeCloseTo(10, 9);
  });
});

describe('a bill, worked out by hand', () => {
  test('energy costs, what is fed in earns, and neither is set off against the other', () => {
    // 60 kW for an hour, then −30 kW for half an hour.
    const bill = billOf(counted(flat, '2026-06-01T10:00Z', 1.5, (hour) => (hour < 1 ? 60 : -30)));
    expect(bill.importKwh).toBeCloseTo(60, 9);
    expect(bill.exportKwh).toBeCloseTo(15, 9);
    expect(bill.energyCost).toBeCloseTo(60 * 0.3 - 15 * 0.08, 9);
    expect(bill.demandCost).toBeCloseTo(60 * 10, 9);
    expect(bill.total).toBeCloseTo(bill.energyCost + bill.demandCost, 12);
  });

  test('the peak is the highest mean of a whole interval, not of a minute or of a part', () => {
    // 300 kW for five minutes of a quarter hour of 0; then a last quarter hour that is cut off.
    const bill = billOf(
      counted(flat, '2026-06-01T10:00Z', 0.5, (hour) =>
        hour < 5 / 60 ? 300 : hour < 0.3 ? 0 : 50,
      ),
    );
    expect(bill.peaksKw).toEqual({ '2026-06': expect.closeTo(100, 9) });
    const cut = billOf(counted(flat, '2026-06-01T10:00Z', 0.2, () => 500));
    expect(cut.peaksKw).toEqual({});
    expect(cut.demandCost).toBe(0);
  });

  test('a price may be negative: then drawing earns, and feeding in costs', () => {
    const startMs = Date.parse('2026-06-01T10:00Z');
    const series = { startMs, stepMs: HOUR_MS, values: [-0.05, 0.1] };
    const tariff: Tariff = { ...flat, importPerKwh: series, exportPerKwh: series, demand: null };
    expect(billOf(counted(tariff, '2026-06-01T10:00Z', 1, () => 100)).total).toBeCloseTo(-5, 9);
    expect(billOf(counted(tariff, '2026-06-01T10:00Z', 1, () => -100)).total).toBeCloseTo(5, 9);
    expect(billOf(counted(tariff, '2026-06-01T10:00Z', 2, () => 100)).total).toBeCloseTo(5, 9);
  });

  test('a spike stands above the price of the hour, one way or both, and a later one above it', () => {
    const at = (time: string): number => Date.parse(`2026-06-01T${time}Z`);
    const spikes = [
      { fromMs: at('10:15'), toMs: at('11:00'), importPerKwh: 2 },
      { fromMs: at('10:30'), toMs: at('10:45'), importPerKwh: -1, exportPerKwh: 9 },
    ];
    const tariff: Tariff = { ...flat, spikes, demand: null };
    const drawn = billOf(counted(tariff, '2026-06-01T10:00Z', 1, () => 100)).total;
    expect(drawn).toBeCloseTo(25 * (0.3 + 2 - 1 + 2), 9);
    const fed = billOf(counted(tariff, '2026-06-01T10:00Z', 1, () => -100)).total;
    expect(fed).toBeCloseTo(-25 * (0.08 + 0.08 + 9 + 0.08), 9);
  });

  test('each period has its peak; with a ratchet none is billed for less than a share of an earlier one', () => {
    const load = (hour: number): number => (hour < 24 ? 100 : 40);
    const billed = (ratchet: number, period: 'day' | 'month') => {
      const demand = { perKw: 10, intervalMs: QUARTER_HOUR_MS, period, ratchet };
      return billOf(counted({ ...flat, demand }, '2026-06-01T00:00+02:00', 72, load)).demandCost;
    };
    expect(billed(0, 'day')).toBeCloseTo(1_000 + 400 + 400, 6);
    expect(billed(0.8, 'day')).toBeCloseTo(1_000 + 800 + 800, 6);
    expect(billed(0.8, 'month')).toBeCloseTo(1_000, 6);
  });
});

describe('a plant that is looked at when it comes to it', () => {
  const startMs = Date.parse('2026-06-01T10:00Z');
  /** 100 kW at every look of half an hour, `atMs` after its beginning. */
  function seen(looksMs: readonly number[]): Ledger {
    const ledger = new Ledger(flat);
    const looks = new MeterLooks(ledger, { startMs, endMs: startMs + 2 * QUARTER_HOUR_MS });
    for (const atMs of looksMs) {
      looks.look(startMs + atMs, [['site', { importKw: 100, loadKw: 100 }]]);
    }
    looks.close();
    return ledger;
  }
  const everySecond = Array.from({ length: 1_800 }, (_, at) => at * 1_000 + 500);

  test.each([
    ['every second', everySecond],
    ['but for a pause of five seconds', everySecond.filter((ms) => ms < 600_000 || ms > 605_000)],
    ['but for one over the end of a quarter hour', everySecond.filter((ms) => ms % 900_500 > 4e3)],
    ['a little late each time', everySecond.map((ms, at) => ms + ((at * 37) % 480))],
    ['once more behind the end', [...everySecond, 1_800_700]],
  ])('%s: each quarter hour is whole, and nothing is lost', (_, looksMs) => {
    const ledger = seen(looksMs);
    const intervals = ledger.intervals('site');
    expect(intervals.map(({ countedMs }) => countedMs)).toEqual([QUARTER_HOUR_MS, QUARTER_HOUR_MS]);
    const { importKwh, demandCost } = billOf(ledger);
    expect(importKwh).toBeCloseTo(50, 6);
    expect(demandCost).toBeCloseTo(1_000, 6);
  });

  test('cut off, what was seen last stands for a second at most', () => {
    const ledger = seen(everySecond.slice(0, 1_000));
    expect(ledger.intervals('site').at(-1)?.countedMs).toBe(100_500);
    expect(billOf(ledger).demandCost).toBeCloseTo(1_000, 6);
  });
});

test('what was moved is what was drawn less where less was drawn; the load is what it would have been', () => {
  const idle = counted(flat, '2026-06-01T10:00Z', 2, (hour) => (hour < 1 ? 100 : 20));
  const own = counted(flat, '2026-06-01T10:00Z', 2, (hour) => (hour < 1 ? 70 : 55));
  const { movedKwh, movedShare, saved } = own.against(idle, 'site');
  expect(movedKwh).toBeCloseTo(30, 9);
  expect(movedShare).toBeCloseTo(30 / 120, 9);
  expect(saved).toBeCloseTo(30 * 10 - 5 * 0.3, 9);
  const same = idle.against(idle, 'site');
  expect([same.saved, same.movedKwh, same.movedShare]).toEqual([0, 0, 0]);
});
