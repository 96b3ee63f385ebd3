import { expect, test } from 'vitest';
import { shippedScenario } from '../../scenario/adapters/scenario-files.ts';
import { runScenario } from '../../scenario/run-scenario.ts';
import { reportPage } from './page.ts';

/** Seven minutes before the price falls, and one after. */
const played = await runScenario({
  ...shippedScenario('demand-charge-saved'),
  startMs: Date.UTC(2026, 2, 3, 18, 53),
  durationMs: 8 * 60_000,
  expect: [],
});
const page = reportPage(played, 'x');

test('bills stand in a table, with control over without, and in a chart of each meter', () => {
  const { feeder, sites } = played.report.economics!;
  expect(page).toContain('<caption>Bills with control and without, EUR</caption>');
  for (const { withControl, withoutControl, saved } of [feeder, ...sites]) {
    const [own, idle] = [withControl.total.toFixed(2), withoutControl.total.toFixed(2)];
    expect(page).toContain(`>${own}</td><td class="number">${saved.toFixed(2).replace('-', '−')}<`);
    expect(page).toContain(`>${idle}</td><td class="number"></td>`);
  }
  expect(page.match(/<title>Bill so far[^<]*, EUR<\/title>/g)).toHaveLength(1 + sites.length);
});

test('prices are drawn where they vary, and a page without a tariff speaks of no money', () => {
  expect(page).toContain('<title>Prices of energy, EUR/kWh</title>');
  expect(page).toContain('paid for what is drawn: 0.34 to 0.36 EUR/kWh');
  const prices = ['feeder.importPrice', 'feeder.exportPrice'];
  const same = new Map(
    [...played.chronicle.withControl].map(([name, points]) => [
      name,
      prices.includes(name) ? points.map(() => 0.3) : points,
    ]),
  );
  const chronicle = { ...played.chronicle, withControl: same };
  expect(reportPage({ ...played, chronicle }, 'x')).not.toContain('Prices of energy');
  const { economics: _, ...report } = played.report;
  expect(reportPage({ ...played, report }, 'x')).not.toMatch(/Bill|EUR/);
});
