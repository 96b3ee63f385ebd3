import type { RunReport } from '../scenario/run-scenario.ts';

/** The line that shows a run again. */
export function reproducing({ file, seed }: Pick<RunReport, 'file' | 'seed'>): string {
  const plain = /^[\w./@:+-]+$/.test(file);
  return `tieline sim run ${plain ? file : `'${file.replaceAll("'", `'\\''`)}'`} --seed ${seed}`;
}
