import { AuditError } from '@tieline/audit';
import type { MessageBus } from '@tieline/bus';
import type { Feeder } from '@tieline/grid';
import { type Clock, type Logger, messageOf, type Rng } from '@tieline/kernel';
import type { Trust } from '@tieline/protocol';
import type { AuditVault } from '../ports/audit-vault.ts';
import type { ControlStore } from '../ports/control-store.ts';
import type { CommandRecord, OfferRecord } from '../ports/records.ts';
import type { TelemetryStore } from '../ports/telemetry-store.ts';
import { AgentRegistry } from './agent-registry.ts';
import type { AgentChange, AgentState, AuditJudge, Now } from './agent-state.ts';
import { Bulletin } from './bulletin.ts';
import { Counters } from './counters.ts';
import { Dispatch } from './dispatch.ts';
import { alarm, type ControlEvent, EventLog } from './events.ts';
import { ControlError } from './failure.ts';
import { Inbox } from './inbox.ts';
import { KnownSeries } from './known-series.ts';
import { LastKnown } from './last-known.ts';
import { Models } from './models.ts';
import { Orders } from './orders.ts';
import { Outbox } from './outbox.ts';
import { Policies } from './policies.ts';
import type { SitePlace } from './preview.ts';
import { ReceiptDesk } from './receipt-desk.ts';
import { TelemetryIntake } from './telemetry-intake.ts';
import { TelemetryRetention } from './telemetry-retention.ts';
import { Term } from './term.ts';
import { Upkeep } from './upkeep.ts';
import { commandView } from './views.ts';
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
  readonly keys: ControlKeys;
  readonly feeder: Feeder;
  readonly places: readonly SitePlace[];
  /** Measurements older than this are dropped; 90 where it is left out. */
  readonly telemetryKeepDays?: number;
}

/** Under this name an agent reports what is of no single asset, its forecast. */
const SITE_ITSELF = 'site';

/** The parts of the control plane, and what a change in one of them means for the others. */
export class Parts {
  readonly counters = new Counters();
  readonly known = new LastKnown();
  readonly term: Term;
  readonly events: EventLog;
  readonly wire: Wire;
  readonly agents: AgentRegistry;
  readonly dispatch: Dispatch;
  readonly policies: Policies;
  readonly models: Models;
  readonly orders: Orders;
  readonly bulletin: Bulletin;
  readonly intake: TelemetryIntake;
  readonly receipts: ReceiptDesk;
  readonly retention: TelemetryRetention;
  readonly inbox: Inbox;
  readonly outbox: Outbox;
  readonly upkeep: Upkeep;
  readonly #ports: ControlPlanePorts;
  readonly #setting: ControlPlaneSetting;

