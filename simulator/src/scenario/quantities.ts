import type { Feeder } from '@tieline/grid';
import type { Plant } from '../plant/plant.ts';
import type { SitePlant } from '../plant/site-plant.ts';
import type { ObservedRun } from './controlled-run.ts';
import type { Scenario } from './scenario.ts';

/** Reads one quantity of a run as it stands now; null where there is none yet. */
export type Reading = (run: ObservedRun) => number | null;

/** A model's word is good for so long. */
const FORECAST_FRESH_MS = 120_000;

const OF_FEEDER: Readonly<Record<string, (plant: Plant, run: ObservedRun) => number | null>> = {
  importKw: ({ feeder }) => feeder.importKw,
  lossKw: ({ feeder }) => feeder.lossKw,
  lowestVoltagePu: ({ feeder }) => feeder.minVoltage.pu,
  loading: ({ feeder }) => feeder.loadingPercent,
  tap: ({ feeder }) => feeder.tap,
  quarterHourImportKw: (_, { trace }) => trace.lastQuarterKw(null),
  alarms: (_, { alarms }) => alarms.all,
  alarmsIn10Min: ({ nowMs }, { alarms }) => alarms.lately(nowMs),
  importStepKw: (_, { trace }) => trace.importStepKw,
};

/** Of what all agents share. */
const OF_FLEET: Readonly<Record<string, Reading>> = {
  alarms: ({ alarms }) => alarms.ofFleet,
  connectsPerS: ({ connectsPerS }) => connectsPerS,
  // A control plane that does not run hears nobody.
  linked: ({ plant, control }) => {
    if (control === null) return 0;
    let linked = 0;
    for (const site of plant.sites.keys()) if (control.agent(site).link === 'present') linked += 1;
    return linked;
  },
};

const OF_SITE: Readonly<Record<string, (site: SitePlant, run: ObservedRun) => number | null>> = {
  importKw: (site) => site.importKw,
  uncontrolledKw: (site) => site.uncontrolledKw,
  loadKw: (site) => site.loadKw,
  pvKw: (site) => site.pvKw,
  evKw: (site) => (site.hasCars ? site.evKw : null),
  evHeldBackKw: (site) => (site.hasCars ? site.evHeldBackKw : null),
  evUnmetKwh: (site) => (site.hasCars ? site.evUnmetKwh : null),
  batteryKw: (site) => site.battery?.powerKw ?? null,
  batteryKvar: (site) => (site.battery === null ? null : site.batteryKvar),
  stateOfCharge: (site) => site.battery?.stateOfCharge ?? null,
  voltagePu: (site) => site.voltagePu,
  energised: (site) => Number(site.isFed),
  quarterHourImportKw: ({ site }, { trace }) => trace.lastQuarterKw(site),
  // A control plane that does not run hears nobody.
  linked: ({ site }, { control }) => Number(control?.agent(site).link === 'present'),
  refused: ({ site }, { control }) => {
    const refused = control?.agent(site).reported?.refused;
    return refused === undefined ? null : Object.values(refused).reduce((a, b) => a + b, 0);
  },
  unreceipted: ({ site }, { control }) => {
    if (control === null) return null;
    const { reported, auditReceipted } = control.agent(site);
    return reported === null ? null : Math.max(0, reported.audit.size - auditReceipted);
  },
  buffered: ({ site }, { logs }) => {
    const log = logs.get(site);
    return log === undefined ? null : log.size - log.receiptedSize;
  },
  forecastKw: ({ site }, { control, plant }) => {
    const told = control
      ?.agent(site)
      .measurements.find(({ quantity }) => quantity === 'forecast-import-kw');
    const isFresh = told !== undefined && plant.nowMs - told.wallMs <= FORECAST_FRESH_MS;
    return isFresh ? told.value : null;
  },
  policyVersion: ({ site }, { control }) => control?.agent(site).reported?.policy ?? null,
  alarms: ({ site }, { alarms }) => alarms.of(site),
  waiting: ({ site }, { control }) => control?.agent(site).waiting ?? null,
};

/** Of whom quantities are: the feeder itself, its sites and its branches. */
export interface Owners {
  readonly sites: readonly string[];
  readonly branches: Feeder['branches'];
}

export function ownersIn({ simulated }: Scenario): Owners {
  const sites = simulated.sites.map(({ plant }) => plant.site);
  return { sites, branches: simulated.feeder.branches };
}

/** Who has quantities besides sites: no site has such a name. */
export const OWNERS: ReadonlySet<string> = new Set(['feeder', 'fleet', 'branch']);

/** Every quantity that these have; of a branch without a rating there is no loading. */
export function quantityNames({ sites, branches }: Owners): string[] {
  return [
    ...Object.keys(OF_FEEDER).map((name) => `feeder.${name}`),
    ...Object.keys(OF_FLEET).map((name) => `fleet.${name}`),
    ...sites.flatMap((site) => Object.keys(OF_SITE).map((name) => `${site}.${name}`)),
    ...branches.flatMap(({ id, ratedA }) => [
      ...(ratedA === undefined ? [] : [`branch.${id}.loading`]),
      `branch.${id}.currentA`,
    ]),
  ];
}

/** How a quantity is read; null where there is none of that name. */
export function readingOf(quantity: string, { sites, branches }: Owners): Reading | null {
  const ofBranch = /^branch\.(.+)\.(loading|currentA)$/.exec(quantity);
  if (ofBranch !== null) return readingOfBranch(ofBranch[1] ?? '', ofBranch[2] ?? '', branches);
  const [owner = '', name = '', ...more] = quantity.split('.');
  if (more.length > 0) return null;
  if (owner === 'feeder') {
    const read = Object.hasOwn(OF_FEEDER, name) ? OF_FEEDER[name] : undefined;
    return read === undefined ? null : (run) => read(run.plant, run);
  }
  if (owner === 'fleet') return Object.hasOwn(OF_FLEET, name) ? (OF_FLEET[name] ?? null) : null;
  const read = Object.hasOwn(OF_SITE, name) ? OF_SITE[name] : undefined;
  if (read === undefined || !sites.includes(owner)) return null;
  return (run) => {
    const site = run.plant.sites.get(owner);
    return site === undefined ? null : read(site, run);
  };
}

function readingOfBranch(id: string, name: string, branches: Owners['branches']): Reading | null {
  const at = branches.findIndex((branch) => branch.id === id);
  if (at < 0) return null;
  if (name === 'currentA') return ({ plant }) => plant.currentA[at] ?? null;
  return branches[at]?.ratedA === undefined ? null : ({ plant }) => plant.loadingPercent(id);
}
