import type { RunReport } from '../scenario/run-report.ts';
import type { Scenario } from '../scenario/scenario.ts';

/** A promise that a run did not keep. */
export interface Breach {
  /** The promise without what differs from scenario to scenario: by it two finds are of one kind. */
  readonly kind: string;
  readonly promise: string;
  readonly seen: string;
}

/** The first promise that a run broke; null where it kept all. */
export function breachOf(report: RunReport): Breach | null {
  const broken = report.expectations.find(({ kept }) => !kept);
  if (broken === undefined) return null;
  return breach(broken.expected, broken.seen, report.sites);
}

/** A run that came to no report. */
export function crashOf(thrown: unknown, { simulated }: Scenario): Breach {
  const seen = thrown instanceof Error ? thrown.message : String(thrown);
  const sites = simulated.sites.map(({ plant: { site } }) => ({ site }));
  const { kind } = breach(seen, seen, sites);
  return { kind: `a run ends in order: ${kind}`, promise: 'a run ends in order', seen };
}

/** Two runs of one seed. */
export function differenceOf(first: RunReport, second: RunReport): Breach | null {
  if (first.trace === second.trace) return null;
  const promise = 'the same seed gives the same run';
  return { kind: promise, promise, seen: `${first.trace}, then ${second.trace}` };
}

function breach(promise: string, seen: string, sites: readonly { site: string }[]): Breach {
  const named = sites.reduce((text, { site }) => text.replaceAll(site, 'SITE'), promise);
  const kind = named.replace(/\border \S+/, 'order').replace(/\d+(\.\d+)?/g, 'N');
  return { kind, promise, seen };
}
