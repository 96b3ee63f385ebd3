import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { AuditLog, type Database, openDatabase } from '@tieline/audit';
import { type Clock, systemClock, systemRng } from '@tieline/kernel';
import { serviceKeyFile } from '@tieline/protocol';
import {
  charged,
  type DeviceModel,
  eveningPeak,
  Plant,
  type Provisioned,
  provision,
  type SimulatedFeeder,
  type SimulatedSite,
  type SunSpecServer,
  serveSunSpec,
  siteDevices,
} from '@tieline/simulator';

const MAIN = fileURLToPath(new URL('../../edge-agent/src/main.ts', import.meta.url));
/** Three in the night, where nothing is shaved: left alone, the agent asks for nothing. */
const PLANT_START_MS = Date.UTC(2026, 2, 4, 3, 0);
const STEP_MS = 200;
export const SITE = 'mill-lane';
export const AGENT_TOKEN = 'chaos-agent-token-'.padEnd(40, 'a');

/** The deployment of one gateway, whose policy allows as many commands as chaos needs. */
export function chaosDeployment(): { simulated: SimulatedFeeder; provisioned: Provisioned } {
  const feeder = eveningPeak();
  const sites = feeder.sites
    .filter(({ plant }) => plant.site === SITE)
    .map((site) => ({
      ...charged(site, 0.6),
      policy: {
        ...site.policy,
        ...{ commandsPerHourMax: 3_600, releaseWithinMs: 200, rechargeImportMaxKw: 0 },
      },
    }));
  const simulated = { ...feeder, sites };
  const issuedAt = Math.floor(Date.now() / 1_000) - 60;
  return { simulated, provisioned: provision(simulated, systemRng().stream('keys'), issuedAt) };
}

/**
 * A gateway on real sockets: a plant with its devices on SunSpec Modbus TCP, and the agent as the process
 * that people start, with everything it keeps in one folder that outlives it.
 */
export class Gateway {
  readonly folder = mkdtempSync(join(tmpdir(), 'tieline-chaos-'));
  readonly battery: DeviceModel;
  readonly #deployment: string;
  readonly #provisioned: Provisioned;
  readonly #plant: Plant;
  readonly #servers: readonly SunSpecServer[];
  readonly #stepping: NodeJS.Timeout;
  #agent: ChildProcess | null = null;
  #said = '';

  private constructor(
    deployment: string,
    provisioned: Provisioned,
    parts: { plant: Plant; battery: DeviceModel; servers: SunSpecServer[]; follow: () => void },
  ) {
    this.#deployment = deployment;
    this.#provisioned = provisioned;
    this.#plant = parts.plant;
    this.battery = parts.battery;
    this.#servers = parts.servers;
    let plantMs = PLANT_START_MS;
    this.#stepping = setInterval(() => {
      parts.follow();
      plantMs += STEP_MS;
      this.#plant.step(plantMs);
    }, STEP_MS);
  }

  static async build(
    simulated: SimulatedFeeder,
    provisioned: Provisioned,
    broker: string,
  ): Promise<Gateway> {
    const clock = systemClock();
    const plant = new Plant({
      feeder: simulated.feeder,
      sites: simulated.sites.map((site) => site.plant),
      seed: 1,
      startMs: PLANT_START_MS,
    });
    const [site] = simulated.sites;
    if (site === undefined) throw new Error('the deployment has a site');
    const { models, servers, follow } = await serveDevices(plant, site, clock);
    const battery = models.find(({ ratings }) => ratings.kind === 'battery');
    if (battery === undefined) throw new Error('the site has a battery');
    const gateway = new Gateway(simulated.deployment, provisioned, {
      ...{ plant, battery, servers, follow },
    });
    gateway.#configure(site, broker, servers);
    return gateway;
  }

  start(): void {
    const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
    const args = ['--no-warnings', MAIN, '--config', join(this.folder, 'agent.json')];
    const agent = spawn(process.execPath, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    this.#said = '';
    agent.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#said = (this.#said + text).slice(-4_000);
    });
    this.#agent = agent;
  }

  /** What the agent ended of by itself, which it never should; null while it runs. */
  fault(): string | null {
    const agent = this.#agent;
    if (agent === null || (agent.exitCode === null && agent.signalCode === null)) return null;
    return `exit ${agent.exitCode ?? agent.signalCode}: ${this.#said}`;
  }

  /** Ends the agent and gives how it ended. */
  async end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | NodeJS.Signals | null> {
    const agent = this.#agent;
    this.#agent = null;
    if (agent === null) return null;
    if (agent.exitCode === null && agent.signalCode === null) {
      agent.kill(signal);
      await once(agent, 'close');
    }
    return agent.exitCode ?? agent.signalCode;
  }

  /**
   * What the agent would find at its next start: its database with the write-ahead log as the kill has left
   * them, copied, so that the recovery from it stays the agent's own. Null before its first commit.
   */
  disk(): { readonly db: Database; readonly log: AuditLog } | null {
    const [from, to] = [join(this.folder, 'data'), join(this.folder, 'copy')];
    if (!existsSync(join(from, 'agent.sqlite'))) return null;
    rmSync(to, { recursive: true, force: true });
    mkdirSync(to);
    for (const name of ['agent.sqlite', 'agent.sqlite-wal']) {
      if (existsSync(join(from, name))) copyFileSync(join(from, name), join(to, name));
    }
    const db = openDatabase(join(to, 'agent.sqlite'), { synchronous: 'FULL' });
    const { trust, agents } = this.#provisioned;
    const identity = { anchor: trust.anchor, deployment: this.#deployment, site: SITE };
    return { db, log: new AuditLog({ db, identity, key: agents.get(SITE)! }) };
  }

  async close(): Promise<void> {
    await this.end('SIGKILL');
    clearInterval(this.#stepping);
    await Promise.all(this.#servers.map((server) => server.close()));
    rmSync(this.folder, { recursive: true });
  }

  #configure(site: SimulatedSite, broker: string, servers: readonly SunSpecServer[]): void {
    const { trustBytes, agents } = this.#provisioned;
    const key = agents.get(SITE)!;
    const write = (name: string, content: string | Uint8Array): void =>
      writeFileSync(join(this.folder, name), content, { mode: 0o600 });
    write('trust.cose', trustBytes);
    write('agent.key', serviceKeyFile(key.principal, key.seed));
    write('token', AGENT_TOKEN);
    const devices = site.ratings.map((rating, k) => ({
      ...rating,
      host: '127.0.0.1',
      port: servers[k]?.port,
    }));
    const configuration = {
      ...{ deployment: this.#deployment, site: SITE, ratedImportKw: site.ratedImportKw },
      ...{ trustFile: 'trust.cose', keyFile: 'agent.key', dataDir: 'data', devices },
      broker: { url: broker, tokenFile: 'token', reconnectMaxMs: 500 },
      logLevel: 'error',
    };
    write('agent.json', JSON.stringify(configuration));
  }
}

async function serveDevices(plant: Plant, site: SimulatedSite, clock: Clock) {
  const devices = siteDevices(plant.sites.get(site.plant.site)!, site.ratings, clock);
  const servers: SunSpecServer[] = [];
  for (const model of devices.models) servers.push(await serveSunSpec(model));
  return { models: devices.models, servers, follow: () => devices.follow() };
}
