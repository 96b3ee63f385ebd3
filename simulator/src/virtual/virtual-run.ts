import type { AuditLog } from '@tieline/audit';
import type { ControlEvent, ControlPlane } from '@tieline/control-plane';
import { EdgeAgent } from '@tieline/edge-agent';
import {
  assert,
  type Clock,
  type Logger,
  type Rng,
  seededRng,
  silentLogger,
} from '@tieline/kernel';
import type { HeldKey } from '@tieline/protocol';
import { type Onlooker, VirtualNetwork, VirtualWorld } from '@tieline/virtual';
import { type Provisioned, provision } from '../deployment/provision.ts';
import { simulatedPlant } from '../deployment/simulated-plant.ts';
import type { SimulatedFeeder, SimulatedSite } from '../deployment/simulated-site.ts';
import type { HoldsBack } from '../deployment/withholding.ts';
import { type SiteDevices, siteDevices } from '../devices/site-devices.ts';
import { virtualDevices } from '../devices/virtual-devices.ts';
import { type Disturbances, UNDISTURBED } from '../plant/disturbances.ts';
import { type Plant, STEP_MS } from '../plant/plant.ts';
import type { AlarmBook } from '../scenario/alarm-book.ts';
import type { ControlledRun } from '../scenario/controlled-run.ts';
import { temporaryFilesFailure, type VirtualRunError } from './failure.ts';
import { GatewayDisk } from './gateway-disk.ts';
import { type CutPlan, Power, PowerCut, poweredDevices, poweredStore } from './power.ts';
import { Trace } from './trace.ts';
import { VirtualControl } from './virtual-control.ts';
import { virtualInference } from './virtual-inference.ts';
import type { WatchedLog } from './watched-log.ts';

export interface VirtualRunOptions {
  readonly simulated: SimulatedFeeder;
  /** Any integer: loads, weather, keys, network and every draw follow from it. */
  readonly seed: number;
  /** Unix time at which the run begins, ms. */
  readonly startMs: number;
  /** Off: the agents do not start, and the batteries rest. */
  readonly control: boolean;
  /** What comes on top of loads and sun, if anything. */
  readonly disturbances?: Disturbances;
  readonly logger?: Logger;
  /** Called after each step of the plant. */
  readonly onStep?: () => void;
  /** Called when an agent has ended by a fault of its own; without it, that ends the run. */
  readonly onAgentFailed?: (site: string, cause: unknown) => void;
}

/** A process of an agent. */
interface Running {
  readonly stop: AbortController;
  readonly power: Power;
  readonly ended: Promise<void>;
}

/**
 * A whole deployment on virtual time: the production agents and control plane on virtual ports, against the
 * plant. The same options give the same trace, to the byte.
 */
export class VirtualRun implements ControlledRun {
  readonly world: VirtualWorld;
  readonly network: VirtualNetwork;
  readonly plant: Plant;
  readonly trace = new Trace();
  readonly provisioned: Provisioned;
  /** Of gateways whose agent has run, by site. */
  readonly disks = new Map<string, GatewayDisk>();
  readonly logs = new Map<string, WatchedLog>();
  readonly devices = new Map<string, SiteDevices>();
  /** Connections that were asked of the broker in the second before the last step. */
  connectsPerS = 0;
  readonly #options: VirtualRunOptions;
  readonly #rng: Rng;
  readonly #control: VirtualControl;
  /** How far the wall clock of each site's gateway is off, ms. */
  readonly #clockOffsetMs = new Map<string, number>();
  readonly #stop = new AbortController();
  readonly #running = new Map<string, Running>();
  /** Once it cannot go on. */
  #fault: VirtualRunError | null = null;

