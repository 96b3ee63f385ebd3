import {
  type CsvRow,
  type CsvTable,
  csvInvalid,
  type NamedText,
  numberIn,
  placesOf,
  readCsv,
} from './csv-table.ts';
import { GridError } from './error.ts';
import { checkFeeder, type Feeder } from './feeder.ts';

const BUS_COLUMNS = ['bus', 'source_pu', 'base_kv'] as const;
const BUS_ALLOWED = ['load_kw', 'load_kvar', 'zip_z', 'zip_i', 'zip_p'] as const;
const BRANCH_COLUMNS = ['branch', 'from', 'to', 'r_ohm', 'x_ohm'] as const;
const BRANCH_ALLOWED = ['closed', 'rated_a', 'rating_assumed'] as const;

/**
 * Reads a feeder from a pair of tables. Of the buses one has `source_pu` and `base_kv`: it feeds all others. A cell that
 * may be left out is left empty.
 * The feeder is called as the folder or the prefix that both have.
 *
 * @throws {GridError} csv_invalid with file and line
 */
export function feederFromCsv(busFile: NamedText, branchFile: NamedText): Feeder {
  const [busTable, branchTable] = [readCsv(busFile), readCsv(branchFile)];
  const { source, buses } = busesOf(busTable);
  const branches = branchesOf(branchTable);
  const { baseKv, ...slack } = source;
  try {
    return checkFeeder({ name: nameOf(busFile.file), baseKv, slack, buses, branches });
  } catch (thrown) {
    throw thrown instanceof GridError ? placedInTable(thrown, busTable, branchTable) : thrown;
  }
}

/**
 * `north/buses.csv` → `north/branches.csv`; null where a path names no table.
 * @throws {GridError} csv_invalid where it names another table than one of buses
 */
export function branchesBeside(path: string): string | null {
  if (path.endsWith('buses.csv')) return path.replace(/buses\.csv$/, 'branches.csv');
  if (!path.endsWith('.csv')) return null;
  const reason =
    'name the table of buses, …buses.csv; that of branches lies beside it, …branches.csv';
  throw csvInvalid(path, null, reason);
}

function nameOf(busFile: string): string {
  const shared = busFile.replace(/[-_./\\]*buses\.csv$/, '');
  return shared.split(/[/\\]/).at(-1) || 'feeder';
}

interface Source {
  readonly bus: string;
  readonly voltagePu: number;
  readonly baseKv: number;
}

function busesOf(table: CsvTable): { source: Source; buses: unknown[] } {
  const at = placesOf<(typeof BUS_COLUMNS | typeof BUS_ALLOWED)[number]>(
    table,
    BUS_COLUMNS,
    BUS_ALLOWED,
  );
  let source: Source | null = null;
  const buses = table.rows.map((row) => {
    const cell = cellsOf(table, row);
    const id = row.cells[at.bus] ?? '';
    const [voltagePu, baseKv] = [cell.number(at.source_pu), cell.number(at.base_kv)];
    if (voltagePu !== null || baseKv !== null) {
      if (voltagePu === null || baseKv === null) {
        throw csvInvalid(table.file, row.line, 'the source needs both source_pu and base_kv');
      }
      if (source !== null) throw csvInvalid(table.file, row.line, 'a second source; there is one');
      source = { bus: id, voltagePu, baseKv };
    }
    const [z, i, p] = [cell.number(at.zip_z), cell.number(at.zip_i), cell.number(at.zip_p)];
    const zip = z === null && i === null && p === null ? null : { z: z ?? 0, i: i ?? 0, p: p ?? 0 };
    return present({
      id,
      loadKw: cell.number(at.load_kw),
      loadKvar: cell.number(at.load_kvar),
      zip,
    });
  });
  if (source === null) throw csvInvalid(table.file, null, 'no bus has source_pu and base_kv');
  return { source, buses };
}

function branchesOf(table: CsvTable): unknown[] {
  const at = placesOf<(typeof BRANCH_COLUMNS | typeof BRANCH_ALLOWED)[number]>(
    table,
    BRANCH_COLUMNS,
    BRANCH_ALLOWED,
  );
  return table.rows.map((row) => {
    const cell = cellsOf(table, row);
    return present({
      id: row.cells[at.branch],
      from: row.cells[at.from],
      to: row.cells[at.to],
      rOhm: numberIn(table, row, at.r_ohm),
      xOhm: numberIn(table, row, at.x_ohm),
      closed: cell.truth(at.closed),
      ratedA: cell.number(at.rated_a),
      ratingAssumed: cell.truth(at.rating_assumed),
    });
  });
}

/** Cells that may be empty, or of columns that are not there: null then. */
function cellsOf(table: CsvTable, row: CsvRow) {
  const filled = (at: number): boolean => at >= 0 && row.cells[at] !== '';
  return {
    number: (at: number): number | null => (filled(at) ? numberIn(table, row, at) : null),
    truth(at: number): boolean | null {
      if (!filled(at)) return null;
      const cell = row.cells[at] ?? '';
      if (cell === 'true' || cell === 'false') return cell === 'true';
      throw csvInvalid(
        table.file,
        row.line,
        `${table.columns[at]}: '${cell}' is neither true nor false`,
      );
    },
  };
}

function present(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== null));
}

/** `branches[3].rOhm` is a line of the second table. */
function placedInTable(error: GridError, buses: CsvTable, branches: CsvTable): GridError {
  const { failure } = error;
  if (failure.code !== 'feeder_invalid') return error;
  const found = /^(buses|branches)\[(\d+)\]\.?(.*)$/.exec(failure.place);
  const table = found?.[1] === 'branches' ? branches : buses;
  const line = table.rows[Number(found?.[2])]?.line ?? null;
  const field = found?.[3] ?? failure.place;
  return csvInvalid(
    table.file,
    line,
    field === '' ? failure.reason : `${field}: ${failure.reason}`,
  );
}
