import { every, TielineError } from '@tieline/kernel';
import { type Action, type Quantity, topicFilters } from '@tieline/protocol';
import type { AuditVault } from '../ports/audit-vault.ts';
import type { ModelRecord } from '../ports/records.ts';
import { COMMANDS_SEARCHED_MAX, SAVE_AGENTS_MS, TICK_MS } from './bounds.ts';
import type { Counters } from './counters.ts';
import type { EventLog } from './events.ts';
import { ControlError } from './failure.ts';
import type { CommandState } from './ladder.ts';
import type { LastValue } from './last-known.ts';
import { type ControlPlanePorts, type ControlPlaneSetting, Parts } from './parts.ts';
import type { HeldPolicy } from './policies.ts';
import { type Draft, makePreview, type Previewed } from './preview.ts';
import { queryTelemetry, type TelemetryAnswer } from './telemetry-query.ts';
import {
  type AgentView,
  agentView,
  type CommandDetail,
  type CommandView,
  commandDetail,
  commandView,
} from './views.ts';

export interface ModelStatus {
  readonly site: string;
  /** Digests, hex; null = none. */
  readonly desired: string | null;
  /** 0 = nothing was ever asked for. */
  readonly desiredVersion: number;
  readonly running: string | null;
  /** The agent runs what was asked for; false also while nothing was heard of it. */
  readonly settled: boolean;
}

export interface CommandQuery {
  readonly site?: string;
  readonly state?: CommandState;
  readonly limit: number;
}

export interface Health {
  readonly status: 'ok' | 'bus-down';
  readonly deployment: string;
  readonly world: 'real' | 'simulated';
  readonly epoch: number;
}

/**
 * The central process: knows the agents, dispatches what people signed, publishes policy and models, and
 * keeps what agents prove. Authority comes from signatures; what a stolen one can do is bounded by them.
 * Times are Unix ms; ids and digests lower-case hex.
 */
export class ControlPlane {
  readonly #ports: ControlPlanePorts;
  readonly #setting: ControlPlaneSetting;
  readonly #parts: Parts;
  readonly #stop = new AbortController();
  #ticking: Promise<void> | null = null;
  #saveDueMs = -Infinity;

  /**
   * Takes up what the store holds, under a new epoch.
   * @throws {TrustError} for a key that may not act in its role; {ControlError} feeder_bus_unknown
   */
  constructor(ports: ControlPlanePorts, setting: ControlPlaneSetting) {
    this.#ports = ports;
    this.#setting = setting;
    this.#parts = new Parts(ports, setting);
  }

  get epoch(): number {
    return this.#parts.term.epoch;
  }

  get events(): EventLog {
    return this.#parts.events;
  }

  get counters(): Counters {
    return this.#parts.counters;
  }

  /** Connects and begins to tick. */
  start(): void {
    const { bus, clock, logger } = this.#ports;
    const { inbox, bulletin, upkeep, wire, receipts } = this.#parts;
    const { deployment } = wire;
    logger.info('control_started', { epoch: this.epoch, deployment });
    receipts.catchUp();
    bus.start({
      subscriptions: topicFilters(deployment, '+', 'to-control'),
      onMessage: (message) => inbox.take(message),
      onUp: () => {
        logger.info('bus_up');
        upkeep.attempt('bulletin', null, () => bulletin.publishAll());
        this.#tick();
      },
      onDown: (reason) => logger.warn('bus_lost', { reason }),
    });
    this.#ticking = every(clock, TICK_MS, this.#stop.signal, () => this.#tick());
  }

