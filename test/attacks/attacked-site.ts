import {
  AuditLog,
  type AuditRecord,
  AuditWitness,
  type Database,
  openDatabase,
} from '@tieline/audit';
import type { BusMessage, BusPublication, MessageBus } from '@tieline/bus';
import {
  type AgentView,
  ControlPlane,
  SqliteControlStore,
  SqliteTelemetryStore,
} from '@tieline/control-plane';
import { EdgeAgent, sqliteStore } from '@tieline/edge-agent';
import { assert, type Rng, seededRng, silentLogger } from '@tieline/kernel';
import {
  type Heartbeat,
  KINDS,
  parseSign1,
  printTopic,
  Receipt,
  type Sign1,
  type TopicKind,
} from '@tieline/protocol';
import {
  Plant,
  type SiteDevices,
  siteDevices,
  virtualDevices,
  virtualInference,
} from '@tieline/simulator';
import { VirtualNetwork, VirtualWorld } from '@tieline/virtual';
import { type Deployment, makeDeployment, SITE, START_MS } from './deployment.ts';

/** The agent's heartbeat, and a little: by then the control plane has heard of every refusal. */
const HEARTBEAT_MS = 11_000;

/**
 * One site with its production agent and control plane on virtual time, and an attacker on the same broker
 * who may publish and hear everything: TLS and grants are assumed broken.
 */
export class AttackedSite {
  readonly world: VirtualWorld;
  readonly network: VirtualNetwork;
  readonly deployment: Deployment = makeDeployment();
  readonly control: ControlPlane;
  readonly database: Database;
  /** Everything that went over the broker, as the attacker heard it. */
  readonly heard: BusMessage[] = [];
  /** What the battery was asked for, kW, at every second; null where nothing was. */
  readonly asked: (number | null)[] = [];
  /** How far the gateway's own wall clock is behind, ms. */
  gatewayBehindMs = 0;
  readonly #rng: Rng = seededRng(3);
  readonly #attacker: MessageBus;
  readonly #plant: Plant;
  readonly #devices: SiteDevices;
  #audit: AuditLog | null = null;
  #controlStopped = false;
  #agent: { readonly stop: AbortController; readonly running: Promise<void> } | null = null;

