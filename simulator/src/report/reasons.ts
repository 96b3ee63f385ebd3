import type { RunReport } from '../scenario/run-report.ts';

/** Why a run has failed, a sentence each; none where it passed. */
export function reasonsOf({ passed, mustFail, expectations }: RunReport): readonly string[] {
  if (passed) return [];
  const broken = expectations.filter(({ kept }) => !kept);
  if (mustFail && broken.length === 0) return ['it must fail, and kept every expectation'];
  return broken.map(({ expected, seen }) => `expected ${expected}; seen: ${seen}`);
}

/** The last lines of a process that ended a run before its time; none where none did. */
export function lastWordsOf({ live }: RunReport): readonly string[] {
  return live?.ended?.log ?? [];
}
