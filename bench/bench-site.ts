import { AuditLog, openDatabase } from '@tieline/audit';
import { type AgentIdentity, type AgentStore, sqliteStore } from '@tieline/edge-agent';
import { type Clock, seededRng } from '@tieline/kernel';
import {
  eveningPeak,
  Plant,
  type Provisioned,
  provision,
  type SimulatedSite,
  type SiteDevices,
  siteDevices,
} from '@tieline/simulator';

const SEED = 1;
/** The most that a policy may allow. */
const COMMANDS_PER_HOUR_MAX = 3_600;

/** One site of the demo's feeder with its plant, its devices, its keys and its policy. */
export interface BenchSite {
  readonly site: string;
  readonly simulated: SimulatedSite;
  readonly plant: Plant;
  readonly devices: SiteDevices;
  readonly provisioned: Provisioned;
  readonly identity: AgentIdentity;
}

/**
 * The same keys in every process that asks for the site of the same time.
 * @param clock  what the devices' reversion timers run on
 */
export function benchSite(startMs: number, clock: Clock): BenchSite {
  const feeder = eveningPeak();
  const [first] = feeder.sites;
  if (first === undefined) throw new Error('the feeder has a site');
  const policy = { ...first.policy, commandsPerHourMax: COMMANDS_PER_HOUR_MAX };
  const simulated = { ...first, policy };
  const provisioned = provision(
    { ...feeder, sites: [simulated] },
    seededRng(SEED).stream('keys'),
    Math.floor(startMs / 1_000),
  );
  const plant = new Plant({ feeder: feeder.feeder, sites: [first.plant], seed: SEED, startMs });
  const { site } = first.plant;
  const key = provisioned.agents.get(site);
  const sitePlant = plant.sites.get(site);
  if (key === undefined || sitePlant === undefined) throw new Error('the site is provisioned');
  return {
    site,
    simulated,
    plant,
    devices: siteDevices(sitePlant, first.ratings, clock),
    provisioned,
    identity: {
      deployment: feeder.deployment,
      site,
      key,
      trust: provisioned.trust,
      software: 'tieline-edge-agent bench',
      ratedImportKw: first.ratedImportKw,
    },
  };
}

/** The agent's store in a file, as its process opens it. */
export function openStore({ identity }: BenchSite, path: string): AgentStore {
  const { deployment, site, key, trust } = identity;
  const db = openDatabase(path, { synchronous: 'FULL' });
  return sqliteStore(
    db,
    new AuditLog({ db, identity: { anchor: trust.anchor, deployment, site }, key }),
  );
}
