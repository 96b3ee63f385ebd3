import { readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { messageOf, TielineError } from '@tieline/kernel';
import { z } from 'zod';
import { isShipped } from '../../scenario/adapters/scenario-files.ts';
import { Baseline, baselineText } from '../baseline.ts';

const FILE_NAME = 'accepted.json';
/** Some ten thousand scenarios. */
const BYTES_MAX = 16_777_216;

/** Traces are the same to the byte on one of these. */
export const PLATFORM = `${process.platform}-${process.arch}`;

export interface BaselineFailure {
  readonly code: 'baseline_unreadable' | 'baseline_unwritable';
  readonly file: string;
  readonly reason: string;
}
export class BaselineError extends TielineError<BaselineFailure> {}

/** Where the baseline of what a word means lies: beside the scenarios. Null for those that ship: their folder is not the caller's. */
export function baselinePath(word: string): string | null {
  if (isShipped(word)) return null;
  return join(isFolder(word) ? word : dirname(word), FILE_NAME);
}

/** Whether a word means every scenario of a baseline, and not one of them. */
export function isFolder(word: string): boolean {
  return statSync(word, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** Null where there is none yet. @throws {BaselineError} baseline_unreadable, also where it is none */
export function readBaseline(path: string): Baseline | null {
  try {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat === undefined) return null;
    if (stat.size > BYTES_MAX) throw new Error(`larger than ${BYTES_MAX} bytes`);
    return Baseline.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (thrown) {
    const reason = reasonOf(thrown);
    throw new BaselineError({ code: 'baseline_unreadable', file: path, reason });
  }
}

/** Whole or not at all. @throws {BaselineError} baseline_unwritable */
export function writeBaseline(path: string, baseline: Baseline): void {
  const beside = `${path}.new`;
  try {
    writeFileSync(beside, baselineText(baseline));
    renameSync(beside, path);
  } catch (thrown) {
    const reason = reasonOf(thrown);
    throw new BaselineError({ code: 'baseline_unwritable', file: path, reason });
  }
}

function reasonOf(thrown: unknown): string {
  const issue = thrown instanceof z.ZodError ? thrown.issues[0] : undefined;
  return issue === undefined ? messageOf(thrown) : `${issue.path.join('.')}: ${issue.message}`;
}
