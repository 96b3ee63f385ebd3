/** One figure beside its baseline, both measured in the same run; a baseline that is a definition says so. */
export interface Row {
  readonly figure: string;
  readonly unit: string;
  /** A median, or the percentile that the figure names. */
  readonly value: number;
  /** The best of several measurements of `value`: on a machine with other work it is nearer to what the code can do. */
  readonly best?: number;
  readonly baseline: string;
  readonly baselineValue: number;
  readonly ratio: number;
  /** One bound or several, joined by ` and `: `≤ 5 ms`, `≥ 100,000 points/s and ≥ 0.4 ×`; `×` bounds the ratio. */
  readonly aim: string;
  /** What exactly was timed, where the figure's name leaves it open. */
  readonly note?: string;
}

/** What a person may ask for on the command line. */
export interface Setting {
  /** Long measurements at their full length: ten minutes of an agent's memory instead of one. */
  readonly full: boolean;
}

export interface Bench {
  readonly name: string;
  run(setting: Setting): Promise<readonly Row[]>;
}

const BOUND = /^([≤≥]) ([\d,]+(?:\.\d+)?) (\S+)$/u;

/** Whether the row reaches each of its aims. @throws {Error} for an aim that bounds nothing of the row */
export function reachesAim(row: Row): boolean {
  return row.aim.split(' and ').every((text) => {
    const [, sign, digits = '', unit] = BOUND.exec(text) ?? [];
    if (unit !== '×' && unit !== row.unit) throw new Error(`'${text}' bounds no ${row.unit}`);
    const bound = Number(digits.replaceAll(',', ''));
    const measured = unit === '×' ? row.ratio : row.value;
    return sign === '≤' ? measured <= bound : measured >= bound;
  });
}

const HEAD = ['figure', 'value', 'best', 'unit', 'baseline', 'value', 'ratio', 'aim', 'ok?'];
const NUMBERS: ReadonlySet<number> = new Set([1, 2, 5, 6]);

/** The rows as a table for a terminal, notes below it. */
export function tableOf(rows: readonly Row[]): string {
  const cells = rows.map((row) => [
    row.figure,
    shown(row.value),
    row.best === undefined ? '' : shown(row.best),
    row.unit,
    row.baseline,
    shown(row.baselineValue),
    shown(row.ratio),
    row.aim,
    reachesAim(row) ? 'yes' : 'NO',
  ]);
  const lines = [HEAD, ...cells];
  const widths = HEAD.map((_, at) => Math.max(...lines.map((line) => line[at]?.length ?? 0)));
  const printed = lines.map((line) =>
    line
      .map((cell, at) =>
        NUMBERS.has(at) ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0),
      )
      .join('  ')
      .trimEnd(),
  );
  const notes = rows.flatMap(({ figure, note }) =>
    note === undefined ? [] : [`${figure}: ${note}`],
  );
  return [...printed, ...(notes.length > 0 ? ['', ...notes] : [])].join('\n');
}

/** Three significant digits, thousands set off. */
function shown(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value) || 1)));
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}
