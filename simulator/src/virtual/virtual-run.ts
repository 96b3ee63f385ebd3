import { AuditLog, AuditWitness, type Database, openDatabase } from '@tieline/audit';
import { ControlPlane, SqliteControlStore, SqliteTelemetryStore } from '@tieline/control-plane';
import { EdgeAgent, sqliteStore } from '@tieline/edge-agent';
import { packModel, SHIPPED_FORECAST_DIRECTORY } from '@tieline/inference';
import { assert, type Logger, type Rng, seededRng, silentLogger } from '@tieline/kernel';
import { VirtualNetwork, VirtualWorld } from '@tieline/virtual';
import { type Provisioned, provision, signRelease } from '../deployment/provision.ts';
import type { SimulatedFeeder, SimulatedSite } from '../deployment/simulated-site.ts';
import { type SiteDevices, siteDevices } from '../devices/site-devices.ts';
import { virtualDevices } from '../devices/virtual-devices.ts';
import { Plant } from '../plant/plant.ts';
import { Trace } from './trace.ts';
import { virtualInference } from './virtual-inference.ts';

export interface VirtualRunOptions {
  readonly simulated: SimulatedFeeder;
  /** Any integer: loads, weather, keys, network and every draw follow from it. */
  readonly seed: number;
  /** Unix time at which the run begins, ms. */
  readonly startMs: number;
  /** Off: the agents do not start, and the batteries rest. */
  readonly control: boolean;
  readonly logger?: Logger;
  /** Called after each step of the plant. */
  readonly onStep?: () => void;
}

/** The plant moves once a second, like the agents. */
const STEP_MS = 1_000;
const CONTROL_CLIENT = 'control-plane';

/**
 * A whole deployment on virtual time: the production agents and control plane on virtual ports, against the
 * plant. The same options give the same trace, to the byte.
 */
export class VirtualRun {
  readonly world: VirtualWorld;
  readonly network: VirtualNetwork;
  readonly plant: Plant;
  readonly trace = new Trace();
  readonly provisioned: Provisioned;
  readonly control: ControlPlane | null = null;
  /** The agents' databases, by site. */
  readonly databases = new Map<string, Database>();
  readonly devices = new Map<string, SiteDevices>();
  readonly #options: VirtualRunOptions;
  readonly #rng: Rng;
  readonly #stop = new AbortController();
  readonly #running = new Map<string, { readonly stop: AbortController; ended: Promise<void> }>();

