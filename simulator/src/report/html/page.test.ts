import { expect, test } from 'vitest';
import { shippedScenario } from '../../scenario/adapters/scenario-files.ts';
import type { ScenarioEvent } from '../../scenario/events/index.ts';
import { runScenario, type ScenarioRun } from '../../scenario/run-scenario.ts';
import { SITES_MAX } from './chart-groups.ts';
import { reportPage } from './page.ts';

const evening = shippedScenario('evening-peak');

/** Two minutes of the evening peak. */
const played = await runScenario({
  ...evening,
  about: 'It says <script>alert("1 & 2")</script>.',
  durationMs: 120_000,
  timeline: [{ at: 30_000, cut: 'harbour' }],
  expect: [
    { that: 'mill-lane.importKw', max: 1_000 },
    { that: 'harbour.importKw', max: 100, from: 60_000 },
    { that: 'harbour.linked', min: 0 },
  ],
});
const page = reportPage(played, '../report.css');

/** Of the page, from the heading of one group of charts to the next. */
function groupOf(owner: string, text = page): string {
  return text.split('<h2>').find((part) => part.startsWith(`${owner}<`)) ?? '';
}

test('the page needs neither script nor style of its own, and loads nothing but its stylesheet', () => {
  expect(page).not.toMatch(/<script|<style|\sstyle=|\son\w+=|javascript:|url\(/i);
  expect([...page.matchAll(/\s(?:href|src|xlink:href)="([^"]*)"/g)].map(([, to]) => to)).toEqual([
    '../report.css',
  ]);
});