  /** Ends in order: what was received is stored. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#ports.bus.stop();
    await this.#ticking;
    await this.#parts.intake.settled();
    this.#parts.agents.saveAll();
  }

  #tick(): void {
    const { agents, bulletin, dispatch, receipts, retention, upkeep } = this.#parts;
    upkeep.attempt('liveness', null, () => agents.tick());
    upkeep.attempt('registry', null, () => this.#saveAgents());
    upkeep.attempt('bulletin', null, () => bulletin.tick());
    upkeep.attempt('telemetry', null, () => retention.tick());
    receipts.catchUp();
    dispatch.tick();
  }

  #saveAgents(): void {
    const nowMs = this.#ports.clock.monotonicMs();
    if (nowMs < this.#saveDueMs && this.#parts.agents.allSaved) return;
    this.#parts.agents.saveAll();
    this.#saveDueMs = nowMs + SAVE_AGENTS_MS;
  }

  health(): Health {
    const { deployment, world } = this.#setting.trust.document;
    const status = this.#ports.bus.isUp ? 'ok' : 'bus-down';
    return { status, deployment, world, epoch: this.epoch };
  }

  agents(): readonly AgentView[] {
    return this.#parts.agents.all().map(({ site }) => this.#agentView(site));
  }

  /** @throws {ControlError} site_unknown */
  agent(site: string): AgentView & { readonly measurements: readonly LastValue[] } {
    return { ...this.#agentView(site), measurements: this.#parts.known.of(site) };
  }

  /** Lets a quarantined site have commands again. @throws {ControlError} agent_not_quarantined | log_not_new */
  release(site: string, reason: string): AgentView {
    this.#parts.agents.release(site);
    this.#ports.logger.warn('agent_released', { site, reason });
    return this.#agentView(site);
  }

  /** @throws {ControlError} policy_missing | site_unknown | site_without_policy | flow_unsolvable */
  preview(draft: Draft): Previewed {
    const { feeder, places } = this.#setting;
    const { known, policies } = this.#parts;
    const madeWallMs = this.#ports.clock.wallMs();
    const world = { feeder, places, policy: policies.inForce(), known };
    const previewed = makePreview(draft, world, madeWallMs);
    this.#ports.store.addPreview(previewed.digest, previewed.bytes, madeWallMs);
    return previewed;
  }

  /** @throws {VerifyError | ControlError} as `Orders.submit` */
  submitOrder(bytes: Uint8Array): { order: string; commands: readonly CommandView[] } {
    const { order } = this.#counted(() => this.#parts.orders.submit(bytes));
    const commands = this.commandsOfOrder(order);
    this.#ports.logger.info('order_taken', { order, commands: commands.length });
    return { order, commands };
  }

  /** @throws {ControlError} as `Orders.plan` */
  plan(site: string, actions: readonly Action[], reason: string): CommandView {
    const { id } = this.#counted(() => this.#parts.orders.plan(site, actions, reason));
    return this.command(id);
  }

  /** Newest first; with a state, those among the newest `COMMANDS_SEARCHED_MAX` that are in it. */
  commands({ site, state, limit }: CommandQuery): readonly CommandView[] {
    const { store } = this.#ports;
    const searched = state === undefined ? limit : COMMANDS_SEARCHED_MAX;
    const filter = { limit: searched, ...(site === undefined ? {} : { site }) };
    const found: CommandView[] = [];
    for (const command of store.commands(filter)) {
      const view = commandView(store, command);
      if (state === undefined || view.state === state) found.push(view);
      if (found.length === limit) break;
    }
    return found;
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
    return this.#parts.policies.held;
  }

  /** @throws {VerifyError | ControlError} as `Policies.accept` */
  acceptPolicy(bytes: Uint8Array): HeldPolicy {
    const { held, isNew } = this.#parts.policies.accept(bytes);
    if (isNew) {
      this.#ports.logger.info('policy_accepted', { version: held.policy.version });
      this.#parts.bulletin.publishPolicy();
    }
    return held;
  }

  /** @throws {VerifyError | ControlError} as `Models.push` */
  pushModel(packed: Uint8Array, release: Uint8Array): ModelRecord {
    const model = this.#parts.models.push(packed, release);
    this.#ports.logger.info('model_pushed', { digest: model.digest, name: model.name });
    return model;
  }

  models(): readonly ModelRecord[] {
    return this.#parts.models.all();
  }

  /** Says which model a site shall run; null = none. @throws {ControlError} site_unknown | model_unknown */
  directModel(site: string, digest: string | null): ModelStatus {
    const { agents, models, outbox } = this.#parts;
    agents.get(site);
    outbox.desired(site, 'model', models.direct(site, digest).document);
    this.#parts.emitModel(site);
    return this.#modelStatus(site);
  }

  modelStatus(): readonly ModelStatus[] {
    return this.#parts.agents.all().map(({ site }) => this.#modelStatus(site));
  }

  /** @throws {ControlError} site_unknown | range_empty | query_too_wide */
  telemetry(
    query: { site: string; asset: string; quantity: Quantity; fromMs: number; toMs: number },
    points: number,
  ): TelemetryAnswer {
    this.#parts.agents.get(query.site);
    return queryTelemetry(this.#ports.telemetry, query, points);
  }

  /** The store of audit logs. @throws {ControlError} site_unknown */
  auditOf(site: string): AuditVault {
    this.#parts.agents.get(site);
    return this.#ports.audit;
  }

  /**
   * A site's audit log as one file, in chunks.
   * @param closed  number of a log that was closed with a replaced disk, from 1; without it the one that goes on
   * @throws {ControlError} site_unknown | log_unknown
   */
  exportAudit(site: string, closed?: number): Iterable<Uint8Array> {
    const chunks = this.auditOf(site).export(site, closed);
    if (chunks !== null) return chunks;
    throw new ControlError({ code: 'log_unknown', site, closed: closed ?? null });
  }

  /** Runs what may refuse an order or a plan, and counts why. */
  #counted<T>(submit: () => T): T {
    try {
      return submit();
    } catch (thrown) {
      if (thrown instanceof TielineError) this.counters.add('orders_refused', thrown.code);
      throw thrown;
    }
  }

  #agentView(site: string): AgentView {
    const { agents, dispatch } = this.#parts;
    return agentView(agents.get(site), this.#ports.audit.size(site), dispatch.waiting(site));
  }

  #modelStatus(site: string): ModelStatus {
    const { agents, models } = this.#parts;
    const desired = models.desired(site);
    const { reported } = agents.get(site);
    const running = reported?.model ?? null;
    return {
      site,
      desired: desired?.digest ?? null,
      desiredVersion: desired?.version ?? 0,
      running,
      settled: reported !== null && desired !== null && running === desired.digest,
    };
  }
}