  /** Takes up what the store holds, under a new epoch. @throws {TrustError | ControlError} */
  constructor(ports: ControlPlanePorts, setting: ControlPlaneSetting) {
    const { store, rng, bus, audit } = ports;
    const { trust, keys } = setting;
    assertPlaces(setting);
    this.#ports = ports;
    this.#setting = setting;
    this.wire = new Wire(trust, keys, this.now);
    const { counters, known, now, emit } = this;
    this.term = new Term({ store, emit }, keys.dispatch.signer.kid);
    const { wire, term } = this;
    const { epoch } = term;
    this.events = new EventLog(epoch);
    this.upkeep = new Upkeep({ now, emit });
    const common = { ...ports, wire, counters, known, term, now, emit, upkeep: this.upkeep };
    // Named after the epoch: a restart under the same seed must not draw the same nonces again.
    const outbox = new Outbox({ ...common, nonces: rng.stream(`control-cti-${epoch}`) });
    const sites = setting.places.map((place) => place.site);
    const judge = this.#judge;
    const agents = new AgentRegistry(
      { ...common, judge, changed: this.#onAgent, closeLog: (site) => audit.close(site) },
      sites,
    );
    const generation = (site: string) => agents.get(site).generation;
    const isClocked = (site: string) => agents.get(site).reported?.clock !== 'untrusted';
    const offering = {
      openSession: this.#openSession,
      ...{ generation, isClocked, publish: this.#offer },
    };
    const told = { changed: this.onCommand, unsendable: this.#onUnsendable };
    const dispatch = new Dispatch({ ...common, ...offering, ...told });
    const policies = new Policies(common, this.#onPolicyConflict);
    const models = new Models({ ...common, director: keys.director });
    const shared = { ...common, outbox, agents, dispatch, policies, models };
    const policy = () => policies.inForce();
    this.orders = new Orders({ ...shared, ids: rng.stream(`control-plan-${epoch}`), policy });
    this.bulletin = new Bulletin({ ...shared, bus, trustVersion: trust.document.version });
    this.intake = new TelemetryIntake({
      ...common,
      store: ports.telemetry,
      series: new KnownSeries(ports.telemetry, this.#isNamedAsset),
      open: (message) => this.inbox.openTelemetry(message),
      wallOfSession: this.#wallOfSession,
      failed: this.#onTelemetryLost,
    });
    this.receipts = new ReceiptDesk({ ...shared, audit, climbed: this.onCommand });
    this.inbox = new Inbox({ ...shared, audit }, this.receipts, this.intake);
    this.retention = new TelemetryRetention(ports, setting.telemetryKeepDays);
    this.outbox = outbox;
    this.agents = agents;
    this.dispatch = dispatch;
    this.policies = policies;
    this.models = models;
  }

  readonly now = (): Now => {
    const { clock } = this.#ports;
    return { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() };
  };

  readonly emit = (event: ControlEvent): void => {
    this.events.append(event, this.#ports.clock.wallMs());
    if (event.type !== 'alarm') return;
    const { code, site, detail } = event;
    this.#ports.logger.error('alarm_raised', { code, site, detail });
  };

  readonly onCommand = (command: CommandRecord): void => {
    const { id, site, orderId } = command;
    const { state, confirmedBy, clipped, final, detail } = commandView(this.#ports.store, command);
    const summary = { state, confirmedBy, clipped, final, detail };
    this.emit({ type: 'command', id, site, order: orderId, ...summary });
  };

  readonly #onUnsendable = ({ id, site }: CommandRecord, reason: string): void => {
    this.emit(alarm('command_unsendable', site, `command ${id}: ${reason}`));
  };

  emitModel(site: string): void {
    const desired = this.models.desired(site)?.digest ?? null;
    const running = this.agents.get(site).reported?.model ?? null;
    this.emit({ type: 'model', site, desired, running });
  }

  readonly #onAgent = (state: AgentState, change: AgentChange): void => {
    const { site, link, sinceWallMs, quarantine } = state;
    if (change.type === 'ignored') {
      this.counters.add('messages_ignored', change.code);
      return;
    }
    if (change.type === 'model') {
      this.emitModel(site);
      return;
    }
    this.#ports.logger.info('agent_changed', { site, link, change: change.type });
    const event = { type: 'agent', site, link, sinceWallMs } as const;
    this.emit({ ...event, quarantine: quarantine?.code ?? null, change: change.type });
    if (change.type === 'quarantined' && quarantine !== null) {
      const facts = JSON.stringify(quarantine.facts);
      this.emit(alarm('agent_quarantined', site, `${quarantine.code} ${facts}`));
    }
    if (change.type === 'session') this.bulletin.greet(state);
    if (change.type === 'session' || change.type === 'released') this.dispatch.offerAgain(site);
    if (change.type === 'back') this.dispatch.pump(site);
  };

  readonly #judge =
    (site: string): AuditJudge =>
    (head) => {
      const { audit } = this.#ports;
      try {
        audit.checkBirth(site, head);
        return null;
      } catch (thrown) {
        if (!(thrown instanceof AuditError)) throw thrown;
        const code = thrown.code === 'log_truncated' ? 'log_truncated' : 'log_forked';
        return { code, facts: { size: head.size, receipted: audit.size(site) } };
      }
    };

  /** Null also while the agent has not yet taken over the policy that commands are judged by here. */
  readonly #openSession = (site: string): string | null => {
    const held = this.agents.get(site).reported?.policy ?? 0;
    const wanted = this.policies.held?.policy.version ?? 0;
    if (!this.#ports.bus.isUp || held < wanted) return null;
    return this.agents.openSession(site);
  };

  readonly #offer = (
    command: CommandRecord,
    sess: string,
    commit: (offer: OfferRecord) => void,
  ): void => {
    const nowSessionMs = this.agents.sessionNowMs(command.site) ?? 0;
    const restMs = command.notAfterWallMs - this.#ports.clock.wallMs();
    const policy = this.policies.held?.policy.version ?? 0;
    const notAfterSessionMs = Math.max(0, Math.floor(nowSessionMs + restMs));
    const { epoch } = this.term;
    const { generation } = this.agents.get(command.site);
    const terms = { sess, generation, epoch, policy, notAfterSessionMs };
    this.outbox.command(command, terms, commit);
  };

  readonly #isNamedAsset = (site: string, asset: string): boolean => {
    const { places } = this.#setting;
    if (asset === SITE_ITSELF || places.some((one) => one.site === site && one.meter === asset)) {
      return true;
    }
    const policy = this.policies.held?.policy.sites.find((one) => one.site === site);
    return policy?.assets.some((one) => one.asset === asset) ?? false;
  };

  readonly #wallOfSession = (site: string, sessionMs: number): number | null => {
    const nowMs = this.agents.sessionNowMs(site);
    return nowMs === null ? null : this.#ports.clock.wallMs() - (nowMs - sessionMs);
  };

  readonly #onPolicyConflict = (version: number): void => {
    this.emit(alarm('policy_conflict', null, `version ${version}`));
  };

  readonly #onTelemetryLost = (thrown: unknown, batches: number): void => {
    this.#ports.logger.error('telemetry_lost', { batches, reason: messageOf(thrown) });
  };
}

function assertPlaces({ feeder, places }: ControlPlaneSetting): void {
  const buses = new Set(feeder.buses.map((bus) => bus.id));
  for (const { site, bus } of places) {
    if (!buses.has(bus)) throw new ControlError({ code: 'feeder_bus_unknown', site, bus });
  }
}
