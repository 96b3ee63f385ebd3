import { AuditWitness, type Database, openDatabase } from '@tieline/audit';
import { embeddedFeeder } from '@tieline/grid';
import { seededRng, silentLogger } from '@tieline/kernel';
import { SqliteControlStore } from '../adapters/sqlite/sqlite-control-store.ts';
import { SqliteTelemetryStore } from '../adapters/sqlite/sqlite-telemetry-store.ts';
import { ControlPlane } from '../core/control-plane.ts';
import type { ControlEvent } from '../core/events.ts';
import { ManualClock } from './adapters/manual-clock.ts';
import { AgentDouble } from './agent-double.ts';
import { controlKeys, SITES, signedPolicy, trust } from './deployment.ts';
import { MemoryBus } from './memory-bus.ts';

export const PLACES = [
  { site: 'site-1', bus: '18', meter: 'meter' },
  { site: 'site-2', bus: '22', meter: 'meter' },
  { site: 'site-3', bus: '33', meter: 'meter' },
] as const;

/** A control plane on a clock, a bus and stores that the test holds. */
export class World {
  readonly clock: ManualClock;
  readonly bus = new MemoryBus();
  readonly store: SqliteControlStore;
  readonly telemetry: SqliteTelemetryStore;
  readonly auditDb: Database;
  readonly plane: ControlPlane;
  readonly events: ControlEvent[] = [];
  readonly agents: Readonly<Record<(typeof SITES)[number], AgentDouble>>;

  /** @param from  what is taken over from a world before; its agents speak to this one from now on */
  constructor(
    from: {
      store?: string | Buffer;
      auditDb?: Database;
      clock?: ManualClock;
      agents?: World['agents'];
    } = {},
  ) {
    this.clock = from.clock ?? new ManualClock();
    this.store = new SqliteControlStore(from.store ?? ':memory:');
    this.telemetry = new SqliteTelemetryStore(':memory:');
    this.auditDb = from.auditDb ?? openDatabase(':memory:', { synchronous: 'FULL' });
    const { clock, bus, store, telemetry } = this;
    const { anchor } = trust;
    const key = controlKeys.witness;
    const audit = new AuditWitness({ db: this.auditDb, deployment: 'test', anchor, key, clock });
    this.plane = new ControlPlane(
      { clock, bus, store, telemetry, audit, rng: seededRng(5), logger: silentLogger },
      {
        trust,
        keys: controlKeys,
        feeder: embeddedFeeder('baran-wu-33'),
        places: PLACES,
      },
    );
    this.plane.events.listen(({ event }) => this.events.push(event));
    const deliver: ConstructorParameters<typeof AgentDouble>[2] = (message) => bus.deliver(message);
    this.agents = from.agents ?? {
      'site-1': new AgentDouble('site-1', clock, deliver),
      'site-2': new AgentDouble('site-2', clock, deliver),
      'site-3': new AgentDouble('site-3', clock, deliver),
    };
    for (const agent of Object.values(this.agents)) agent.speaksTo(deliver);
  }

  /** Up, with a policy and three agents that have spoken. */
  static ready(from: ConstructorParameters<typeof World>[0] = {}): World {
    const world = new World(from);
    world.plane.start();
    world.bus.up();
    world.plane.acceptPolicy(signedPolicy(1));
    for (const site of SITES) world.agents[site].boots();
    world.bus.sent.splice(0);
    world.events.splice(0);
    return world;
  }

  /** Time passes while every agent beats as it should. */
  async live(ms: number, quiet: readonly string[] = []): Promise<void> {
    for (let passedMs = 0; passedMs < ms; passedMs += 10_000) {
      await this.clock.advance(Math.min(10_000, ms - passedMs));
      for (const site of SITES) if (!quiet.includes(site)) this.agents[site].beats();
    }
  }

  /** States of a command as events told them, in order. */
  told(id: string): string[] {
    return this.events.flatMap((event) =>
      event.type === 'command' && event.id === id
        ? [event.state === 'confirmed' ? `confirmed(${event.confirmedBy})` : event.state]
        : [],
    );
  }

  changes(site: string): string[] {
    return this.events.flatMap((event) =>
      event.type === 'agent' && event.site === site ? [event.change] : [],
    );
  }
}
