import type { RunReport } from '../scenario/run-report.ts';
import { reasonsOf } from './reasons.ts';
import { reproducing } from './reproducing.ts';

/** GitHub shows ten errors of a step: nine, and one that counts the others. */
const SHOWN_MAX = 9;

/**
 * What failed, as workflow commands of GitHub Actions, a line each, in the order of the suite: errors at the files of
 * the scenarios. Empty where nothing failed.
 */
export function githubAnnotations(reports: readonly RunReport[]): string {
  const failures = reports.flatMap(failuresOf);
  const left = failures.length - SHOWN_MAX;
  const more = left > 0 ? [`::error title=Tieline::${left} more failures; see the log`] : [];
  return [...failures.slice(0, SHOWN_MAX), ...more].map((line) => `${line}\n`).join('');
}

function failuresOf(report: RunReport): readonly string[] {
  const { file, scenario } = report;
  const properties = `file=${property(file)},title=${property(scenario)}`;
  return reasonsOf(report).map(
    (reason) => `::error ${properties}::${data(`${reason}\n${reproducing(report)}`)}`,
  );
}

/** A line end would begin another command. */
function data(text: string): string {
  return text.replaceAll('%', '%25').replaceAll('\r', '%0D').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return data(text).replaceAll(':', '%3A').replaceAll(',', '%2C');
}
