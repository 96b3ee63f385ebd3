import type { ExitCode, Fact, Problem } from '../exit.ts';
import { paint, plainText } from './paint.ts';

/** The shape of every error: what; the facts, one a line; the next command. */
export function problemText(problem: Problem, colour: boolean): string {
  const rows: Fact[] = [...(problem.facts ?? [])];
  if (problem.next !== undefined) rows.push(['next', problem.next]);
  const width = Math.max(0, ...rows.map(([label]) => label.length));
  const lines = rows.map(([label, value]) => {
    const text = value
      .split('\n')
      .map(plainText)
      .join(`\n${' '.repeat(width + 4)}`);
    return `  ${paint(label.padEnd(width), 'faint', colour)}  ${text}`;
  });
  const head = paint(`✗ ${plainText(problem.what)}`, 'alarm', colour);
  return `${[head, ...lines].join('\n')}\n`;
}

/** The same for machines, one line. */
export function problemJson(exit: ExitCode, problem: Problem): string {
  const facts = Object.fromEntries(problem.facts ?? []);
  const { code, what, next } = problem;
  return `${JSON.stringify({ schema: 'tieline.error/1', exit, code, what, facts, next })}\n`;
}
