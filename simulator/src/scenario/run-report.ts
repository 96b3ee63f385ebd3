import { createHash } from 'node:crypto';
import { toHex } from '@tieline/kernel';
import type { Economics } from '../economics/ledger.ts';
import type { ControlledRun, LiveFacts, ObservedRun } from './controlled-run.ts';
import type { Outcome } from './expectations.ts';
import { economicsOf, type Ledgers } from './ledgers.ts';
import type { Scenario } from './scenario.ts';

/** Highest quarter-hour mean import, kW; null where the run holds no whole quarter hour. */
interface Peaks {
  readonly withControl: number | null;
  readonly withoutControl: number | null;
}

/** What a run measured, and which expectations it kept. */
export interface RunReport {
  readonly schema: 'tieline.run/2';
  readonly scenario: string;
  readonly file: string;
  readonly about: string;
  readonly seed: number;
  /** Unix time at which the scenario begins, ms. */
  readonly startMs: number;
  readonly durationMs: number;
  readonly agents: number;
  readonly mustFail: boolean;
  /** Every expectation was kept, or (`mustFail`) one was not, and no process ended by a fault of its own. */
  readonly passed: boolean;
  /** Those of the scenario first, then those of every run. */
  readonly expectations: readonly Outcome[];
  /** SHA-256 over every step of the plant and the root of every agent's audit log. */
  readonly trace: string;
  /** Of the whole feeder. */
  readonly peakImportKw: Peaks;
  /** By site, with the limit that its agent holds it under. */
  readonly sites: readonly {
    readonly site: string;
    readonly limitKw: number;
    readonly peakImportKw: Peaks;
  }[];
  readonly minVoltagePu: number;
  /** Bills, where the scenario has a tariff. */
  readonly economics?: Economics;
  readonly audit: { readonly records: number; readonly receipted: number };
  /** Of a run with real processes, whose trace nothing repeats. */
  readonly live?: LiveFacts;
}

export function reportOf(made: {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly run: ControlledRun;
  readonly idle: ObservedRun;
  readonly outcomes: readonly Outcome[];
  /** No process ended by a fault of its own. */
  readonly survived: boolean;
  readonly ledgers: Ledgers | null;
}): RunReport {
  const { scenario, seed, run, idle, outcomes, survived, ledgers } = made;
  const { name, file, about, mustFail, simulated, startMs, durationMs } = scenario;
  const logs = simulated.sites.map(({ plant: { site } }) => run.auditLog(site));
  const kept = outcomes.every((one) => one.kept);
  return {
    schema: 'tieline.run/2',
    scenario: name,
    ...{ file, about, seed, startMs, durationMs },
    agents: simulated.sites.length,
    mustFail,
    passed: mustFail ? !kept && survived : kept,
    expectations: outcomes,
    trace: digestOf([run.trace.digest(), ...logs.map((log) => toHex(log.root()))]),
    peakImportKw: {
      withControl: run.trace.peakImportKw,
      withoutControl: idle.trace.peakImportKw,
    },
    sites: simulated.sites.map(({ plant: { site }, policy }) => ({
      site,
      limitKw: policy.quarterHourImportMaxKw,
      peakImportKw: {
        withControl: run.trace.sitePeakKw(site),
        withoutControl: idle.trace.sitePeakKw(site),
      },
    })),
    minVoltagePu: run.trace.minVoltagePu,
    ...(ledgers === null ? {} : { economics: economicsOf(ledgers, [...run.plant.sites.keys()]) }),
    audit: {
      records: logs.reduce((sum, log) => sum + log.size, 0),
      receipted: logs.reduce((sum, log) => sum + log.receiptedSize, 0),
    },
    ...(run.live === undefined ? {} : { live: run.live }),
  };
}

function digestOf(parts: readonly string[]): string {
  return `sha256:${createHash('sha256').update(parts.join('\n')).digest('hex')}`;
}
