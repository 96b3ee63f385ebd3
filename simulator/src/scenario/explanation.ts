import type { SimulatedFeeder, SimulatedSite } from '../deployment/simulated-site.ts';
import { eventWords } from './events/index.ts';
import { expectationWords, promiseWords } from './expectation-words.ts';
import type { Scenario } from './scenario.ts';

/** A scenario in plain words, read and not run. */
export interface Explanation {
  readonly scenario: string;
  readonly file: string;
  readonly about: string;
  readonly mustFail: boolean;
  readonly seed: number;
  readonly startMs: number;
  readonly durationMs: number;
  readonly feeder: string;
  readonly sites: readonly SiteWords[];
  readonly timeline: readonly EventTold[];
  readonly expected: readonly string[];
  /** What every run has to keep. */
  readonly promised: readonly string[];
}

export interface SiteWords {
  readonly site: string;
  /** What stands there. */
  readonly has: readonly string[];
  /** The signed policy that follows from it. */
  readonly policy: readonly string[];
}

export interface EventTold {
  /** After the scenario began. */
  readonly atMs: number;
  readonly wallMs: number;
  readonly what: string;
}

export function explain(scenario: Scenario): Explanation {
  const { name, file, about, mustFail, seed, startMs, durationMs, simulated } = scenario;
  return {
    scenario: name,
    ...{ file, about, mustFail, seed, startMs, durationMs },
    feeder: feederWords(simulated),
    sites: simulated.sites.map((site) => ({
      site: site.plant.site,
      has: sizeWords(site),
      policy: policyWords(site),
    })),
    timeline: scenario.timeline.map((event) => {
      const { atMs, what } = eventWords(event);
      return { atMs, wallMs: startMs + atMs, what };
    }),
    expected: scenario.expect.map(expectationWords),
    promised: promiseWords(scenario),
  };
}

function feederWords({ feeder, sites }: SimulatedFeeder): string {
  const open = feeder.branches.filter(({ closed }) => closed === false).length;
  const taken = new Set(sites.map(({ plant }) => plant.bus));
  const others = feeder.buses.filter(({ id }) => !taken.has(id));
  const loadKw = others.reduce((sum, { loadKw: kw = 0 }) => sum + kw, 0);
  const branches = `${feeder.branches.length} branches${open > 0 ? `, ${open} of them open` : ''}`;
  return [
    `${feeder.name}: ${feeder.baseKv} kV`,
    `${feeder.buses.length} buses and ${branches}`,
    `fed at bus ${feeder.slack.bus}`,
    `${rounded(loadKw)} kW of other loads`,
  ].join('; ');
}

function sizeWords({ plant, ratings }: SimulatedSite): readonly string[] {
  const { bus, peakLoadKw, pvPeakKw, battery } = plant;
  const rated = ratings.find(({ kind }) => kind === 'battery');
  return [
    `at bus ${bus}, a load of ${peakLoadKw} kW at an ordinary evening peak`,
    ...(pvPeakKw > 0 ? [`PV of ${pvPeakKw} kW`] : []),
    ...(battery === null || rated === undefined
      ? ['no battery']
      : [
          `a battery of ${rated.dischargeMaxKw} kW and ${rated.energyKwh} kWh, ${percent(battery.stateOfCharge)} full when it begins`,
        ]),
  ];
}

function policyWords({ policy }: SimulatedSite): readonly string[] {
  const { quarterHourImportMaxKw, importMaxKw, exportMaxKw, rechargeImportMaxKw } = policy;
  return [
    `held under ${quarterHourImportMaxKw} kW of import, as the mean of each quarter hour`,
    `its connection takes ${importMaxKw} kW and gives ${exportMaxKw} kW at most`,
    ...policy.assets.flatMap(({ asset, limit, margin, reserveStateOfCharge, safePowerKw }) => [
      `${asset}: ${range(limit)} by orders of people, ${range(margin)} by the agent itself, ${signed(safePowerKw)} kW without either`,
      ...(asset === 'battery'
        ? [
            `battery: recharges while the site draws less than ${rechargeImportMaxKw} kW; the last ${percent(reserveStateOfCharge)} stay`,
          ]
        : []),
    ]),
  ];
}

function range({ minKw, maxKw }: { readonly minKw: number; readonly maxKw: number }): string {
  return `${signed(minKw)} to ${signed(maxKw)} kW`;
}

function signed(value: number): string {
  return `${rounded(value)}`.replace('-', '−');
}

function percent(share: number): string {
  return `${rounded(share * 100)} %`;
}

function rounded(value: number): number {
  return Number(value.toFixed(1));
}
