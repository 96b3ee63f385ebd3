import type { EndedProcess } from './controlled-run.ts';

/** `agent harbour ended by itself with exit code 1`. */
export function endWords({
  process,
  exitCode,
  signal,
  asked,
}: Omit<EndedProcess, 'atMs' | 'log'>): string {
  const how = asked ? 'ended, when it was asked to,' : 'ended by itself';
  return `${process} ${how} with ${signal ?? `exit code ${exitCode}`}`;
}
