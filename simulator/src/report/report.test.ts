import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { shippedScenario } from '../scenario/adapters/scenario-files.ts';
import type { RunReport } from '../scenario/run-report.ts';
import { ReportFiles } from './adapters/report-files.ts';
import { githubAnnotations } from './annotations.ts';
import { junitXml } from './junit.ts';
import { byScenario, byScenarioAndSeed } from './naming.ts';
import { reproducing } from './reproducing.ts';
import { summaryMarkdown } from './summary.ts';

function report(change: Partial<RunReport> = {}): RunReport {
  const kept = { expected: 'a.importKw at most 5', kept: true, seen: '4 at 3s' };
  return {
    ...{ schema: 'tieline.run/2', scenario: 'calm', file: 'tests/calm.yaml', about: 'It is calm.' },
    ...{ seed: 7, startMs: 0, durationMs: 1_000, agents: 1, mustFail: false, passed: true },
    expectations: [{ ...kept, headroom: 1, atMs: 3_000 }],
    ...{ trace: 'sha256:00', peakImportKw: { withControl: null, withoutControl: 9 }, sites: [] },
    ...{ minVoltagePu: 0.97, audit: { records: 1, receipted: 1 } },
    ...change,
  };
}
const broken = report({
  scenario: 'storm',
  file: 'my tests/storm & rain.yaml',
  passed: false,
  expectations: [
    { expected: 'a < b & "c"', kept: false, seen: 'x\u0000<y>', headroom: -1, atMs: 1 },
  ],
});

test('a suite for each scenario, a case for each expectation, and a failure that can be seen again', () => {
  const xml = junitXml([report(), broken], byScenario);
  expect(xml).toContain('<testsuites name="tieline" tests="2" failures="1" errors="0" time="0">');
  expect(xml).toContain('<testcase name="a.importKw at most 5" classname="calm" time="0"/>');
  expect(xml).toContain('name="a &lt; b &amp; &quot;c&quot;"');
  expect(xml).toContain("tieline sim run 'my tests/storm &amp; rain.yaml' --seed 7");
  expect(xml).not.toContain('\u0000');
});

test('of a scenario that must fail there is one case', () => {
  const failing = report({ mustFail: true, passed: true });
  expect(junitXml([failing], byScenario)).toContain(
    '<testcase name="must fail" classname="calm" time="0"/>',
  );
  expect(junitXml([{ ...failing, passed: false }], byScenario)).toContain(
    'it must fail, and kept every expectation',
  );
});

test('for GitHub a failure is one line at its file, and nothing in it begins another command', () => {
  const hostile = report({
    ...broken,
    file: 'a:b,c.yaml',
    expectations: [
      { expected: '100 %', kept: false, seen: 'x\n::stop-commands::y', headroom: null, atMs: 1 },
    ],
  });
  expect(githubAnnotations([report(), hostile])).toBe(
    "::error file=a%3Ab%2Cc.yaml,title=storm::expected 100 %25; seen: x%0A::stop-commands::y%0Atieline sim run 'a:b,c.yaml' --seed 7\n",
  );
  expect(githubAnnotations([report()])).toBe('');
  expect(githubAnnotations([report({ mustFail: true, passed: false })])).toContain(
    'it must fail, and kept every expectation',
  );
});

test('GitHub shows ten errors of a step: of more, the first nine and how many were left out', () => {
  const of = (count: number) => githubAnnotations(Array.from({ length: count }, () => broken));
  expect(of(9).match(/^::error file/gm)).toHaveLength(9);
  expect(of(9)).not.toContain('more');
  const lines = of(12).trimEnd().split('\n');
  expect(lines).toHaveLength(10);
  expect(lines.at(-1)).toBe('::error title=Tieline::3 more failures; see the log');
});

test('the summary says the verdict first, and of each failure what was seen and how to see it again', () => {
  const text = summaryMarkdown([report(), broken], byScenario);
  expect(text).toContain('**1 of 2 scenarios fail.**');
  expect(text).toContain('| ✓ | calm | 1 of 1 | –, 9.0 | 0.9700 | 7 |');
  expect(text).toContain('## ✗ storm');
  expect(text).toContain(reproducing(broken));
  expect(summaryMarkdown([report()], byScenario)).toContain('\n1 scenario keeps its promises.');
  expect(summaryMarkdown([broken], byScenario)).toContain('**1 of 1 scenario fails.**');
});

