import { AuditWitness } from '@tieline/audit';
import { embeddedFeeder, type Feeder, parseFeeder } from '@tieline/grid';
import { pinoLogger, simulatedClock, systemClock, systemRng } from '@tieline/kernel';
import { type HeldKey, openServiceKeyFile, openTrust, type Trust } from '@tieline/protocol';
import { ControlPlane } from '../../core/control-plane.ts';
import { ControlError } from '../../core/failure.ts';
import type { ControlPlanePorts, ControlPlaneSetting } from '../../core/parts.ts';
import type { ControlKeys } from '../../core/wire.ts';
import { buildServer } from '../http/server.ts';
import { reachBroker } from './broker.ts';
import { type Config, type LoadedConfig, loadConfig } from './config.ts';
import { type DataDir, openDataDir } from './data-dir.ts';
import { StartError } from './failure.ts';
import { readBytes, readSecret } from './files.ts';
import { listenOnLoopback } from './listen.ts';

export interface Running {
  readonly http: string;
  readonly broker: string;
  /** It runs on the clock of a simulation. */
  readonly simulated: boolean;
  stop(): Promise<void>;
}

/**
 * Starts the whole process from its configuration.
 * @throws {StartError} and the errors of what it reads, before anything is served
 */
export async function startProcess(configFile: string): Promise<Running> {
  const loaded = loadConfig(configFile);
  const { config, at } = loaded;
  const trust = openTrust(readBytes(at(config.trustFile)));
  assertDeployment(config, trust);
  const setting = {
    ...{ trust, keys: readKeys(loaded), feeder: readFeeder(loaded) },
    places: config.sites,
    telemetryKeepDays: config.telemetryKeepDays,
  };
  const clock = config.clock === undefined ? systemClock() : simulatedClock(config.clock);
  const rng = systemRng();
  const logger = pinoLogger('control-plane', clock, config.logLevel);
  const dataDir = openDataDir(at(config.dataDir), rng);
  const undo: (() => unknown)[] = [() => dataDir.close()];
  try {
    const { bus, url, broker } = await reachBroker(loaded, rng, logger);
    if (broker !== null) undo.push(() => broker.close());
    const plane = makePlane(dataDir, setting, { clock, rng, logger, bus });
    if (config.policyFile !== undefined) takePolicy(plane, readBytes(at(config.policyFile)));
    const app = await buildServer({ plane, token: dataDir.token, logger });
    undo.push(() => app.close());
    const http = await listenOnLoopback(app, config.http.host, config.http.port);
    plane.start();
    undo.push(() => plane.stop());
    const simulated = config.clock !== undefined;
    return { http, broker: url, simulated, stop: () => inReverse(undo) };
  } catch (thrown) {
    await inReverse(undo);
    throw thrown;
  }
}

function makePlane(
  { store, telemetry, auditDb }: DataDir,
  setting: ControlPlaneSetting,
  ports: Omit<ControlPlanePorts, 'store' | 'telemetry' | 'audit'>,
): ControlPlane {
  const { trust, keys } = setting;
  const audit = new AuditWitness({
    db: auditDb,
    deployment: trust.document.deployment,
    anchor: trust.anchor,
    key: keys.witness,
    clock: ports.clock,
  });
  return new ControlPlane({ ...ports, store, telemetry, audit }, setting);
}

function assertDeployment(config: Config, trust: Trust): void {
  const { deployment: trusted, world } = trust.document;
  if (config.deployment !== trusted) {
    const { deployment: configured } = config;
    throw new StartError({ code: 'deployment_differs', configured, trusted });
  }
  if (config.clock !== undefined && world !== 'simulated') {
    throw new StartError(
      { code: 'clock_not_real', world },
      `the trust document says that this world is ${world}: it runs on no simulated clock`,
    );
  }
}

function readKeys({ config, at }: LoadedConfig): ControlKeys {
  const read = (role: keyof Config['keys']): HeldKey =>
    openServiceKeyFile(readSecret(at(config.keys[role])));
  return {
    dispatch: read('dispatch'),
    director: read('director'),
    time: read('time'),
    witness: read('witness'),
    freshness: read('freshness'),
  };
}

function readFeeder({ config, at }: LoadedConfig): Feeder {
  if ('embedded' in config.feeder) return embeddedFeeder(config.feeder.embedded);
  return parseFeeder(Buffer.from(readBytes(at(config.feeder.file))).toString('utf8'));
}

/** The file is the first word; what was published since is newer, and stands. */
function takePolicy(plane: ControlPlane, bytes: Uint8Array): void {
  try {
    plane.acceptPolicy(bytes);
  } catch (thrown) {
    if (!(thrown instanceof ControlError && thrown.code === 'policy_not_newer')) throw thrown;
  }
}

async function inReverse(undo: readonly (() => unknown)[]): Promise<void> {
  for (const step of undo.toReversed()) await step();
}
