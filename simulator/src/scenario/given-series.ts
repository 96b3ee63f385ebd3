import { messageOf } from '@tieline/kernel';
import { readSeries, type SeriesColumn } from '../series/read-series.ts';
import { endOf, type Series } from '../series/series.ts';
import type { Complaint } from './complaint.ts';
import type { FilesBeside } from './files-beside.ts';
import type { Path } from './yaml-places.ts';

/** What a scenario's series are read with. */
export interface SeriesReading {
  readonly files: FilesBeside;
  /** Of the scenario, Unix ms: every series has to cover it. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly problems: Complaint[];
}

/** The series of a file that a scenario names at `path`; what is wrong with it becomes a problem there. */
export function givenSeries<Name extends string>(
  file: string,
  columns: readonly SeriesColumn<Name>[],
  path: Path,
  { files, fromMs, toMs, problems }: SeriesReading,
): Partial<Readonly<Record<Name, Series>>> {
  try {
    const series = readSeries({ file, text: files.text(file) }, columns);
    const [first] = Object.values<Series | undefined>(series);
    if (first !== undefined && (first.startMs > fromMs || endOf(first) < toMs)) {
      const [from, to] = [first.startMs, endOf(first)].map((ms) => new Date(ms).toISOString());
      problems.push({ path, reason: `${file} covers ${from} to ${to}, not the whole scenario` });
    }
    return series;
  } catch (thrown) {
    problems.push({ path, reason: messageOf(thrown) });
    return {};
  }
}