test('what ended too early is neither all nor a success', () => {
  const text = summaryMarkdown([report()], byScenario, 2);
  expect(text).toContain('**It ended too early: 2 of 3 runs have no verdict.** Of the others:');
  const xml = junitXml([report()], byScenario, 2);
  expect(xml).toContain('<testsuites name="tieline" tests="2" failures="1" errors="0" time="0">');
  expect(xml).toContain('<failure message="2 of 3 runs have no verdict"');
});

test('bills stand in the summary where there is a tariff, with control and without', () => {
  const bill = { importKwh: 9, exportKwh: 0, peaksKw: {} };
  const meter = {
    withControl: { ...bill, energyCost: -1.5, demandCost: 20, total: 18.5 },
    withoutControl: { ...bill, energyCost: -2, demandCost: 30, total: 28 },
    ...{ saved: 9.5, movedKwh: 3.26, movedShare: 0.125 },
  };
  const sites = Array.from({ length: 14 }, (_, k) => ({ site: `home-${k + 1}`, ...meter }));
  const economics = { currency: 'EUR', timeZone: 'UTC', feeder: meter, sites };
  const text = summaryMarkdown([report(), report({ economics })], byScenario);
  const figures = '−1.50, −2.00 | 20.00, 30.00 | 18.50, 28.00 | 9.50 | 3.3 (12.5 %) |';
  expect(text).toContain(`| calm | feeder | EUR | ${figures}`);
  expect(text).toContain(`| calm | home-12 | EUR | ${figures}`);
  expect(text).toContain('| calm | 2 more | | | | | | |');
  expect(text).not.toContain('home-13');
  expect(summaryMarkdown([report()], byScenario)).not.toContain('Bills');
});

/** Writes what these reports leave into a folder; what it gives reads a file there. */
function leaving() {
  const folder = mkdtempSync(join(tmpdir(), 'tieline-reports-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const scenario = { ...shippedScenario('evening-peak'), expect: [] };
  const none = {
    ...{ withControl: new Map(), withoutControl: new Map(), worst: null },
    ...{ happenings: [], leftOut: 0, commands: new Map() },
  };
  const chronicle = { intervalMs: 1_000, ...none };
  return {
    write: (reports: readonly RunReport[], naming = byScenario) => {
      const files = new ReportFiles(join(folder, 'out'), naming);
      for (const one of reports) files.add({ scenario, report: one, chronicle });
      files.close();
    },
    written: (path: string) => readFileSync(join(folder, 'out', path), 'utf8'),
  };
}

test('files are written over those of an earlier run', () => {
  const { write, written } = leaving();
  write([broken]);
  write([report()]);
  expect(JSON.parse(written('calm/run.json'))).toEqual(report());
  expect(written('junit.xml')).toContain('failures="0"');
  const [, stylesheet = ''] =
    /rel="stylesheet" href="([^"]+)"/.exec(written('calm/report.html')) ?? [];
  expect(written(join('calm', stylesheet))).toContain('prefers-color-scheme: dark');
});

test('runs of one scenario with several seeds lie apart, and are told apart', () => {
  const { write, written } = leaving();
  const runs = [report(), report({ seed: 8 }), { ...broken, seed: 8 }];
  write(runs, byScenarioAndSeed);
  expect(JSON.parse(written('calm/seed-7/run.json'))).toEqual(runs[0]);
  expect(JSON.parse(written('calm/seed-8/run.json'))).toEqual(runs[1]);
  const [, stylesheet = ''] =
    /rel="stylesheet" href="([^"]+)"/.exec(written('calm/seed-8/report.html')) ?? [];
  expect(written(join('calm/seed-8', stylesheet))).toContain('prefers-color-scheme: dark');
  expect(written('junit.xml')).toContain('<testsuite name="calm/seed-8"');
  expect(written('summary.md')).toContain('**1 of 3 runs of 2 scenarios fail.**');
  expect(written('summary.md')).toContain('## ✗ storm/seed-8');
});