test('the page is well-formed: every tag is closed in its order, and no sign is left bare', () => {
  const open: string[] = [];
  const [doctype, rest] = [page.slice(0, 15), page.slice(15)];
  expect(doctype).toBe('<!DOCTYPE html>');
  const tag = /<(\/?)([a-z][a-z0-9]*)((?:\s[a-zA-Z-]+="[^"<]*")*)(\/?)>/g;
  for (const [, end, name = '', , alone] of rest.matchAll(tag)) {
    if (end === '/') expect(open.pop()).toBe(name);
    else if (alone === '') open.push(name);
  }
  expect(open).toEqual([]);
  expect(rest.replaceAll(tag, '').replaceAll(/&(amp|lt|gt|quot|#10);/g, '')).not.toMatch(/[<>&]/);
});

test('text of others is shown as it is, and means nothing', () => {
  expect(page).toContain(
    '<p>It says &lt;script&gt;alert(&quot;1 &amp; 2&quot;)&lt;/script&gt;.</p>',
  );
});

test('the verdict comes first, then what is broken, in words and by a sign and not by colour alone', () => {
  expect(page).toMatch(/<body><h1 class="broken">✗ evening-peak<\/h1>/);
  expect(page).toContain('--seed 1</pre>');
  const [first = ''] = /<tbody>.*?<\/tr>/.exec(page) ?? [];
  expect(first).toContain('✗ broken');
  expect(first).toContain('harbour.importKw at most 100 from 1m');
});

test('a broken expectation is marked in its chart, and a kept one is not', () => {
  const broken = groupOf('harbour');
  expect(broken).toContain('class="expected broken"');
  expect(broken).toMatch(/class="sign-words">✗ [\d.]+ at 1m/);
  // Only after a minute it is expected: nothing before the middle of the plot is drawn as abnormal.
  const [, x] = /d="M([\d.]+) [^"]*" class="abnormal"/.exec(broken) ?? [];
  expect(Number(x)).toBeGreaterThan((64 + 948) / 2);
  const kept = groupOf('mill-lane');
  expect(kept).toContain('✓ mill-lane.importKw at most 1000');
  expect(kept).not.toMatch(/sign-words|broken/);
});

test('a site over its limit is marked, though nothing is expected of it', () => {
  const quarter = new Map([['old-foundry.quarterHourImportKw', [100, 170, 180]]]);
  const chronicle = { ...played.chronicle, withControl: quarter };
  const over = groupOf('old-foundry', reportPage({ ...played, chronicle }, 'x'));
  expect(over).toContain('✗ 180 is over the limit');
  expect(groupOf('old-foundry')).not.toContain('over the limit');
});

test('events are listed and numbered, in the charts of the feeder and of the site that they meet', () => {
  expect(page).toContain('<td class="number">30s</td><td class="text">link of harbour cut</td>');
  for (const owner of ['feeder', 'harbour']) expect(groupOf(owner)).toContain('"event-number">1<');
  expect(groupOf('mill-lane')).not.toContain('event-number');
});

test('what has no chart by itself gets one where something is expected of it', () => {
  expect(groupOf('harbour')).toContain('<title>harbour.linked, 0 or 1</title>');
  expect(groupOf('mill-lane')).not.toContain('linked');
});

test('every chart can be heard: a title with its unit, and what its lines do', () => {
  expect(page.match(/<svg [^>]*role="img"/g)).toHaveLength(1 + 1 + 3 + 3 * 4 + 2);
  expect(groupOf('feeder')).toMatch(
    /role="img"[^>]*><title>Lowest voltage, per unit<\/title><desc>without control: 0\.9\d+ to 0\.9\d+ per unit;/,
  );
});

test('a page stays bounded, and says what it left out', () => {
  const [site] = played.report.sites;
  const event: ScenarioEvent = { at: 1_000, cut: 'harbour' };
  const crowded: ScenarioRun = {
    ...played,
    scenario: { ...played.scenario, timeline: Array.from({ length: 5_000 }, () => event) },
    report: { ...played.report, sites: Array.from({ length: SITES_MAX + 7 }, () => site!) },
  };
  const text = reportPage(crowded, 'x');
  expect(text).toContain('7 more sites are not drawn: they are in run.json.');
  expect(text).toContain('Events, the first 200 of 5000');
  expect(text.match(/class="event"/g)?.length).toBeLessThanOrEqual(200 * 4);
});

test('what every run promises is folded away where it is kept, and stands with the others where it is not', () => {
  const folded = /<details>.*<\/details>/.exec(page)?.[0] ?? '';
  expect(folded).toContain('the audit log of each of 3 sites verifies');
  expect(folded).not.toContain('harbour.importKw');
  const [lost, ...others] = played.report.expectations.toReversed();
  const expectations = [...others.toReversed(), { ...lost!, kept: false, seen: 'two differ' }];
  const text = reportPage({ ...played, report: { ...played.report, expectations } }, 'x');
  expect(text.indexOf('two differ')).toBeGreaterThan(0);
  expect(text.indexOf('two differ')).toBeLessThan(text.indexOf('<details>'));
  expect(/<details>.*<\/details>/.exec(text)?.[0]).not.toContain('two differ');
});

test('of copies the first is drawn, of another what is expected, and of the fleet besides', () => {
  const [site] = played.report.sites;
  const named = ['home-1', 'home-2', 'home-3'];
  const values = ['home-1.importKw', 'home-3.batteryKw', 'fleet.linked'] as const;
  const series = new Map(values.map((name) => [name as string, [3, 3, 2]]));
  const expected = { expected: 'x', kept: true, seen: '2', headroom: 0, atMs: null };
  const text = reportPage(
    {
      ...played,
      scenario: {
        ...played.scenario,
        simulated: {
          ...played.scenario.simulated,
          sites: named.map((name) => {
            const [first] = played.scenario.simulated.sites;
            return { ...first!, plant: { ...first!.plant, site: name } };
          }),
        },
        groups: { sites: new Map([['home', named]]), orders: new Map() },
        expect: [
          { that: 'home-3.batteryKw', min: 1 },
          { that: 'fleet.linked', min: 1 },
        ],
      },
      report: {
        ...played.report,
        sites: named.map((name) => ({ ...site!, site: name })),
        expectations: [expected, expected],
      },
      chronicle: { ...played.chronicle, withControl: series },
    },
    'x',
  );
  const owners = [...text.matchAll(/<h2>([^<]+)</g)].map(([, owner]) => owner);
  expect(owners).toEqual(['feeder', 'fleet', 'home-1', 'home-3']);
  expect(groupOf('home-1', text)).not.toContain('Battery power');
  expect(groupOf('home-3', text)).toContain('<title>home-3.batteryKw, kW</title>');
  expect(groupOf('fleet', text)).toContain('<title>fleet.linked, agents</title>');
  expect(text).toContain('1 more sites are not drawn');
});

test('loading has a line at the rating, and what is over it is marked', () => {
  expect(groupOf('feeder')).toContain('rating of the branch, 100 %');
  const withControl = new Map([['feeder.loading', [90, 104, 120]]]);
  const text = reportPage({ ...played, chronicle: { ...played.chronicle, withControl } }, 'x');
  expect(groupOf('feeder', text)).toContain('✗ 120 is over the limit');
  const unrated = { ...played.chronicle, withControl: new Map([['feeder.importKw', [1]]]) };
  expect(reportPage({ ...played, chronicle: unrated }, 'x')).not.toContain('100 %');
});

test('a run that ends early has lines that end, not lines at zero', () => {
  const points = [100, 200, null, 300, null];
  const chronicle = { ...played.chronicle, withControl: new Map([['harbour.batteryKw', points]]) };
  const text = groupOf('harbour', reportPage({ ...played, chronicle }, 'x'));
  expect(text).toMatch(/d="M[\d. ]+h0L[\d. ]+M[\d. ]+h0" class="own"/);
});

test('what a link that was cut kept waiting is drawn where it was, and nowhere else', () => {
  expect(page).toContain(
    '<title>Orders, links and alarms</title><desc>harbour not heard: not heard from',
  );
  expect(groupOf('harbour')).toContain('<title>Waiting at the agent, records</title>');
  expect(groupOf('mill-lane')).not.toContain('Waiting at the agent');
});

test('a forecast stands beside what came, as far as its quarter hour is over', () => {
  const minutes = 30;
  const withControl = new Map([
    ['harbour.forecastKw', Array.from({ length: minutes }, () => 90)],
    ['harbour.uncontrolledKw', Array.from({ length: minutes }, (_, at) => 90 + at)],
  ]);
  const chronicle = { ...played.chronicle, intervalMs: 60_000, withControl };
  const text = groupOf('harbour', reportPage({ ...played, chronicle }, 'x'));
  // The mean of minutes 0 to 14 is 97 kW, that of the last whole quarter hour 112.
  expect(text).toMatch(
    /<desc>what came: the mean of the quarter hour after: 97 to 112 kW; forecast/,
  );
});

test('the limit of a connection is drawn where a site comes near it', async () => {
  expect(groupOf('harbour')).not.toContain('limit of the connection');
  const passed = shippedScenario('connection-that-no-battery-holds');
  const run = await runScenario({ ...passed, durationMs: 150_000, expect: [] });
  expect(groupOf('harbour', reportPage(run, '../report.css'))).toContain(
    'limit of the connection, 250 kW',
  );
});
