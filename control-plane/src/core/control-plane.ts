import { AuditError } from '@tieline/audit';
import type { MessageBus } from '@tieline/bus';
import type { Feeder } from '@tieline/grid';
import { type Clock, every, type Logger, messageOf, type Rng } from '@tieline/kernel';
import { type Action, type Quantity, type Trust, topicFilters } from '@tieline/protocol';
import type { AuditVault } from '../ports/audit-vault.ts';
import type { CommandFilter, ControlStore } from '../ports/control-store.ts';
import type { CommandRecord, DesiredModelRecord, ModelRecord } from '../ports/records.ts';
import type { TelemetryStore } from '../ports/telemetry-store.ts';
import { AgentRegistry } from './agent-registry.ts';
import {
  type AgentChange,
  type AgentState,
  type AuditJudge,
  presentSession,
} from './agent-state.ts';
import { FRESHNESS_MS, PRESENCE_MS, TICK_MS } from './bounds.ts';
import { Counters } from './counters.ts';
import { Dispatch } from './dispatch.ts';
import { alarm, type ControlEvent, EventLog } from './events.ts';
import { ControlError } from './failure.ts';
import { Inbox } from './inbox.ts';
import { LastKnown } from './last-known.ts';
import { Models } from './models.ts';
import { Orders, type Submitted } from './orders.ts';
import { Outbox } from './outbox.ts';
import { type HeldPolicy, Policies } from './policies.ts';
import { type Draft, makePreview, type Previewed, type SitePlace } from './preview.ts';
import { ReceiptDesk } from './receipt-desk.ts';
import { TelemetryIntake } from './telemetry-intake.ts';
import { queryTelemetry, type TelemetryAnswer } from './telemetry-query.ts';
import {
  type AgentView,
  agentView,
  type CommandDetail,
  type CommandView,
  commandDetail,
  commandView,
  type MeasurementView,
  measurements,
} from './views.ts';
import { type ControlKeys, Wire } from './wire.ts';

export interface ControlPlanePorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly bus: MessageBus;
  readonly store: ControlStore;
  readonly telemetry: TelemetryStore;
  readonly audit: AuditVault;
}

export interface ControlPlaneSetting {
  readonly trust: Trust;
  /** The trust document as signed: agents get these bytes. */
  readonly trustBytes: Uint8Array;
  readonly keys: ControlKeys;
  readonly feeder: Feeder;
  readonly places: readonly SitePlace[];
}

export interface ModelStatus {
  readonly site: string;
  /** Digests, hex; null = none. */
  readonly desired: string | null;
  readonly desiredVersion: number;
  readonly running: string | null;
  /** The agent runs what was asked for; false also while nothing was heard of it. */
  readonly settled: boolean;
}

/**
 * The central process: knows the agents, dispatches what people signed, publishes policy and models, and
 * keeps what agents prove. Authority comes from signatures; what a stolen one can do is bounded by them.
 */
export class ControlPlane {
  readonly counters = new Counters();
  readonly events: EventLog;
  readonly epoch: number;
  readonly #ports: ControlPlanePorts;
  readonly #setting: ControlPlaneSetting;
  readonly #sites: readonly string[];
  readonly #wire: Wire;
  readonly #outbox: Outbox;
  readonly #agents: AgentRegistry;
  readonly #dispatch: Dispatch;
  readonly #policies: Policies;
  readonly #models: Models;
  readonly #orders: Orders;
  readonly #known = new LastKnown();
  readonly #intake: TelemetryIntake;
  readonly #inbox: Inbox;
  readonly #stop = new AbortController();
  #ticking: Promise<void> | null = null;
  #presenceDueMs = -Infinity;
  #freshnessDueMs = -Infinity;

