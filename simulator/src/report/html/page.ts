import { countOf } from '@tieline/kernel';
import { clock } from '../../scenario/clock.ts';
import { endWords } from '../../scenario/end-words.ts';
import { type EventWords, eventWords } from '../../scenario/events/index.ts';
import type { Outcome } from '../../scenario/expectations.ts';
import type { RunReport } from '../../scenario/run-report.ts';
import type { ScenarioRun } from '../../scenario/run-scenario.ts';
import { reproducing } from '../reproducing.ts';
import { billTable } from './bills.ts';
import { type Mark, type Setting, scrolled } from './chart-frame.ts';
import { chartGroups } from './chart-groups.ts';
import type { Chart } from './chart-model.ts';
import { chartSvg } from './chart-svg.ts';
import { feederDiagram } from './diagram.ts';
import { type Child, type Element, element, render } from './element.ts';
import { laneFigure } from './lanes.ts';
import { table } from './table.ts';

/** As many events as the list and the charts can carry. */
const EVENTS_MAX = 200;

/**
 * A run as a page to look at: the verdict, the expectations, and charts over simulated time. No script and no style of
 * its own, so that it can be read under `default-src 'none'; style-src 'self'`, as CI servers show what a job leaves.
 *
 * @param stylesheet  where it lies, as seen from the page
 */
export function reportPage(run: ScenarioRun, stylesheet: string): string {
  const { report } = run;
  const verdict = `${report.passed ? '✓' : '✗'} ${report.scenario}`;
  const events = run.scenario.timeline.map(eventWords);
  const page = element(
    'html',
    { lang: 'en' },
    element(
      'head',
      {},
      element('meta', { charset: 'utf-8' }),
      element('meta', { name: 'viewport', content: 'width=device-width' }),
      element('meta', { name: 'color-scheme', content: 'light dark' }),
      element('title', {}, verdict),
      element('link', { rel: 'stylesheet', href: stylesheet }),
    ),
    element(
      'body',
      {},
      ...verdictOf(report, verdict),
      ...expectationTables(run),
      ...billTable(report),
      ...eventTable(events),
      ...charts(run, events),
    ),
  );
  return `<!DOCTYPE html>\n${render(page)}\n`;
}

function verdictOf(report: RunReport, verdict: string): Element[] {
  const { about, mustFail, passed, seed, durationMs, agents, peakImportKw, audit } = report;
  const { withControl, withoutControl } = peakImportKw;
  const facts: readonly (readonly [string, string])[] = [
    ['seed', `${seed}`],
    [
      'simulated',
      `${clock(durationMs)} from ${instant(report.startMs)}, ${agents} agent${agents === 1 ? '' : 's'}`,
    ],
    [
      'highest quarter hour',
      `${kilowatts(withControl)}, without control ${kilowatts(withoutControl)}`,
    ],
    ['lowest voltage', `${report.minVoltagePu.toFixed(4)} per unit`],
    ['audit', `${countOf(audit.records, 'record')}, ${audit.receipted} receipted`],
  ];
  return [
    element('h1', { class: passed ? 'kept' : 'broken' }, verdict),
    element('p', {}, about),
    ...(mustFail ? [element('p', {}, mustFailWords(report))] : []),
    element('pre', {}, reproducing(report)),
    ...lastWords(report),
    element(
      'dl',
      {},
      ...facts.flatMap(([what, value]) => [element('dt', {}, what), element('dd', {}, value)]),
    ),
  ];
}

function mustFailWords({ passed, expectations }: RunReport): string {
  if (passed) return 'It must fail, and does: an expectation is broken, as it has to be.';
  return expectations.every(({ kept }) => kept)
    ? 'It must fail, and kept every expectation.'
    : 'It must fail by what is expected of it, and a process ended by a fault of its own.';
}

function lastWords(report: RunReport): Element[] {
  const { ended } = report.live ?? {};
  if (ended === undefined) return [];
  const words = `${endWords(ended)} at ${clock(ended.atMs)}`;
  const said = ended.log.length === 0 ? 'It said nothing.' : ended.log.join('\n');
  return [element('p', { class: 'broken' }, words), element('pre', {}, said)];
}

