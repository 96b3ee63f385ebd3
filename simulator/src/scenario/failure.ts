import { TielineError } from '@tieline/kernel';

/** One thing that is wrong with a scenario file, and where. */
export interface ScenarioProblem {
  readonly file: string;
  /** From 1; null where the file as a whole is meant. */
  readonly line: number | null;
  readonly column: number | null;
  /** `timeline.2.order.site`; empty for the whole. */
  readonly path: string;
  readonly reason: string;
}

export interface ScenarioFailure {
  readonly code: 'scenario_unreadable' | 'scenario_invalid';
  /** What was read: a file, or a folder of them. */
  readonly file: string;
  /** In the order of the files, and of each; at least one. */
  readonly problems: readonly ScenarioProblem[];
}

export class ScenarioError extends TielineError<ScenarioFailure> {
  constructor(failure: ScenarioFailure, options?: ErrorOptions) {
    super(failure, failure.problems.map(placed).join('\n'), options);
  }
}

/** `evening.yaml:12:5: timeline.2.order.site: there is no site 'harbor'`. */
export function placed({ file, line, column, path, reason }: ScenarioProblem): string {
  const place = line === null ? file : `${file}:${line}:${column ?? 1}`;
  return `${place}: ${path === '' ? '' : `${path}: `}${reason}`;
}