  /**
   * Takes up what the store holds, under a new epoch.
   * @throws {TrustError} for a key that may not act in its role; {ControlError} feeder_bus_unknown
   */
  constructor(ports: ControlPlanePorts, setting: ControlPlaneSetting) {
    const { store, rng, bus, logger, clock } = ports;
    this.#ports = ports;
    this.#setting = setting;
    assertPlaces(setting);
    this.#sites = setting.places.map((place) => place.site);
    this.#wire = new Wire(setting.trust, setting.keys, this.#now);
    this.epoch = store.raise('epoch');
    this.events = new EventLog(this.epoch);
    const shared = { store, clock, logger, wire: this.#wire, counters: this.counters };
    const common = { ...shared, now: this.#now, emit: this.#emit };
    this.#outbox = new Outbox({ ...common, bus, nonces: rng.stream('control-cti') });
    const registry = { ...common, judge: this.#judge, changed: this.#onAgentChange };
    this.#agents = new AgentRegistry(registry, this.#sites);
    this.#dispatch = new Dispatch({
      ...common,
      openSession: this.#openSession,
      publish: this.#offer,
      changed: this.#onCommandChange,
    });
    this.#policies = new Policies(common, (version) =>
      this.#emit(alarm('policy_conflict', null, `version ${version}`)),
    );
    this.#models = new Models({ ...common, director: setting.keys.director });
    const parts = { ...common, agents: this.#agents, dispatch: this.#dispatch };
    this.#orders = new Orders({
      ...parts,
      ids: rng.stream('control-plan-id'),
      known: this.#known,
      policy: () => this.#policies.inForce(),
    });
    this.#intake = this.#makeIntake();
    const desk = new ReceiptDesk({ ...parts, climbed: this.#onCommandChange });
    const context = { ...parts, audit: ports.audit, outbox: this.#outbox, models: this.#models };
    this.#inbox = new Inbox(context, desk, this.#intake);
  }

  /** Connects and begins to tick. */
  start(): void {
    const { bus, clock, logger } = this.#ports;
    const { deployment } = this.#wire;
    logger.info('control_started', { epoch: this.epoch, deployment, sites: this.#sites.length });
    bus.start({
      subscriptions: topicFilters(deployment, '+', 'to-control'),
      onMessage: (message) => this.#inbox.take(message),
      onUp: () => this.#onUp(),
      onDown: (reason) => logger.warn('bus_lost', { reason }),
    });
    this.#ticking = every(clock, TICK_MS, this.#stop.signal, () => this.#tick());
  }

  /** Ends in order: what was received is stored. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ports.bus.stop();
    await this.#ticking;
    await this.#intake.settled();
    this.#agents.saveAll();
  }

  // What people and programs ask and do. Times are Unix ms, ids and digests hex.

  health(): { status: 'ok' | 'bus-down'; epoch: number; deployment: string; busUp: boolean } {
    const busUp = this.#ports.bus.isUp;
    const { deployment } = this.#wire;
    return { status: busUp ? 'ok' : 'bus-down', epoch: this.epoch, deployment, busUp };
  }

  agents(): readonly AgentView[] {
    return this.#agents.all().map((state) => this.#agentView(state));
  }

  /** @throws {ControlError} site_unknown */
  agent(site: string): AgentView & { readonly measurements: readonly MeasurementView[] } {
    const state = this.#agents.get(site);
    return { ...this.#agentView(state), measurements: measurements(this.#known, site) };
  }

  /** Lets a quarantined site have commands again. @throws {ControlError} */
  release(site: string, reason: string): AgentView {
    this.#agents.release(site);
    this.#ports.logger.warn('agent_released', { site, reason });
    this.#dispatch.offerAgain(site);
    return this.#agentView(this.#agents.get(site));
  }

  /** @throws {ControlError} policy_missing | site_unknown | site_without_policy | flow_unsolvable */
  preview(draft: Draft): Previewed {
    const { feeder, places } = this.#setting;
    const world = { feeder, places, policy: this.#policies.inForce(), known: this.#known };
    const madeWallMs = this.#ports.clock.wallMs();
    const previewed = makePreview(draft, world, madeWallMs);
    this.#ports.store.addPreview(previewed.digest, previewed.bytes, madeWallMs);
    return previewed;
  }

  /** @throws {VerifyError | ControlError} as `Orders.submit` */
  submitOrder(bytes: Uint8Array): Submitted {
    const submitted = this.#orders.submit(bytes);
    const { order, commands } = submitted;
    this.#ports.logger.info('order_taken', { order, commands: commands.length });
    return submitted;
  }

  /** @throws {ControlError} as `Orders.plan` */
  plan(site: string, actions: readonly Action[], reason: string): CommandView {
    const command = this.#orders.plan(site, actions, reason);
    return this.command(command.id);
  }

  commands(filter: CommandFilter): readonly CommandView[] {
    const { store } = this.#ports;
    return store.commands(filter).map((command) => commandView(store, command));
  }

  commandsOfOrder(order: string): readonly CommandView[] {
    const { store } = this.#ports;
    return store.commandsOfOrder(order).map((command) => commandView(store, command));
  }

  /** @throws {ControlError} command_unknown */
  command(id: string): CommandDetail {
    const { store } = this.#ports;
    const command = store.command(id);
    if (command === null) throw new ControlError({ code: 'command_unknown', command: id });
    return commandDetail(store, command);
  }

  policy(): HeldPolicy | null {
    return this.#policies.held;
  }

  /** @throws {VerifyError | ControlError} as `Policies.accept` */
  acceptPolicy(bytes: Uint8Array): HeldPolicy {
    const isNew = this.#policies.accept(bytes);
    const held = this.#policies.held;
    if (held === null) throw new ControlError({ code: 'policy_missing' });
    if (isNew) {
      this.#ports.logger.info('policy_accepted', { version: held.policy.version });
      this.#publishPolicy();
    }
    return held;
  }

  /** @throws {VerifyError | ControlError} as `Models.push` */
  pushModel(packed: Uint8Array, release: Uint8Array): ModelRecord {
    const model = this.#models.push(packed, release);
    this.#ports.logger.info('model_pushed', { digest: model.digest, name: model.name });
    return model;
  }

  models(): readonly ModelRecord[] {
    return this.#models.all();
  }

  /** @throws {ControlError} site_unknown | model_unknown */
  directModel(site: string, digest: string | null): ModelStatus {
    this.#agents.get(site);
    const desired = this.#models.direct(site, digest);
    this.#outbox.desired(site, 'model', desired.document);
    this.#emitModel(site, desired);
    return this.#modelStatus(site);
  }

  modelStatus(): readonly ModelStatus[] {
    return this.#sites.map((site) => this.#modelStatus(site));
  }

  /** @throws {ControlError} range_empty | query_too_wide | site_unknown */
  telemetry(
    query: { site: string; asset: string; quantity: Quantity; fromMs: number; toMs: number },
    points: number,
  ): TelemetryAnswer {
    this.#agents.get(query.site);
    return queryTelemetry(this.#ports.telemetry, query, points);
  }

  /** The store of audit logs. @throws {ControlError} site_unknown */
  auditOf(site: string): AuditVault {
    this.#agents.get(site);
    return this.#ports.audit;
  }

  readonly #now = () => {
    const { clock } = this.#ports;
    return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
  };

  readonly #emit = (event: ControlEvent): void => {
    this.events.append(event, this.#ports.clock.wallMs());
    if (event.type !== 'alarm') return;
    const { code, site, detail } = event;
    this.#ports.logger.error('alarm_raised', { code, site, detail });
  };

  readonly #judge =
    (site: string): AuditJudge =>
    (head) => {
      try {
        this.#ports.audit.checkBirth(site, head);
        return null;
      } catch (thrown) {
        if (!(thrown instanceof AuditError)) throw thrown;
        const { failure } = thrown;
        const receipted = this.#ports.audit.size(site);
        const code = failure.code === 'log_truncated' ? 'log_truncated' : 'log_forked';
        return { code, facts: { size: head.size, receipted } };
      }
    };

  /** Null also while the agent has not yet taken over the policy that commands are judged by here. */
  readonly #openSession = (site: string): string | null => {
    const held = this.#agents.get(site).reported?.policy ?? 0;
    const wanted = this.#policies.held?.policy.version ?? 0;
    if (!this.#ports.bus.isUp || held < wanted) return null;
    return this.#agents.openSession(site);
  };

  readonly #offer: ConstructorParameters<typeof Dispatch>[0]['publish'] = (
    command,
    sess,
    commit,
  ) => {
    const nowSessionMs = this.#agents.sessionNowMs(command.site) ?? 0;
    const restMs = command.notAfterWallMs - this.#ports.clock.wallMs();
    const terms = {
      ...{ sess, epoch: this.epoch },
      policy: this.#policies.held?.policy.version ?? 0,
      notAfterSessionMs: Math.max(0, Math.floor(nowSessionMs + restMs)),
    };
    this.#outbox.command(command, terms, commit);
  };

  readonly #onAgentChange = (state: AgentState, change: AgentChange): void => {
    const { site, link, sinceWallMs, quarantine } = state;
    if (change.type === 'ignored') {
      this.counters.add('messages_ignored', change.code);
      return;
    }
    if (change.type === 'model') {
      this.#emitModel(site, this.#models.desired(site));
      return;
    }
    this.#ports.logger.info('agent_changed', { site, link, change: change.type });
    const event = { type: 'agent', site, link, sinceWallMs } as const;
    this.#emit({ ...event, quarantine: quarantine?.code ?? null, change: change.type });
    if (change.type === 'session') this.#greet(state);
    if (change.type === 'back') this.#dispatch.pump(site);
    if (change.type === 'quarantined' && quarantine !== null) {
      const facts = JSON.stringify(quarantine.facts);
      this.#emit(alarm('agent_quarantined', site, `${quarantine.code} ${facts}`));
    }
  };

  readonly #onCommandChange = (command: CommandRecord): void => {
    const { id, site, orderId } = command;
    const { store } = this.#ports;
    const { state, confirmedBy, final, detail } = commandView(store, command);
    const summary = { state, confirmedBy, final, detail };
    this.#emit({ type: 'command', id, site, order: orderId, ...summary });
  };

  /** A session has begun, or the agent has connected again: what it may have missed. */
  #greet({ site, quarantine }: AgentState): void {
    this.#presence(site);
    const receipt = this.#ports.audit.lastReceipt(site);
    // A quarantined log contradicts its receipt: sending it would only be refused.
    if (receipt !== null && quarantine === null) this.#outbox.auditReceipt(site, receipt);
    this.#dispatch.offerAgain(site);
  }

  #presence(site: string): void {
    const sess = presentSession(this.#agents.get(site))?.sess;
    if (sess !== undefined) this.#outbox.presence(site, sess, this.epoch);
  }

  #onUp(): void {
    this.#ports.logger.info('bus_up');
    for (const site of this.#sites) {
      this.#outbox.desired(site, 'trust', this.#setting.trustBytes);
      const desired = this.#models.desired(site);
      if (desired !== null) this.#outbox.desired(site, 'model', desired.document);
    }
    this.#publishPolicy();
    this.#presenceDueMs = this.#now().monotonicMs;
    this.#tick();
  }

  #publishPolicy(): void {
    const held = this.#policies.held;
    if (held === null || !this.#ports.bus.isUp) return;
    for (const site of this.#sites) this.#outbox.desired(site, 'policy', held.bytes);
    this.#publishFreshness();
  }

  #publishFreshness(): void {
    const policy = this.#policies.held?.policy.version ?? 0;
    const trust = this.#setting.trust.document.version;
    this.#outbox.freshness(this.#sites, { trust, policy });
    this.#freshnessDueMs = this.#now().monotonicMs + FRESHNESS_MS;
  }

  #tick(): void {
    this.#agents.tick();
    if (this.#ports.bus.isUp) {
      const { monotonicMs } = this.#now();
      if (monotonicMs >= this.#presenceDueMs) {
        this.#presenceDueMs = monotonicMs + PRESENCE_MS;
        for (const site of this.#sites) this.#presence(site);
      }
      if (monotonicMs >= this.#freshnessDueMs) this.#publishFreshness();
    }
    this.#dispatch.tick();
  }

  #makeIntake(): TelemetryIntake {
    const { clock, telemetry, logger } = this.#ports;
    return new TelemetryIntake({
      clock,
      store: telemetry,
      counters: this.counters,
      known: this.#known,
      open: (message) => this.#inbox.openTelemetry(message),
      wallOfSession: (site, sessionMs) => {
        const nowMs = this.#agents.sessionNowMs(site);
        return nowMs === null ? null : clock.wallMs() - (nowMs - sessionMs);
      },
      failed: (thrown, batches) =>
        logger.error('telemetry_lost', { batches, reason: messageOf(thrown) }),
    });
  }

  #agentView(state: AgentState): AgentView {
    const { site } = state;
    return agentView(state, this.#ports.audit.size(site), this.#dispatch.waiting(site));
  }

  #modelStatus(site: string): ModelStatus {
    const desired = this.#models.desired(site);
    const reported = this.#agents.get(site).reported;
    const running = reported?.model ?? null;
    return {
      site,
      desired: desired?.digest ?? null,
      desiredVersion: desired?.version ?? 0,
      running,
      settled: reported !== null && desired !== null && running === desired.digest,
    };
  }

  #emitModel(site: string, desired: DesiredModelRecord | null): void {
    const running = this.#agents.get(site).reported?.model ?? null;
    this.#emit({ type: 'model', site, desired: desired?.digest ?? null, running });
  }
}

function assertPlaces({ feeder, places }: ControlPlaneSetting): void {
  const buses = new Set(feeder.buses.map((bus) => bus.id));
  for (const { site, bus } of places) {
    if (!buses.has(bus)) throw new ControlError({ code: 'feeder_bus_unknown', site, bus });
  }
}
