import type { RunReport } from '../scenario/run-report.ts';

/** What became of one promise, or of all of a run. */
export interface Verdict {
  readonly kept: boolean;
  readonly what: string;
}

/** A verdict for each expectation that a run broke. */
export function brokenIn({ expectations }: RunReport, name: string): readonly Verdict[] {
  return expectations
    .filter(({ kept }) => !kept)
    .map(({ expected, seen }) => ({ kept: false, what: `${name}: ${expected}; seen: ${seen}` }));
}