  constructor(options: VirtualRunOptions) {
    const { simulated, seed, startMs, logger = silentLogger } = options;
    const { disturbances = UNDISTURBED } = options;
    this.#options = options;
    this.#rng = seededRng(seed);
    this.world = new VirtualWorld({ rng: this.#rng, wallOriginMs: startMs });
    this.network = new VirtualNetwork(this.world, this.#rng);
    this.plant = simulatedPlant(simulated, { seed, startMs, disturbances });
    const keys = this.#rng.stream('provision');
    const startS = Math.floor(startMs / 1_000);
    const provisioned = provision(simulated, keys, startS);
    this.provisioned = provisioned;
    const { world, network } = this;
    const rng = scoped(this.#rng, 'control-plane');
    this.#control = new VirtualControl({ world, network, rng, logger, simulated, provisioned });
    for (const site of simulated.sites) this.#addDevices(site);
    this.#schedulePlant();
    if (!options.control) return;
    this.#control.startFirst(startS);
    for (const site of simulated.sites) this.start(site.plant.site);
  }

  /** The running control plane; null where there is none, or its process has ended. */
  get control(): ControlPlane | null {
    return this.#control.plane;
  }

  /** Whoever owns the broker asks this from now on of every message. */
  holdBack(passes: HoldsBack): void {
    this.network.show({ published: passes });
  }

  /** Hears what every process of the control plane says from now on. */
  hearControl(listener: (event: ControlEvent) => void): void {
    this.#control.onEvent = listener;
  }

  /** Raised by control planes since the beginning. */
  get alarms(): AlarmBook {
    return this.#control.alarms;
  }

  /** The control plane ends without a word. */
  async killControl(): Promise<void> {
    await this.#control.kill();
  }

  /** It starts again, on the disk that it left. */
  startControl(): void {
    this.#control.start();
  }

  /** The wall clock of a site's gateway is this far off from now on; its time since boot is right. */
  setClock(site: string, offsetMs: number): void {
    this.#clockOffsetMs.set(site, offsetMs);
  }

  /** The disk of a site's gateway takes nothing more, or has room again. */
  fillDisk(site: string, full: boolean): void {
    this.#diskOf(site).fill(full);
  }

  /** Lets `durationMs` of virtual time pass. @throws {VirtualRunError} temporary_files_failed */
  async advance(durationMs: number): Promise<void> {
    await onSoundDisks(this.world.advance(durationMs));
  }

  /** Ends in order: agents flush and disconnect. @throws {VirtualRunError} temporary_files_failed */
  async stop(): Promise<void> {
    this.#stop.abort();
    for (const { stop } of this.#running.values()) stop.abort();
    const ended = this.world.run(async () => {
      await Promise.all([...this.#running.values()].map(({ ended }) => ended));
      await this.control?.stop();
    });
    await onSoundDisks(ended);
  }

  /** After the last look at what the disks hold. */
  [Symbol.dispose](): void {
    for (const { db } of this.disks.values()) db.close();
    this.#control.dispose();
  }

  /** Starts the agent of a site: for the first time, or again on the disk that a killed one left. */
  start(name: string): void {
    const { simulated, logger = silentLogger } = this.#options;
    const { deployment } = simulated;
    const site = simulated.sites.find(({ plant }) => plant.site === name);
    const { trust, agents } = this.provisioned;
    const key = agents.get(name);
    assert(site !== undefined && key !== undefined && !this.#running.has(name), 'a site at rest');
    const disk = this.disks.get(name) ?? this.#newDisk(name, key);
    const stop = new AbortController();
    const power = new Power(() => {
      this.network.crash(name);
      stop.abort();
      this.#running.delete(name);
    });
    const agent = new EdgeAgent(
      {
        clock: this.#clockOf(name),
        rng: scoped(this.#rng, name),
        logger: logger.child({ site: name }),
        bus: this.network.bus(name),
        store: poweredStore(disk.store(), power),
        devices: poweredDevices(virtualDevices(this.devices.get(name)!.models, this.world), power),
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
    const { onAgentFailed } = this.#options;
    const running = endOf(agent.run(stop.signal));
    const failed = (cause: unknown): void => {
      power.cut();
      onAgentFailed?.(name, cause);
    };
    const ended = onAgentFailed === undefined ? running : running.catch(failed);
    this.#running.set(name, { stop, power, ended });
  }

  readonly inside = {
    show: (onlooker: Onlooker): void => this.network.show(onlooker),
    canConnect: (site: string): boolean => this.network.canConnect(site),
    cutPower: (site: string, plan: CutPlan): void => this.#running.get(site)?.power.planCut(plan),
    isDiskFull: (site: string): boolean => this.disks.get(site)?.isFull ?? false,
    diskRefusals: (site: string): number => this.disks.get(site)?.refusals ?? 0,
  };

  /** Whether the agent of a site runs now. */
  hasAgent(site: string): boolean {
    return this.#running.has(site);
  }

  /** The audit log of a site, as its agent's disk has it. */
  auditLog(site: string): AuditLog {
    return this.#diskOf(site).auditLog;
  }

  /** The agent of a site ends without a word to anybody, and leaves what is durable. */
  async kill(site: string): Promise<void> {
    const running = this.#running.get(site);
    if (running === undefined) return;
    running.power.cut();
    await this.world.run(() => running.ended);
  }

  #newDisk(site: string, key: HeldKey): GatewayDisk {
    const { anchor } = this.provisioned.trust;
    const identity = { anchor, deployment: this.#options.simulated.deployment, site };
    const onFault = (fault: VirtualRunError): void => {
      this.#fault ??= fault;
    };
    const disk = new GatewayDisk({ identity, key, onFault });
    this.disks.set(site, disk);
    this.logs.set(site, disk.log);
    return disk;
  }

  #diskOf(site: string): GatewayDisk {
    const disk = this.disks.get(site);
    assert(disk !== undefined, 'a site whose agent has run');
    return disk;
  }

  #clockOf(site: string): Clock {
    const { world } = this;
    return {
      wallMs: () => world.wallMs() + (this.#clockOffsetMs.get(site) ?? 0),
      monotonicMs: () => world.monotonicMs(),
      sleepUntil: (dueMs, signal) => world.sleepUntil(dueMs, signal),
    };
  }

  #addDevices(site: SimulatedSite): void {
    const plant = this.plant.sites.get(site.plant.site);
    if (plant === undefined) return;
    this.devices.set(plant.site, siteDevices(plant, site.ratings, this.world));
  }

  #schedulePlant(): void {
    let connects = 0;
    const step = (): void => {
      if (this.#fault !== null) throw this.#fault;
      this.connectsPerS = this.network.connects - connects;
      connects = this.network.connects;
      for (const devices of this.devices.values()) devices.follow();
      this.plant.step(this.world.wallMs());
      this.trace.add(this.world.wallMs(), this.plant);
      this.#options.onStep?.();
      if (!this.#stop.signal.aborted) this.world.schedule(this.world.monotonicMs() + STEP_MS, step);
    };
    // Half a step beside the agents' cycles, so that no tie decides what a cycle sees.
    this.world.schedule(this.world.monotonicMs() + STEP_MS / 2, step);
  }
}

/** A process without power may end in whatever it was at. */
async function endOf(running: Promise<void>): Promise<void> {
  try {
    await running;
  } catch (thrown) {
    if (!(thrown instanceof PowerCut)) throw thrown;
  }
}

async function onSoundDisks(running: Promise<void>): Promise<void> {
  try {
    await running;
  } catch (thrown) {
    throw temporaryFilesFailure(thrown) ?? thrown;
  }
}

/** Randomness of one process: it draws from streams of its own, whoever else draws. */
function scoped(rng: Rng, owner: string): Rng {
  return { stream: (name) => rng.stream(`${owner}:${name}`) };
}
