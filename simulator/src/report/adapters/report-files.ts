import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RunReport } from '../../scenario/run-scenario.ts';
import { junitXml } from '../junit.ts';
import { summaryMarkdown } from '../summary.ts';

/**
 * Writes `junit.xml` and `summary.md` of all runs, and `SCENARIO/run.json` of each, into a folder, over what an
 * earlier run left there. `run.json` holds nothing but what the seed brings: the same seed gives the same bytes.
 */
export function writeReports(folder: string, reports: readonly RunReport[]): void {
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'junit.xml'), junitXml(reports));
  writeFileSync(join(folder, 'summary.md'), summaryMarkdown(reports));
  for (const report of reports) {
    const own = join(folder, report.scenario);
    mkdirSync(own, { recursive: true });
    writeFileSync(join(own, 'run.json'), `${JSON.stringify(report, null, 2)}\n`);
  }
}
