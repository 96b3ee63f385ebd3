import type { RunReport } from '../scenario/run-report.ts';

/** The line that shows a run again. */
export function reproducing({
  file,
  seed,
  live,
}: Pick<RunReport, 'file' | 'seed' | 'live'>): string {
  const plain = /^[\w./@:+-]+$/.test(file);
  return `tieline sim run ${plain ? file : `'${file.replaceAll("'", `'\\''`)}'`} --seed ${seed}${live === undefined ? '' : ` --live --rate ${live.rate}`}`;
}
