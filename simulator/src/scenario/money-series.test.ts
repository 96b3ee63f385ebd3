import { expect, test } from 'vitest';
import { shippedScenario } from './adapters/scenario-files.ts';
import { runScenario } from './run-scenario.ts';

test('the bill grows interval by interval to what the report says, and prices are those of the hour', async () => {
  // Seven minutes before an hour whose price is lower, in Berlin 20:00.
  const { report, chronicle } = await runScenario({
    ...shippedScenario('demand-charge-saved'),
    startMs: Date.UTC(2026, 2, 3, 18, 53),
    durationMs: 24 * 60_000,
    expect: [],
  });
  const { withControl, withoutControl } = chronicle;
  const { feeder, sites } = report.economics!;
  for (const [meter, bill] of [['feeder', feeder], ...sites.map((one) => [one.site, one])] as [
    string,
    typeof feeder,
  ][]) {
    expect(withControl.get(`${meter}.bill`)?.at(-1)).toBe(bill.withControl.total);
    expect(withoutControl.get(`${meter}.bill`)?.at(-1)).toBe(bill.withoutControl.total);
  }
  const [own = [], prices = []] = ['harbour.bill', 'feeder.importPrice'].map((name) =>
    withControl.get(name),
  );
  const pointOf = (minutes: number): number =>
    Math.round((minutes * 60_000) / chronicle.intervalMs);
  expect(own.length).toBe(withControl.get('feeder.importKw')?.length);
  // The interval that was begun is over after seven minutes, and sets no peak; the next one after 22.
  expect(own[pointOf(6)]).toBeNull();
  expect(own[pointOf(8)]).toBeGreaterThan(0);
  expect(own[pointOf(21)]).toBe(own[pointOf(8)]);
  expect(own[pointOf(23)]! - own[pointOf(21)]!).toBeGreaterThan(98.5 * 100);
  expect([prices[pointOf(6)], prices[pointOf(8)]]).toEqual([0.36, 0.34]);
}, 60_000);

test('without a tariff nothing is said of money', async () => {
  const { chronicle } = await runScenario({
    ...shippedScenario('evening-peak'),
    durationMs: 20_000,
    expect: [],
  });
  expect([...chronicle.withControl.keys()].filter((name) => /bill|Price/.test(name))).toEqual([]);
}, 60_000);

test('at a negative price drawing earns, and a battery that holds a peak down earns less', async () => {
  // A scenario can say that a bill is lower by so much, and not that it is higher.
  const noon = shippedScenario('negative-price-at-noon');
  const { report } = await runScenario({ ...noon, durationMs: 16 * 60_000, expect: [] });
  const [harbour] = report.economics!.sites;
  expect(harbour!.movedKwh).toBeGreaterThan(1);
  expect(harbour!.withoutControl.total).toBeLessThan(-0.5);
  expect(harbour!.withControl.total).toBeLessThan(0);
  expect(harbour!.saved).toBeLessThan(-0.01);
}, 60_000);
