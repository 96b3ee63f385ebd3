import { closeSync, copyFileSync, mkdirSync, openSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { messageOf, TielineError } from '@tieline/kernel';
import type { RunReport } from '../../scenario/run-report.ts';
import type { ScenarioRun } from '../../scenario/run-scenario.ts';
import { reportPage } from '../html/page.ts';
import { junitXml } from '../junit.ts';
import type { Naming } from '../naming.ts';
import { summaryMarkdown } from '../summary.ts';
import { traceLines } from '../trace.ts';

/** The disk does not take a report. */
export class ReportError extends TielineError<{
  readonly code: 'report_unwritable';
  readonly folder: string;
  readonly reason: string;
}> {}

const STYLESHEET = fileURLToPath(new URL('../html/report.css', import.meta.url));

/**
 * The files of a suite in a folder, over what an earlier one left there: `RUN/run.json`, `RUN/report.html` and
 * `RUN/trace.ndjson` of each run as soon as it is done, and `junit.xml`, `summary.md` and `report.css` of all. All but the
 * stylesheet hold nothing but what the seed brings: the same seed gives the same bytes.
 */
export class ReportFiles {
  readonly #folder: string;
  readonly #naming: Naming;
  /** Of the runs: what else they hold is large, and written by then. */
  readonly #reports: RunReport[] = [];

  constructor(folder: string, naming: Naming) {
    this.#folder = folder;
    this.#naming = naming;
  }

  /** @throws {ReportError} */
  add(run: ScenarioRun): void {
    const name = this.#naming(run.report);
    const own = join(this.#folder, name);
    writing(own, () => {
      mkdirSync(own, { recursive: true });
      writeFileSync(join(own, 'run.json'), `${JSON.stringify(run.report, null, 2)}\n`);
      const stylesheet = `${name.replaceAll(/[^/]+/g, '..')}/report.css`;
      writeFileSync(join(own, 'report.html'), reportPage(run, stylesheet));
      writeLines(join(own, 'trace.ndjson'), traceLines(run));
    });
    this.#reports.push(run.report);
  }

  /**
   * Behind the last run, or wherever a suite came to its end: of what there is.
   * @param missing  runs that were wanted and did not come to their end
   * @throws {ReportError}
   */
  close(missing = 0): void {
    const write = (file: string, text: string): void =>
      writeFileSync(join(this.#folder, file), text);
    writing(this.#folder, () => {
      mkdirSync(this.#folder, { recursive: true });
      write('junit.xml', junitXml(this.#reports, this.#naming, missing));
      write('summary.md', summaryMarkdown(this.#reports, this.#naming, missing));
      copyFileSync(STYLESHEET, join(this.#folder, 'report.css'));
    });
  }
}

/** A full disk, or a file where a folder has to be, is told of as such; a report that cannot be made, as it is. */
function writing(folder: string, work: () => void): void {
  try {
    work();
  } catch (thrown) {
    if (!(thrown instanceof Error && 'syscall' in thrown)) throw thrown;
    throw new ReportError({ code: 'report_unwritable', folder, reason: messageOf(thrown) });
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
