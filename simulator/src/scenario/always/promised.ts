import { clock } from '../clock.ts';
import type { ObservedRun } from '../controlled-run.ts';
import type { Outcome, Watch } from '../expectations.ts';

/** What every run has to keep, looked at after every step of the plant: kept until it is first broken. */
export abstract class Promised implements Watch {
  readonly #expected: string;
  #first: { readonly reason: string; readonly atMs: number } | null = null;

  constructor(expected: string) {
    this.#expected = expected;
  }

  abstract look(run: ObservedRun, nowMs: number): void;

  protected broken(reason: string, atMs: number): void {
    this.#first ??= { reason, atMs };
  }

  outcome(): Outcome {
    const first = this.#first;
    const seen = first === null ? 'none' : `${first.reason} at ${clock(first.atMs)}`;
    const atMs = first?.atMs ?? null;
    return { expected: this.#expected, kept: first === null, seen, headroom: null, atMs };
  }
}
