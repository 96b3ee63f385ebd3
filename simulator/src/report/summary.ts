import type { RunReport } from '../scenario/run-report.ts';
import { billed } from './billed.ts';
import { counted, type Naming } from './naming.ts';
import { lastWordsOf, reasonsOf } from './reasons.ts';
import { reproducing } from './reproducing.ts';

/**
 * Runs as Markdown, for the page of a CI job: the verdicts first, then what failed and how to see it again.
 * @param missing  runs that were wanted and have no verdict: nobody may take the others for all
 */
export function summaryMarkdown(
  reports: readonly RunReport[],
  naming: Naming,
  missing = 0,
): string {
  const failed = reports.filter(({ passed }) => !passed);
  const verdict =
    failed.length === 0
      ? allKept(reports)
      : `**${failed.length} of ${counted(reports)} ${reports.length === 1 ? 'fails' : 'fail'}.**`;
  const wanted = reports.length + missing;
  const ended = `**It ended too early: ${missing} of ${wanted} runs have no verdict.** Of the others:`;
  return [
    '# Tieline simulation',
    '',
    ...(missing > 0 ? [ended, ''] : []),
    verdict,
    '',
    '| | scenario | expectations kept | peak kW, without control | lowest pu | seed |',
    '| --- | --- | --- | --- | --- | --- |',
    ...reports.map(rowOf),
    ...bills(reports, naming),
    ...failed.flatMap((report) => failureOf(report, naming(report))),
    '',
  ].join('\n');
}

function allKept(reports: readonly RunReport[]): string {
  return reports.length === 1
    ? `${counted(reports)} keeps its promises.`
    : `All ${counted(reports)} keep their promises.`;
}

function rowOf(report: RunReport): string {
  const { scenario, mustFail, passed, expectations, peakImportKw, minVoltagePu, seed } = report;
  const kept = expectations.filter((one) => one.kept).length;
  const name = mustFail ? `${scenario} (must fail)` : scenario;
  const { withControl, withoutControl } = peakImportKw;
  const cells = [
    passed ? '✓' : '✗',
    cell(name),
    `${kept} of ${expectations.length}`,
    `${fixed(withControl)}, ${fixed(withoutControl)}`,
    minVoltagePu.toFixed(4),
    `${seed}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

/** Of the scenarios that have a tariff: each figure with control, without control. */
function bills(reports: readonly RunReport[], naming: Naming): readonly string[] {
  const rows = reports.flatMap((report) => {
    const { currency = '', rows: meters = [], left = 0 } = billed(report) ?? {};
    const name = naming(report);
    const lines = meters.map(({ meter, energy, demand, sum, saved, movedKwh }) => {
      const figures = [...[energy, demand, sum].map((both) => both.join(', ')), saved, movedKwh];
      return `| ${[name, meter, currency].map(cell).join(' | ')} | ${figures.join(' | ')} |`;
    });
    return left > 0 ? [...lines, `| ${cell(name)} | ${left} more | | | | | | |`] : lines;
  });
  if (rows.length === 0) return [];
  return [
    '',
    '## Bills with control, without control',
    '',
    '| scenario | meter | currency | energy | demand charge | sum | saved | kWh moved |',
    '| --- | --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
  ];
}

function failureOf(report: RunReport, name: string): readonly string[] {
  const { about } = report;
  return [
    '',
    `## ✗ ${cell(name)}`,
    '',
    cell(about),
    '',
    ...reasonsOf(report).map((reason) => `- ${cell(reason)}`),
    ...saidLast(report),
    '',
    '```text',
    reproducing(report),
    '```',
  ];
}

/** As an indented block, which nothing that stands in it can end. */
function saidLast(report: RunReport): readonly string[] {
  const lines = lastWordsOf(report);
  if (lines.length === 0) return [];
  return ['', 'It said last:', '', ...lines.map((line) => `    ${line}`)];
}

function fixed(powerKw: number | null): string {
  return powerKw === null ? '–' : powerKw.toFixed(1);
}

/** Text of others inside Markdown: on one line, and no markup. */
function cell(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/[\\`*_[\]<>|#]/g, (sign) => `\\${sign}`);
}
