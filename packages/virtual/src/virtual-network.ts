import {
  type BackoffBounds,
  BusError,
  type BusPublication,
  type BusSession,
  GRANT_ALL,
  type Grants,
  type MessageBus,
  Reconnect,
  refuseTooLarge,
} from '@tieline/bus';
import { assert, type Rng } from '@tieline/kernel';
import type { VirtualEvent } from './event-queue.ts';
import { Link, type LinkQuality } from './link.ts';
import { type Onlooker, VirtualBroker } from './virtual-broker.ts';
import { CONNECT_TIMEOUT_MS, VirtualConnection } from './virtual-connection.ts';
import type { VirtualWorld } from './virtual-world.ts';

/** After this both ends of a connection over a cut link take it for dead: one and a half keepalives, ms. */
const NOTICE_MS = 22_500;

/** A broker and a link to it per client, in virtual time. Same seed, same losses, same order. */
export class VirtualNetwork {
  readonly #world: VirtualWorld;
  readonly #rng: Rng;
  readonly #broker = new VirtualBroker();
  readonly #links = new Map<string, Link>();
  readonly #buses = new Map<string, VirtualBus>();
  readonly #notices = new Map<string, VirtualEvent>();

  constructor(world: VirtualWorld, rng: Rng) {
    this.#world = world;
    this.#rng = rng;
  }

  /** A client; one that was made before with this id has been stopped. */
  bus(clientId: string, grants: Grants = GRANT_ALL, reconnect?: BackoffBounds): MessageBus {
    const bus = new VirtualBus({
      clientId,
      grants,
      world: this.#world,
      link: this.#link(clientId),
      broker: this.#broker,
      reconnect: new Reconnect(this.#rng.stream(`reconnect-jitter:${clientId}`), reconnect),
    });
    this.#buses.set(clientId, bus);
    return bus;
  }

  /** How the client's link treats messages from now on; what is not named stays. */
  setQuality(clientId: string, quality: Partial<LinkQuality>): void {
    const link = this.#link(clientId);
    link.quality = { ...link.quality, ...quality };
  }

  /**
   * Nothing passes these clients' links any more. As on a real line nobody is told: both ends notice when
   * keepalive runs out, and a link restored before that has only been slow.
   */
  cut(...clientIds: readonly string[]): void {
    for (const clientId of clientIds.filter((each) => !this.#link(each).isCut)) {
      this.#link(clientId).cut();
      const notice = this.#world.schedule(this.#world.monotonicMs() + NOTICE_MS, () =>
        this.#buses.get(clientId)?.breakConnection('keepalive ran out'),
      );
      this.#notices.set(clientId, notice);
    }
  }

  restore(...clientIds: readonly string[]): void {
    for (const clientId of clientIds) {
      const notice = this.#notices.get(clientId);
      if (notice !== undefined) this.#world.callOff(notice);
      this.#link(clientId).restore();
    }
  }

  /** Whether a client that connects over its link as it is now will have its answer before it gives up. */
  canConnect(clientId: string): boolean {
    const link = this.#link(clientId);
    return !link.isCut && link.worstRoundTripMs < CONNECT_TIMEOUT_MS;
  }

  /** Breaks the client's connection, and both ends see it at once; it may come back. */
  reset(clientId: string): void {
    this.#world.schedule(this.#world.monotonicMs(), () =>
      this.#buses.get(clientId)?.breakConnection('connection reset'),
    );
  }

  /** Every connection is reset at once, what the broker had retained is lost, and nobody publishes the wills. */
  stopBroker(): void {
    this.#world.schedule(this.#world.monotonicMs(), () => this.#broker.stop());
  }

  /** It takes connections again. */
  startBroker(): void {
    this.#world.schedule(this.#world.monotonicMs(), () => this.#broker.start());
  }

  restartBroker(): void {
    this.#world.schedule(this.#world.monotonicMs(), () => {
      this.#broker.stop();
      this.#broker.start();
    });
  }

  /** Connections that clients have asked the broker for since the beginning, taken or not. */
  get connects(): number {
    return this.#broker.connects;
  }

  /** From now on it sees whatever passes the broker. */
  show(onlooker: Onlooker): void {
    this.#broker.show(onlooker);
  }

  /** The client's process ends without a word: its will is published, and it calls nobody back. */
  crash(clientId: string): void {
    this.#buses.get(clientId)?.abandon();
  }

  #link(clientId: string): Link {
    let link = this.#links.get(clientId);
    if (link === undefined) {
      link = new Link(this.#world, this.#rng.stream(`link:${clientId}`));
      this.#links.set(clientId, link);
    }
    return link;
  }
}

interface VirtualBusParts {
  readonly clientId: string;
  readonly grants: Grants;
  readonly world: VirtualWorld;
  readonly link: Link;
  readonly broker: VirtualBroker;
  readonly reconnect: Reconnect;
}

class VirtualBus implements MessageBus {
  readonly #parts: VirtualBusParts;
  #session: BusSession | null = null;
  #connection: VirtualConnection | null = null;
  #nextAttempt: VirtualEvent | null = null;
  #isUp = false;

  constructor(parts: VirtualBusParts) {
    this.#parts = parts;
  }

  get isUp(): boolean {
    return this.#isUp;
  }

  start(session: BusSession): void {
    assert(this.#session === null, 'a bus is started once');
    this.#session = session;
    this.#connect(session);
  }

  async publish(publication: BusPublication): Promise<void> {
    refuseTooLarge(publication);
    if (this.#connection === null || !this.isUp) throw new BusError({ code: 'bus_down' });
    await this.#connection.publish(publication);
  }

  async stop(): Promise<void> {
    this.#isUp = false;
    if (this.#nextAttempt !== null) this.#parts.world.callOff(this.#nextAttempt);
    await this.#connection?.close();
  }

  abandon(): void {
    this.#isUp = false;
    if (this.#nextAttempt !== null) this.#parts.world.callOff(this.#nextAttempt);
    this.#connection?.abandon();
    this.#connection = null;
  }

  breakConnection(reason: string): void {
    this.#connection?.break(reason);
  }

  #connect(session: BusSession): void {
    const { world, clientId, grants, link, broker, reconnect } = this.#parts;
    this.#connection = new VirtualConnection({
      clientId,
      grants,
      session,
      link,
      broker,
      up: () => {
        this.#isUp = true;
        reconnect.up(world.monotonicMs());
        session.onUp();
      },
      down: (reason) => this.#onDown(session, reason),
    });
  }

  #onDown(session: BusSession, reason: string): void {
    const { world, reconnect } = this.#parts;
    const nowMs = world.monotonicMs();
    this.#isUp = false;
    this.#connection = null;
    const waitMs = reconnect.down(nowMs);
    this.#nextAttempt = world.schedule(nowMs + waitMs, () => this.#connect(session));
    session.onDown(reason);
  }
}
