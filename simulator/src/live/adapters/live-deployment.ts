import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type BusPublication,
  type LinkProxy,
  type MessageBus,
  mqttBus,
  startLinkProxy,
} from '@tieline/bus';
import {
  assert,
  type Clock,
  type Rng,
  type SimulatedTime,
  silentLogger,
  simulatedClock,
} from '@tieline/kernel';
import { z } from 'zod';
import type { SimulatedFeeder } from '../../deployment/simulated-site.ts';
import type { DevicePlace } from '../live-plant.ts';
import type { Child, ProcessEnd } from './child.ts';
import {
  DEVICES_FILE,
  type DeploymentFiles,
  INTRUDER_CLIENT,
  writeAgentConfiguration,
  writeContext,
  writeControlConfiguration,
  writeDevices,
} from './deployment-files.ts';
import { Operator } from './operator.ts';
import { ProcessGroup } from './process-group.ts';

const CONTROL_MAIN = '../../../../control-plane/src/main.ts';
const AGENT_MAIN = '../../../../edge-agent/src/main.ts';

const ControlReady = z.looseObject({
  ready: z.literal(true),
  http: z.string(),
  broker: z.string(),
});

export interface LiveSetting {
  readonly files: DeploymentFiles;
  readonly simulated: SimulatedFeeder;
  /** What every process counts time from. */
  readonly time: SimulatedTime;
  readonly rng: Rng;
  /** Where the devices listen. */
  readonly devices: readonly DevicePlace[];
  /** Hears of the first process that ends by itself, or in another way than it was asked to. */
  onEnded?(end: ProcessEnd): void;
}

/** A control plane with its broker and an agent per site, each a process of its own, and the links between them. */
export class LiveDeployment {
  readonly clock: Clock;
  /** Of the agents, by site: each reaches the broker over a link of its own, which can be cut. */
  readonly links = new Map<string, LinkProxy>();
  /** Asked of every message from the broker to an agent. */
  passes: (message: BusPublication) => boolean = () => true;
  readonly #setting: LiveSetting;
  readonly #group: ProcessGroup;
  readonly #agents = new Map<string, Child>();
  readonly #fullDisks = new Set<string>();
  readonly #wallOffsetsMs = new Map<string, number>();
  /** A control plane that starts again has its broker on another port: links are told, agents are not. */
  readonly #broker = { host: '127.0.0.1', port: 0 };
  #intruderLink: LinkProxy | null = null;
  #control: Child | null = null;

  private constructor(setting: LiveSetting) {
    this.#setting = setting;
    this.#group = new ProcessGroup(setting.onEnded);
    this.clock = simulatedClock(setting.time);
  }

  /** The links stand; no process runs yet. */
  static async linked(setting: LiveSetting): Promise<LiveDeployment> {
    const deployment = new LiveDeployment(setting);
    writeDevices(setting.files, setting.devices);
    deployment.#intruderLink = await startLinkProxy(deployment.#broker);
    for (const { plant } of setting.simulated.sites) {
      deployment.links.set(plant.site, await deployment.#link());
    }
    return deployment;
  }

  #link(): Promise<LinkProxy> {
    return startLinkProxy(this.#broker, (message) => this.passes(message));
  }

  /** Starts all processes. @returns the operator of the control plane that runs */
  async start(): Promise<Operator> {
    const operator = await this.startControl();
    for (const { plant } of this.#setting.simulated.sites) this.startAgent(plant.site);
    return operator;
  }

  /** The first process that ended by itself, or in another way than it was asked to; null while there is none. */
  get ended(): ProcessEnd | null {
    return this.#group.ended;
  }

  /** For `tieline --context`. */
  get contextFile(): string {
    return join(this.#setting.files.directory, 'context.json');
  }

  /** For whoever wants to read the devices with a client of their own. */
  get devicesFile(): string {
    return join(this.#setting.files.directory, DEVICES_FILE);
  }

  hasAgent(site: string): boolean {
    return this.#agents.has(site);
  }

  startAgent(name: string): void {
    const { files, simulated, time, devices } = this.#setting;
    const site = simulated.sites.find(({ plant }) => plant.site === name);
    const link = this.links.get(name);
    assert(site !== undefined && link !== undefined && !this.hasAgent(name), 'a site at rest');
    const configuration = writeAgentConfiguration(files, simulated, site, {
      clock: time,
      wallOffsetMs: this.#wallOffsetsMs.get(name) ?? 0,
      brokerUrl: `mqtt://127.0.0.1:${link.port}`,
      devices: devices.filter(({ site }) => site === name),
    });
    const agent = this.#group.start({
      ...{ name: `agent ${name}`, main: AGENT_MAIN, args: ['--config', configuration] },
      ...{ saysReady: false, onFullDisk: this.#fullDisks.has(name) },
    });
    this.#agents.set(name, agent);
  }

  /** The wall clock of a site's gateway is this far off from now on, whichever process runs there. */
  setClock(site: string, wallOffsetMs: number): void {
    this.#wallOffsetsMs.set(site, wallOffsetMs);
    this.#agents.get(site)?.tell({ wallOffsetMs });
  }

  /** The disk of a site's gateway takes nothing more, or has room again, whichever process runs there. */
  async fillDisk(site: string, full: boolean): Promise<void> {
    if (full) this.#fullDisks.add(site);
    else this.#fullDisks.delete(site);
    await this.#agents.get(site)?.fillDisk(full);
  }

  async killAgent(site: string): Promise<void> {
    const agent = this.#agents.get(site);
    this.#agents.delete(site);
    await agent?.kill();
  }

  /** Resolves when it serves: with who sits at its desk. @throws where it does not become ready */
  async startControl(): Promise<Operator> {
    assert(this.#control === null, 'one control plane runs at a time');
    const { files, simulated, time } = this.#setting;
    const args = ['--config', writeControlConfiguration(files, simulated, time)];
    const program = { name: 'control plane', main: CONTROL_MAIN, args, saysReady: true };
    this.#control = this.#group.start(program);
    const { http, broker } = ControlReady.parse(await this.#control.ready());
    this.#broker.port = Number(new URL(broker).port);
    writeContext(files, http, time);
    return this.#seatOperator(http);
  }

  /** Resolves when the control plane that runs now has ended. */
  async controlEnded(): Promise<void> {
    await this.#control?.ended();
  }

  async killControl(): Promise<void> {
    const control = this.#control;
    this.#control = null;
    await control?.kill();
  }

  /** A way to the broker for somebody who may hear and say everything there. */
  intruderBus(): MessageBus {
    const { files, rng } = this.#setting;
    assert(this.#intruderLink !== null, 'a deployment that has begun');
    return mqttBus({
      url: `mqtt://127.0.0.1:${this.#intruderLink.port}`,
      clientId: INTRUDER_CLIENT,
      token: files.tokens.get(INTRUDER_CLIENT) ?? '',
      rng,
      logger: silentLogger,
    });
  }

  /** Ends every process in order, the agents first. */
  async stop(): Promise<void> {
    await this.#group.stop();
    const links = [...this.links.values(), ...(this.#intruderLink ? [this.#intruderLink] : [])];
    await Promise.all(links.map((link) => link.close()));
    this.links.clear();
    this.#intruderLink = null;
  }

  #seatOperator(url: string): Operator {
    const { files, rng } = this.#setting;
    const { directory, provisioned } = files;
    return new Operator({
      url,
      token: readFileSync(join(directory, 'control-plane/api-token'), 'utf8').trim(),
      key: provisioned.operator,
      trust: provisioned.trust,
      clock: this.clock,
      ids: rng.stream('order-id'),
    });
  }
}
