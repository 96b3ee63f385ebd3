/** What a process of `tieline` ends with. Not knowing is neither success nor failure: it is `unknown`. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  unknown: 3,
  signature: 4,
  refused: 5,
  awaitingApproval: 6,
  someFailed: 7,
  expectationFailed: 8,
  differs: 9,
  interrupted: 130,
} as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** One line each, for help and the reference. */
export const EXIT_MEANINGS: Readonly<Record<ExitCode, string>> = {
  0: 'done',
  1: 'failed',
  2: 'usage, configuration or a file that is not what it should be',
  3: 'unreachable or timed out: the effect is unknown',
  4: 'key, signature or role',
  5: 'refused by a limit or interlock, or clipped by one',
  6: 'awaiting approval',
  7: 'some sites failed',
  8: 'an expectation of a simulation failed',
  9: 'a simulation differs from its baseline',
  130: 'interrupted',
};

/** A fact under an error: what it is, and its value as people read it. */
export type Fact = readonly [label: string, value: string];

/** What people are told: what went wrong, the facts, who decided, and the next command. */
export interface Problem {
  /** Stable, for `--json`; never translated, never reworded. */
  readonly code: string;
  readonly what: string;
  readonly facts?: readonly Fact[];
  readonly next?: string;
}

/**
 * A failure that the command line understands. It does not extend `TielineError`, because the kernel's index
 * loads zod and pino: `tieline --help` would take five times as long.
 */
export class CliError extends Error {
  readonly exit: ExitCode;
  readonly problem: Problem;

  constructor(exit: ExitCode, problem: Problem, options?: ErrorOptions) {
    super(problem.what, options);
    this.name = 'CliError';
    this.exit = exit;
    this.problem = problem;
  }
}

/** Exit 2: the caller can put it right. */
export function usageError(what: string, facts: readonly Fact[] = [], next?: string): CliError {
  return new CliError(EXIT.usage, { code: 'usage', what, facts, ...(next && { next }) });
}
