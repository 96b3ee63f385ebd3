import { paint, plainText, type Tone } from './paint.ts';

/** A column: its header with the unit (`IMPORT kW`), and which way its cells lean. */
export interface Column {
  readonly header: string;
  readonly align?: 'left' | 'right';
}

/** A row and how normal it is. An abnormal row is coloured *and* marked. */
export interface Row {
  readonly cells: readonly string[];
  readonly tone?: 'normal' | 'warning' | 'alarm';
}

/** To sort by: worst first. */
export const SEVERITY = { normal: 0, warning: 1, alarm: 2 } as const;

const MARKS = { normal: ' ', warning: '!', alarm: '✗' } as const;

/** Columns without boxes; the mark stands in a column of its own, and only where some row has one. */
export function layoutTable(
  columns: readonly Column[],
  rows: readonly Row[],
  colour: boolean,
): string {
  const cells = rows.map((row) => row.cells.map(plainText));
  const widths = columns.map((column, at) =>
    Math.max(column.header.length, ...cells.map((row) => row[at]?.length ?? 0)),
  );
  const marked = rows.some((row) => (row.tone ?? 'normal') !== 'normal');
  const line = (texts: readonly string[], mark: string): string => {
    const padded = columns.map((column, at) => {
      const text = texts[at] ?? '';
      const width = widths[at] ?? 0;
      return column.align === 'right' ? text.padStart(width) : text.padEnd(width);
    });
    return `${marked ? `${mark} ` : ''}${padded.join('  ')}`.trimEnd();
  };
  const head = paint(
    line(
      columns.map((column) => column.header),
      ' ',
    ),
    'faint',
    colour,
  );
  const body = rows.map((row, at) => {
    const tone: Tone = row.tone ?? 'normal';
    return paint(line(cells[at] ?? [], MARKS[row.tone ?? 'normal']), tone, colour);
  });
  return `${[head, ...body].join('\n')}\n`;
}

/** Facts one below the other: a label, its value. */
export function layoutFacts(
  facts: readonly (readonly [string, string])[],
  colour: boolean,
): string {
  const width = Math.max(0, ...facts.map(([label]) => label.length));
  return facts
    .map(
      ([label, value]) => `${paint(label.padEnd(width), 'faint', colour)}  ${plainText(value)}\n`,
    )
    .join('');
}
