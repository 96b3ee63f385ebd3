import type { Happening } from '../scenario/happenings.ts';
import type { ScenarioRun } from '../scenario/run-scenario.ts';

/** Of a measured value; more would only swell the file. */
const DIGITS = 6;

/**
 * A run as lines of JSON, in the order of simulated time: first what it is of, then what happened, and after each
 * interval of the chronicle a sample of every quantity.
 */
export function* traceLines({ report, chronicle }: ScenarioRun): Generator<string> {
  const { scenario, file, seed, startMs, durationMs } = report;
  const { intervalMs, happenings, leftOut, commands, withControl } = chronicle;
  yield line({
    ...{ schema: 'tieline.trace/1', scenario, file, seed, startMs, durationMs, intervalMs },
    orders: Object.fromEntries(commands),
  });
  const points = Math.max(0, ...[...withControl.values()].map((series) => series.length));
  let next = 0;
  for (let at = 0; at < points; at += 1) {
    const untilMs = Math.min(durationMs, (at + 1) * intervalMs);
    for (; next < happenings.length && happenings[next]!.atMs <= untilMs; next += 1) {
      yield happened(happenings[next]!);
    }
    yield line({ atMs: untilMs, type: 'sample', values: valuesAt(at, withControl) });
  }
  for (; next < happenings.length; next += 1) yield happened(happenings[next]!);
  if (leftOut > 0) yield line({ atMs: durationMs, type: 'left-out', happenings: leftOut });
}

function happened({ atMs, type, ...facts }: Happening): string {
  return line({ atMs, type, ...facts });
}

function valuesAt(
  at: number,
  series: ScenarioRun['chronicle']['withControl'],
): Readonly<Record<string, number | null>> {
  const values = [...series].map(([name, points]): [string, number | null] => {
    const value = points[at] ?? null;
    return [name, value === null ? null : Number(value.toPrecision(DIGITS))];
  });
  return Object.fromEntries(values);
}

function line(object: Readonly<Record<string, unknown>>): string {
  return `${JSON.stringify(object)}\n`;
}
