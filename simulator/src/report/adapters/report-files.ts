import { closeSync, copyFileSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ScenarioRun } from '../../scenario/run-scenario.ts';
import { reportPage } from '../html/page.ts';
import { junitXml } from '../junit.ts';
import { summaryMarkdown } from '../summary.ts';
import { traceLines } from '../trace.ts';

const STYLESHEET = fileURLToPath(new URL('../html/report.css', import.meta.url));

/**
 * Writes `junit.xml`, `summary.md` and `report.css` of all runs, and `SCENARIO/run.json`, `SCENARIO/report.html` and
 * `SCENARIO/trace.ndjson` of each, into a folder, over what an earlier run left there. All but the stylesheet hold
 * nothing but what the seed brings: the same seed gives the same bytes.
 */
export function writeReports(folder: string, runs: readonly ScenarioRun[]): void {
  const reports = runs.map(({ report }) => report);
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'junit.xml'), junitXml(reports));
  writeFileSync(join(folder, 'summary.md'), summaryMarkdown(reports));
  copyFileSync(STYLESHEET, join(folder, 'report.css'));
  for (const run of runs) {
    const own = join(folder, run.report.scenario);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'run.json'), `${JSON.stringify(run.report, null, 2)}\n`);
    writeFileSync(join(own, 'report.html'), reportPage(run, '../report.css'));
    writeLines(join(own, 'trace.ndjson'), traceLines(run));
  }
}

/** Line by line: the text as a whole may be larger than all that it is made from. */
function writeLines(path: string, lines: Iterable<string>): void {
  const file = openSync(path, 'w');
  try {
    for (const line of lines) writeSync(file, line);
  } finally {
    closeSync(file);
  }
}
