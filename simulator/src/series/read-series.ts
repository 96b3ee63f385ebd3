import { type CsvTable, csvInvalid, type NamedText, numberIn, readCsv } from '@tieline/grid';
import { suggestion } from '../scenario/suggestion.ts';
import type { Series } from './series.ts';

/** A column that a file may have: a quantity and its unit, and what turns the unit into ours. */
export interface SeriesColumn<Name extends string> {
  readonly header: string;
  readonly name: Name;
  /** Ours per theirs. */
  readonly scale: number;
  readonly min: number;
  readonly max: number;
}

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,3})?)?(Z|[+-]\d{2}:\d{2})$/;

/**
 * Reads series from a table: `time` first, at equal steps, each with its offset from UTC (so that the hour that a clock
 * change repeats is not taken for a doubled one); then any of the columns.
 *
 * @throws {GridError} csv_invalid with file and line: a gap, a time out of order, a value out of bounds
 */
export function readSeries<Name extends string>(
  named: NamedText,
  columns: readonly SeriesColumn<Name>[],
): Partial<Readonly<Record<Name, Series>>> {
  const table = readCsv(named);
  const { file, rows } = table;
  const found = columnsIn(table, columns);
  if (rows.length < 2) throw csvInvalid(file, null, 'a series has two times or more');
  const { startMs, stepMs } = stepsOf(table);
  const series = found.map(({ name, header, scale, min, max, at }) => {
    const values = rows.map((row) => {
      const value = numberIn(table, row, at) * scale;
      if (value >= min && value <= max) return value;
      throw csvInvalid(file, row.line, `${header}: ${row.cells[at]} is not possible`);
    });
    return [name, { startMs, stepMs, values }] as const;
  });
  return Object.fromEntries(series) as unknown as Partial<Record<Name, Series>>;
}

function columnsIn<Name extends string>(
  { file, columns: headers }: CsvTable,
  columns: readonly SeriesColumn<Name>[],
) {
  const [first, ...others] = headers;
  const known = columns.map(({ header }) => header);
  if (first !== 'time') throw csvInvalid(file, 1, "the first column is 'time'");
  if (others.length === 0)
    throw csvInvalid(file, 1, `no column beside time; known: ${known.join(' ')}`);
  const found = others.map((header, index) => {
    const column = columns.find((one) => one.header === header);
    if (column === undefined) {
      const near = suggestion(header, known) || `; known: ${known.join(' ')}`;
      throw csvInvalid(file, 1, `unknown column '${header}'${near}`);
    }
    return { ...column, at: index + 1 };
  });
  const doubled = found.find(({ name }, at) => found.findIndex((one) => one.name === name) !== at);
  if (doubled !== undefined) throw csvInvalid(file, 1, `'${doubled.header}' says the same again`);
  return found;
}

/** Not 30 February, which `Date.parse` takes for 2 March. */
function isDay(day: string): boolean {
  const ms = Date.parse(`${day}T00:00Z`);
  return Number.isFinite(ms) && new Date(ms).toISOString().slice(0, 10) === day;
}

function stepsOf({ file, rows }: CsvTable): { startMs: number; stepMs: number } {
  const times = rows.map(({ line, cells: [cell = ''] }) => {
    const ms = INSTANT.test(cell) && isDay(cell.slice(0, 10)) ? Date.parse(cell) : Number.NaN;
    if (Number.isFinite(ms)) return ms;
    throw csvInvalid(file, line, `'${cell}' is no time with its offset, such as 2026-03-29T00:00Z`);
  });
  const [startMs = 0, second = 0] = times;
  const stepMs = second - startMs;
  for (const [at, ms] of times.entries()) {
    const dueMs = startMs + at * stepMs;
    if (ms === dueMs && stepMs > 0) continue;
    const line = rows[stepMs > 0 ? at : 1]?.line ?? null;
    const [is, due] = [ms, dueMs].map((each) => new Date(each).toISOString());
    const what = stepMs <= 0 || ms < dueMs ? 'out of order' : 'a gap';
    throw csvInvalid(file, line, stepMs <= 0 ? what : `${what}: ${is} where ${due} is due`);
  }
  return { startMs, stepMs };
}
