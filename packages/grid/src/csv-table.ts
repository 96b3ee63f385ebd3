import { messageOf } from '@tieline/kernel';
import { CsvError, parse } from 'csv-parse/sync';
import { GridError } from './error.ts';

/** A table with one line of headers, and where each of its rows stands. */
export interface CsvTable {
  readonly file: string;
  readonly columns: readonly string[];
  readonly rows: readonly CsvRow[];
}

export interface CsvRow {
  /** In the file, from 1. */
  readonly line: number;
  readonly cells: readonly string[];
}

/** A file as a person names it, and what it holds. */
export interface NamedText {
  readonly file: string;
  readonly text: string;
}

const NUMBER = /^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i;

/**
 * Reads comma-separated values (RFC 4180) with a line of headers; empty lines and lines that begin with `#` say nothing.
 *
 * @throws {GridError} csv_invalid with the line
 */
export function readCsv({ file, text }: NamedText): CsvTable {
  const [head, ...rows] = recordsOf(text, file);
  if (head === undefined) throw csvInvalid(file, null, 'there is no line of headers');
  const doubled = head.cells.find((column, at) => head.cells.indexOf(column) !== at);
  if (doubled !== undefined) throw csvInvalid(file, head.line, `doubled column '${doubled}'`);
  if (head.cells.length === 1 && /[;\t]/.test(head.cells[0] ?? '')) {
    throw csvInvalid(file, head.line, 'columns are parted by commas, and numbers have a point');
  }
  return { file, columns: head.cells, rows };
}

/**
 * Which place each known column has; -1 where a column that may be left out is.
 * @throws {GridError} csv_invalid for an unknown column, and for one that is needed and not there
 */
export function placesOf<Name extends string>(
  { file, columns }: CsvTable,
  needed: readonly Name[],
  allowed: readonly Name[] = [],
): Readonly<Record<Name, number>> {
  const known = [...needed, ...allowed];
  const stranger = columns.find((column) => !(known as readonly string[]).includes(column));
  if (stranger !== undefined) {
    throw csvInvalid(file, 1, `unknown column '${stranger}'; known: ${known.join(' ')}`);
  }
  const lacking = needed.find((name) => !columns.includes(name));
  if (lacking !== undefined) throw csvInvalid(file, 1, `there is no column '${lacking}'`);
  const places = known.map((name) => [name, columns.indexOf(name)] as const);
  return Object.fromEntries(places) as Record<Name, number>;
}

/** @throws {GridError} csv_invalid where the cell is no decimal number */
export function numberIn({ file, columns }: CsvTable, { line, cells }: CsvRow, at: number): number {
  const cell = cells[at] ?? '';
  if (!NUMBER.test(cell) || !Number.isFinite(Number(cell))) {
    throw csvInvalid(file, line, `${columns[at]}: '${cell}' is no number`);
  }
  return Number(cell);
}

export function csvInvalid(file: string, line: number | null, reason: string): GridError {
  return new GridError(
    { code: 'csv_invalid', file, line, reason },
    `${file}${line === null ? '' : `:${line}`}: ${reason}`,
  );
}

function recordsOf(text: string, file: string): CsvRow[] {
  try {
    const records = parse(text, {
      bom: true,
      comment: '#',
      comment_no_infix: true,
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as { readonly record: string[]; readonly info: { readonly lines: number } }[];
    return records.map(({ record, info }) => ({ line: info.lines, cells: record }));
  } catch (thrown) {
    const line =
      thrown instanceof CsvError && typeof thrown['lines'] === 'number' ? thrown['lines'] : null;
    throw csvInvalid(file, line, messageOf(thrown));
  }
}
