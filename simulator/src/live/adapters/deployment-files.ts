import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { packModel, SHIPPED_FORECAST_DIRECTORY } from '@tieline/inference';
import { assert, type Rng, type SimulatedTime, toHex } from '@tieline/kernel';
import { type HeldKey, sealKeyFile, serviceKeyFile } from '@tieline/protocol';
import {
  type Provisioned,
  provision,
  type SeededKey,
  signRelease,
} from '../../deployment/provision.ts';
import type { SimulatedFeeder, SimulatedSite } from '../../deployment/simulated-site.ts';
import type { DevicePlace } from '../live-plant.ts';

export const INTRUDER_CLIENT = 'intruder';
export const DEVICES_FILE = 'devices.json';
/** The operator's key of a simulation is no secret: everybody knows this passphrase. */
const OPERATOR_PASSPHRASE = 'evening-peak';

/** A deployment on disk: everything that its processes are started from. */
export interface DeploymentFiles {
  readonly directory: string;
  readonly provisioned: Provisioned;
  readonly packedModel: Uint8Array;
  readonly release: Uint8Array;
  /** Broker tokens by client id. */
  readonly tokens: ReadonlyMap<string, string>;
}

/** Makes the keys, the trust document and the policy of a new deployment, and writes what its processes need. */
export function writeDeployment(
  directory: string,
  simulated: SimulatedFeeder,
  rng: Rng,
  nowS: number,
): DeploymentFiles {
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const random = rng.stream('provision');
  const provisioned = provision(simulated, random, nowS);
  const secret = (name: string, content: string | Uint8Array): void =>
    writeFileSync(join(directory, name), content, { mode: 0o600 });
  secret('trust.cose', provisioned.trustBytes);
  secret('policy.cose', provisioned.policyBytes);
  for (const [role, key] of Object.entries(provisioned.control)) {
    secret(`control-${role}.key.json`, keyFile(key));
  }
  for (const [site, key] of provisioned.agents) secret(`${site}.key.json`, keyFile(key));
  secret('feeder.json', JSON.stringify(simulated.feeder));
  const { operator } = provisioned;
  secret('operator.passphrase', OPERATOR_PASSPHRASE);
  secret('operator.key.json', sealKeyFile(operator, OPERATOR_PASSPHRASE, random));
  const clientIds = [INTRUDER_CLIENT, ...provisioned.agents.keys()];
  const tokens = new Map(clientIds.map((clientId) => [clientId, toHex(random.bytes(32))]));
  for (const [clientId, token] of tokens) secret(`${clientId}.token`, token);
  secret('broker-clients.json', JSON.stringify(brokerClients(tokens)));
  const packedModel = packModel(SHIPPED_FORECAST_DIRECTORY);
  const named = { name: 'site-import-forecast', version: '1.0.0' };
  const { trust, releaseKey } = provisioned;
  const release = signRelease(packedModel, named, trust, releaseKey, nowS);
  return { directory, provisioned, packedModel, release, tokens };
}

export function writeControlConfiguration(
  files: DeploymentFiles,
  simulated: SimulatedFeeder,
  clock: SimulatedTime,
): string {
  const keys = Object.keys(files.provisioned.control).map((role) => [
    role,
    `control-${role}.key.json`,
  ]);
  return writeJson(files.directory, 'control-plane.json', {
    deployment: simulated.deployment,
    trustFile: 'trust.cose',
    keys: Object.fromEntries(keys),
    dataDir: 'control-plane',
    http: { host: '127.0.0.1', port: 0 },
    broker: { embedded: { host: '127.0.0.1', port: 0, clientsFile: 'broker-clients.json' } },
    feeder: { file: 'feeder.json' },
    sites: simulated.sites.map(({ plant }) => ({
      site: plant.site,
      bus: plant.bus,
      meter: 'meter',
    })),
    policyFile: 'policy.cose',
    clock,
    logLevel: 'warn',
  });
}

export function writeAgentConfiguration(
  files: DeploymentFiles,
  simulated: SimulatedFeeder,
  site: SimulatedSite,
  link: {
    readonly clock: SimulatedTime;
    /** How far the wall clock of its gateway is off, ms. */
    readonly wallOffsetMs: number;
    readonly brokerUrl: string;
    readonly devices: readonly DevicePlace[];
  },
): string {
  const name = site.plant.site;
  return writeJson(files.directory, `${name}.json`, {
    deployment: simulated.deployment,
    site: name,
    ratedImportKw: site.ratedImportKw,
    trustFile: 'trust.cose',
    keyFile: `${name}.key.json`,
    dataDir: name,
    broker: { url: link.brokerUrl, tokenFile: `${name}.token`, reconnectMaxMs: 1_000 },
    devices: site.ratings.map((rating) => {
      const place = link.devices.find(({ asset }) => asset === rating.asset);
      assert(place !== undefined, `a device listens: ${rating.asset}`);
      return { ...rating, host: place.host, port: place.port, unitId: place.unit };
    }),
    clock: { ...link.clock, wallOffsetMs: link.wallOffsetMs },
    logLevel: 'warn',
  });
}

/** Where every device of the deployment listens. */
export function writeDevices(files: DeploymentFiles, devices: readonly DevicePlace[]): void {
  writeJson(files.directory, DEVICES_FILE, { schema: 'tieline.devices/1', devices });
}

/** What `tieline --context` reads: the operator's way to the running control plane. */
export function writeContext(files: DeploymentFiles, url: string, clock: SimulatedTime): string {
  return writeJson(files.directory, 'context.json', {
    url,
    tokenFile: 'control-plane/api-token',
    trustFile: 'trust.cose',
    clock,
  });
}

/** Every agent by its site's name; and the intruder, who stands for a broker that cannot be trusted. */
function brokerClients(tokens: ReadonlyMap<string, string>) {
  const everything = { publish: ['tl1/#'], subscribe: ['tl1/#'] };
  return {
    clients: [...tokens]
      .filter(([clientId]) => clientId !== INTRUDER_CLIENT)
      .map(([site, token]) => ({ site, token })),
    others: [...tokens]
      .filter(([clientId]) => clientId === INTRUDER_CLIENT)
      .map(([clientId, token]) => ({ clientId, token, ...everything })),
  };
}

function keyFile(key: SeededKey & HeldKey): string {
  return serviceKeyFile(key.principal, key.seed);
}

function writeJson(directory: string, name: string, value: unknown): string {
  const path = join(directory, name);
  writeFileSync(path, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  return path;
}