  private constructor() {
    const { simulated } = this.deployment;
    this.world = new VirtualWorld({ rng: this.#rng, wallOriginMs: START_MS });
    this.network = new VirtualNetwork(this.world, this.#rng);
    this.#plant = new Plant({
      feeder: simulated.feeder,
      sites: simulated.sites.map((site) => site.plant),
      seed: 1,
      startMs: START_MS,
    });
    const [site] = simulated.sites.filter(({ plant }) => plant.site === SITE);
    const plant = this.#plant.sites.get(SITE);
    assert(site !== undefined && plant !== undefined, 'the feeder has the attacked site');
    this.#devices = siteDevices(plant, site.ratings, this.world);
    this.database = openDatabase(':memory:', { synchronous: 'FULL' });
    this.control = this.#makeControl();
    this.#attacker = this.network.bus('attacker');
  }

  /** Up, with policy 2 in force, an attested clock, and a plant at rest. */
  static async start(): Promise<AttackedSite> {
    const site = new AttackedSite();
    site.#movePlant();
    site.#attacker.start({
      subscriptions: ['#'],
      onMessage: (message) => site.heard.push(message),
      onUp: () => {},
      onDown: () => {},
    });
    await site.world.settle();
    site.control.start();
    site.control.acceptPolicy(site.deployment.policyBytes);
    site.startAgent();
    await site.world.advance(HEARTBEAT_MS);
    site.asked.splice(0);
    return site;
  }

  async stop(): Promise<void> {
    await this.stopAgent();
    await this.stopControl();
  }

  async stopControl(): Promise<void> {
    const stopped = this.#controlStopped;
    this.#controlStopped = true;
    if (!stopped) await this.world.run(() => this.control.stop());
  }

  startAgent(): void {
    const { simulated, trust, agents } = this.deployment;
    const site = simulated.sites.find(({ plant }) => plant.site === SITE);
    const key = agents.get(SITE);
    assert(site !== undefined && key !== undefined, 'the attacked site has its key');
    const { deployment } = simulated;
    const identity = { anchor: trust.anchor, deployment, site: SITE };
    this.#audit = new AuditLog({ db: this.database, identity, key });
    const stop = new AbortController();
    const { world } = this;
    const agent = new EdgeAgent(
      {
        clock: {
          wallMs: () => world.wallMs() - this.gatewayBehindMs,
          monotonicMs: () => world.monotonicMs(),
          sleepUntil: (dueMs, signal) => world.sleepUntil(dueMs, signal),
        },
        rng: this.#rng,
        logger: silentLogger,
        bus: this.network.bus(SITE),
        store: sqliteStore(this.database, this.#audit),
        devices: virtualDevices(this.#devices.models, world),
        inference: virtualInference(world),
      },
      {
        ...{ deployment, site: SITE, key, trust, software: 'under attack' },
        ratedImportKw: site.ratedImportKw,
      },
    );
    this.#agent = { stop, running: agent.run(stop.signal) };
  }

  async stopAgent(): Promise<void> {
    const agent = this.#agent;
    this.#agent = null;
    agent?.stop.abort();
    await this.world.run(async () => agent?.running);
  }

  /** Ends as the agent's run does. */
  async agentEnds(): Promise<void> {
    await this.#agent?.running;
  }

  /** The attacker says something, and the next heartbeat has told what became of it. */
  async strike(...messages: readonly BusPublication[]): Promise<void> {
    await this.say(...messages);
    await this.world.advance(HEARTBEAT_MS);
  }

  /** The attacker says something. */
  async say(...messages: readonly BusPublication[]): Promise<void> {
    for (const message of messages) {
      await this.world.run(() => this.#attacker.publish(message));
    }
  }

  topic(kind: TopicKind, site: string = SITE): string {
    return printTopic({ deployment: this.deployment.simulated.deployment, site, kind });
  }

  /** Messages of one kind that the attacked site sent or got, oldest first. */
  heardOf(kind: TopicKind): readonly BusMessage[] {
    const topic = this.topic(kind);
    return this.heard.filter((message) => message.topic === topic);
  }

  /** The newest message of a kind, opened without believing it. */
  newest(kind: TopicKind): Sign1 {
    const message = this.heardOf(kind).at(-1);
    assert(message !== undefined, `a ${kind} was heard`);
    return parseSign1(message.payload);
  }

  /** The present session, as the newest birth told everyone. */
  sess(): Uint8Array {
    const { sess } = this.newest('birth').header.claims;
    assert(sess !== undefined, 'a birth names its session');
    return sess;
  }

  /** What the agent last said of itself, whether its control plane hears it or not. */
  lastHeartbeat(): Heartbeat {
    return KINDS.heartbeat.message.decode(this.newest('heartbeat').payload);
  }

  /** What the agent answered, oldest first. */
  receipts(): readonly Receipt[] {
    return this.heardOf('receipt').map(({ payload }) =>
      Receipt.decode(parseSign1(payload).payload),
    );
  }

  records(kind: string): readonly AuditRecord[] {
    return [...(this.#audit?.records() ?? [])].filter((record) => record.kind === kind);
  }

  /** The agent as its control plane knows it. */
  view(): AgentView {
    return this.control.agent(SITE);
  }

  /** How often the agent refused by this code, as its heartbeat says. */
  refused(code: string): number {
    return this.view().reported?.refused[code] ?? 0;
  }

  #makeControl(): ControlPlane {
    const { simulated, trust, trustBytes, control: keys } = this.deployment;
    const { world: clock } = this;
    const { deployment, feeder } = simulated;
    const db = openDatabase(':memory:', { synchronous: 'FULL' });
    const { anchor } = trust;
    return new ControlPlane(
      {
        clock,
        rng: this.#rng,
        logger: silentLogger,
        bus: this.network.bus('control-plane'),
        store: new SqliteControlStore(':memory:'),
        telemetry: new SqliteTelemetryStore(':memory:'),
        audit: new AuditWitness({ db, deployment, anchor, key: keys.witness, clock }),
      },
      {
        ...{ trust, trustBytes, keys, feeder },
        places: simulated.sites.map(({ plant }) => ({
          ...{ site: plant.site, bus: plant.bus, meter: 'meter' },
        })),
      },
    );
  }

  #movePlant(): void {
    const battery = this.#devices.models.find(({ ratings }) => ratings.kind === 'battery');
    const step = (): void => {
      this.#devices.follow();
      this.#plant.step(this.world.wallMs());
      this.asked.push(battery?.askedKw() ?? null);
      this.world.schedule(this.world.monotonicMs() + 1_000, step);
    };
    this.world.schedule(this.world.monotonicMs() + 500, step);
  }
}