/** What is broken first. What every run promises, and this one kept, is folded away. */
function expectationTables({ scenario, report }: ScenarioRun): Element[] {
  const { expectations } = report;
  const kept = expectations.filter((one) => one.kept).length;
  const told = expectations.filter((one, at) => at < scenario.expect.length || !one.kept);
  const promised = expectations.filter((one, at) => at >= scenario.expect.length && one.kept);
  const ordered = told.toSorted((a, b) => Number(a.kept) - Number(b.kept));
  return [
    ...(ordered.length === 0
      ? []
      : [outcomeTable(`Expectations: ${kept} of ${expectations.length} kept`, ordered)]),
    element(
      'details',
      {},
      element('summary', {}, `What every run promises: ${promised.length} kept`),
      outcomeTable('Promises kept', promised),
    ),
  ];
}

function outcomeTable(caption: string, outcomes: readonly Outcome[]): Element {
  return table(
    caption,
    [
      ['', 'text'],
      ['expected', 'text'],
      ['seen', 'text'],
      ['headroom', 'number'],
    ],
    outcomes.map((one) => ({
      tone: one.kept ? 'kept' : 'broken',
      cells: [one.kept ? '✓ kept' : '✗ broken', one.expected, one.seen, headroomOf(one)],
    })),
    'outcomes',
  );
}

function headroomOf({ headroom }: Outcome): string {
  return headroom === null ? '' : `${Number(headroom.toPrecision(4))}`.replace('-', '−');
}

function eventTable(events: readonly EventWords[]): Element[] {
  if (events.length === 0) return [];
  const shown = events.slice(0, EVENTS_MAX);
  const caption =
    events.length === shown.length
      ? 'Events'
      : `Events, the first ${EVENTS_MAX} of ${events.length}`;
  const rows = shown.map(({ atMs, what }, index) => ({
    tone: 'kept',
    cells: [`${index + 1}`, clock(atMs), what],
  }));
  return [
    table(
      caption,
      [
        ['no.', 'number'],
        ['time', 'number'],
        ['what', 'text'],
      ],
      rows,
    ),
  ];
}

function charts(run: ScenarioRun, events: readonly EventWords[]): Element[] {
  const { report, chronicle } = run;
  const setting: Setting = {
    durationMs: report.durationMs,
    intervalMs: chronicle.intervalMs,
    timeAxis: `simulated time after ${instant(report.startMs)}`,
  };
  const marks = events.slice(0, EVENTS_MAX).map(({ atMs, site }, index) => {
    return { atMs, site, number: index + 1 };
  });
  const groups = chartGroups(run);
  const parts = groups.flatMap(({ owner, site: of, charts: drawn }) => {
    const own = marks.filter(({ site }) => site === null || of === null || of === site);
    const diagram = owner === 'feeder' ? feederDiagram(run) : [];
    return [
      element('h2', {}, owner),
      ...diagram,
      ...drawn.map((chart) => figure(chart, own, setting)),
    ];
  });
  const left = report.sites.length - groups.filter(({ site }) => site !== null).length;
  return [
    ...laneFigure(run, marks, setting),
    ...parts,
    ...(left > 0
      ? [element('p', {}, `${left} more sites are not drawn: they are in run.json.`)]
      : []),
  ];
}

function figure(chart: Chart, marks: readonly Mark[], setting: Setting): Element {
  const entries = [
    ...chart.lines.map(({ name, tone }) => legendEntry(name, tone)),
    ...chart.limits.map(({ name, tone, broken }) =>
      legendEntry(name, broken === null ? tone : `${tone} broken`),
    ),
  ];
  return element(
    'figure',
    {},
    element('figcaption', {}, element('h3', {}, chart.title), element('ul', {}, ...entries)),
    scrolled(chartSvg(chart, marks, setting)),
  );
}

function legendEntry(name: string, tone: string): Element {
  const stroke = { d: 'M0 6H26', class: tone, fill: 'none', stroke: 'currentColor' };
  const sample: Child = element(
    'svg',
    { viewBox: '0 0 26 12', width: 26, height: 12, 'aria-hidden': 'true' },
    element('path', stroke),
  );
  return element('li', { class: tone.includes('broken') ? 'broken' : 'kept' }, sample, ` ${name}`);
}

function instant(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

function kilowatts(powerKw: number | null): string {
  return powerKw === null ? 'none' : `${powerKw.toFixed(1)} kW`;
}
