import { shellWord } from '@tieline/kernel';
import type { RunReport } from '../scenario/run-report.ts';

/** The line that shows a run again. */
export function reproducing({
  file,
  seed,
  live,
}: Pick<RunReport, 'file' | 'seed' | 'live'>): string {
  const how = live === undefined ? '' : ` --live --rate ${live.rate}`;
  return `tieline sim run ${shellWord(file)} --seed ${seed}${how}`;
}
