import { z } from 'zod';
import type { ScenarioRun } from '../scenario/run-scenario.ts';

/*
 * What somebody has accepted of the runs of a folder of scenarios: few figures, rounded, so that a change of behaviour is
 * a change of a few lines that a person reviews. All the rest is held by one digest. Its bytes are promised on one
 * platform only, so it says on which it was made, and is compared on no other.
 */

/** Of an expectation with a bound the headroom, negative where it was passed; of another whether it was kept. */
const Outcome = z.union([z.number(), z.boolean()]);

const Accepted = z.strictObject({
  seed: z.int().min(0),
  /** Highest quarter-hour mean import of the feeder, kW; null where there was no whole quarter hour. */
  peakImportKw: z.number().nullable(),
  lowestVoltagePu: z.number().nullable(),
  /** Those of the scenario, and of the promises of every run those that were broken. By their words. */
  expectations: z.record(z.string(), Outcome),
  platform: z.string().min(1).max(64),
  trace: z.string().regex(/^sha256:[0-9a-f]{64}$/),
});
export type Accepted = z.output<typeof Accepted>;

export const BASELINE_SCHEMA = 'tieline.accepted/1';

export const Baseline = z.strictObject({
  schema: z.literal(BASELINE_SCHEMA),
  /** By name of the scenario. */
  scenarios: z.record(z.string(), Accepted),
});
export type Baseline = z.output<typeof Baseline>;

/** What is accepted of a run. @param platform  on which it was run */
export function acceptable({ scenario, report }: ScenarioRun, platform: string): Accepted {
  const { seed, peakImportKw, minVoltagePu, expectations, trace } = report;
  const own = scenario.expect.length;
  const told = expectations.filter(({ kept }, at) => at < own || !kept);
  const peakKw = peakImportKw.withControl;
  return {
    seed,
    peakImportKw: peakKw === null ? null : rounded(peakKw, 1),
    lowestVoltagePu: Number.isFinite(minVoltagePu) ? rounded(minVoltagePu, 4) : null,
    expectations: Object.fromEntries(
      told.map(({ expected, kept, headroom }) => [expected, headroomOf(headroom) ?? kept]),
    ),
    platform,
    trace,
  };
}

/** The text of the file: scenarios by name, a figure a line. */
export function baselineText({ scenarios }: Baseline): string {
  const ordered = Object.entries(scenarios).toSorted(([a], [b]) => (a < b ? -1 : 1));
  const baseline: Baseline = { schema: BASELINE_SCHEMA, scenarios: Object.fromEntries(ordered) };
  return `${JSON.stringify(baseline, null, 2)}\n`;
}

function headroomOf(headroom: number | null): number | null {
  return headroom === null ? null : Number(headroom.toPrecision(4));
}

function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