  constructor(options: VirtualRunOptions) {
    const { simulated, seed, startMs } = options;
    this.#options = options;
    this.#rng = seededRng(seed);
    this.world = new VirtualWorld({ rng: this.#rng, wallOriginMs: startMs });
    this.network = new VirtualNetwork(this.world, this.#rng);
    const sites = simulated.sites.map((site) => site.plant);
    this.plant = new Plant({ feeder: simulated.feeder, sites, seed, startMs });
    const keys = this.#rng.stream('provision');
    this.provisioned = provision(simulated, keys, Math.floor(startMs / 1_000));
    for (const site of simulated.sites) this.#addDevices(site);
    this.#schedulePlant();
    if (!options.control) return;
    this.control = this.#startControl();
    for (const site of simulated.sites) this.start(site.plant.site);
  }

  /** Lets `durationMs` of virtual time pass. */
  async advance(durationMs: number): Promise<void> {
    await this.world.advance(durationMs);
  }

  /** Ends in order: agents flush and disconnect. */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const { stop } of this.#running.values()) stop.abort();
    await this.world.run(async () => {
      await Promise.all([...this.#running.values()].map(({ ended }) => ended));
      await this.control?.stop();
    });
  }

  /** Starts the agent of a site: for the first time, or again on the disk that a killed one left. */
  start(name: string): void {
    const { simulated, logger = silentLogger } = this.#options;
    const { deployment } = simulated;
    const site = simulated.sites.find(({ plant }) => plant.site === name);
    const { trust, agents } = this.provisioned;
    const key = agents.get(name);
    assert(site !== undefined && key !== undefined && !this.#running.has(name), 'a site at rest');
    const db = this.databases.get(name) ?? openDatabase(':memory:', { synchronous: 'FULL' });
    const identity = { anchor: trust.anchor, deployment, site: name };
    this.databases.set(name, db);
    const agent = new EdgeAgent(
      {
        clock: this.world,
        rng: scoped(this.#rng, name),
        logger: logger.child({ site: name }),
        bus: this.network.bus(name),
        store: sqliteStore(db, new AuditLog({ db, identity, key })),
        devices: virtualDevices(this.devices.get(name)!.models, this.world),
        inference: virtualInference(this.world),
      },
      {
        deployment,
        site: name,
        key,
        trust,
        software: 'tieline-edge-agent simulated',
        ratedImportKw: site.ratedImportKw,
      },
    );
    const stop = new AbortController();
    this.#running.set(name, { stop, ended: agent.run(stop.signal) });
  }

  /** Whether the agent of a site runs now. */
  hasAgent(site: string): boolean {
    return this.#running.has(site);
  }

  /** The audit log of a site, as its agent's disk has it. */
  auditLog(site: string): AuditLog {
    const { trust, agents } = this.provisioned;
    const [db, key] = [this.databases.get(site), agents.get(site)];
    assert(db !== undefined && key !== undefined, 'a site whose agent has run');
    const identity = { anchor: trust.anchor, deployment: trust.document.deployment, site };
    return new AuditLog({ db, identity, key });
  }

  /** The agent of a site ends without a word to anybody: its link breaks first, then it is stopped. */
  async kill(site: string): Promise<void> {
    const running = this.#running.get(site);
    if (running === undefined) return;
    this.network.crash(site);
    running.stop.abort();
    this.#running.delete(site);
    await this.world.run(() => running.ended);
  }

  #addDevices(site: SimulatedSite): void {
    const plant = this.plant.sites.get(site.plant.site);
    if (plant === undefined) return;
    this.devices.set(plant.site, siteDevices(plant, site.ratings, this.world));
  }

  #schedulePlant(): void {
    const step = (): void => {
      for (const devices of this.devices.values()) devices.follow();
      this.plant.step(this.world.wallMs());
      this.trace.add(this.world.wallMs(), this.plant);
      this.#options.onStep?.();
      if (!this.#stop.signal.aborted) this.world.schedule(this.world.monotonicMs() + STEP_MS, step);
    };
    // Half a step beside the agents' cycles, so that no tie decides what a cycle sees.
    this.world.schedule(this.world.monotonicMs() + STEP_MS / 2, step);
  }

  #startControl(): ControlPlane {
    const { simulated, startMs, logger = silentLogger } = this.#options;
    const { trust, trustBytes, control: keys, policyBytes, releaseKey } = this.provisioned;
    const store = new SqliteControlStore(':memory:');
    const audit = new AuditWitness({
      db: openDatabase(':memory:', { synchronous: 'FULL' }),
      deployment: simulated.deployment,
      anchor: trust.anchor,
      key: keys.witness,
      clock: this.world,
    });
    const control = new ControlPlane(
      {
        clock: this.world,
        rng: scoped(this.#rng, CONTROL_CLIENT),
        logger,
        bus: this.network.bus(CONTROL_CLIENT),
        store,
        telemetry: new SqliteTelemetryStore(':memory:'),
        audit,
      },
      {
        trust,
        trustBytes,
        keys,
        feeder: simulated.feeder,
        places: simulated.sites.map(({ plant }) => ({
          site: plant.site,
          bus: plant.bus,
          meter: 'meter',
        })),
      },
    );
    control.start();
    control.acceptPolicy(policyBytes);
    const packed = packModel(SHIPPED_FORECAST_DIRECTORY);
    const named = { name: 'site-import-forecast', version: '1.0.0' };
    const release = signRelease(packed, named, trust, releaseKey, Math.floor(startMs / 1_000));
    const { digest } = control.pushModel(packed, release);
    for (const site of simulated.sites) {
      control.directModel(site.plant.site, digest);
    }
    return control;
  }
}

/** Randomness of one process: it draws from streams of its own, whoever else draws. */
function scoped(rng: Rng, owner: string): Rng {
  return { stream: (name) => rng.stream(`${owner}:${name}`) };
}
