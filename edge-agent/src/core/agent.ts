import { auditKeysOf } from '@tieline/audit';
import type { BusMessage } from '@tieline/bus';
import { every, HOUR_MS, toHex } from '@tieline/kernel';
import {
  KINDS,
  type Kind,
  type Opened,
  openAddressed,
  parseTopic,
  printTopic,
  type TopicKind,
  topicFilters,
  VerificationBudget,
  VerifyError,
} from '@tieline/protocol';
import { modeOf } from './active-actions.ts';
import { Actuator } from './actuator.ts';
import { type AgentIdentity, type AgentPorts, Mouth } from './agent-context.ts';
import { CommandDesk } from './command-desk.ts';
import { type ControlState, initialState } from './control-state.ts';
import { logCycle } from './cycle-log.ts';
import { type Decision, decide } from './decide.ts';
import { Forecaster } from './forecaster.ts';
import { ModelDesk } from './model-desk.ts';
import { type HeldPolicy, PolicyDesk } from './policy-desk.ts';
import { freezeImage, type ProcessImage } from './process-image.ts';
import { answeredOf, Receipts } from './receipts.ts';
import { Recorder } from './recorder.ts';
import { Refusals } from './refusals.ts';
import { Session } from './session.ts';
import { TelemetryFeed } from './telemetry.ts';
import { Errand, Turns } from './turns.ts';
import { Uplink, type Vitals } from './uplink.ts';

/** One control cycle. */
export const CYCLE_MS = 1_000;
/** Devices have this long to answer within a cycle. */
const READ_DEADLINE_MS = 400;
const SNAPSHOT_EVERY_MS = HOUR_MS;

/**
 * The agent of one site: a control cycle every second and one at once behind each accepted command,
 * documents as they come, and what it has to say when there is somebody to say it to. Losing the control
 * plane, or a broker that no longer answers, changes nothing in the cycle.
 */
export class EdgeAgent {
  readonly #ports: AgentPorts;
  readonly #identity: AgentIdentity;
  readonly #session: Session;
  readonly #recorder: Recorder;
  readonly #refusals: Refusals;
  readonly #receipts: Receipts;
  readonly #commands: CommandDesk;
  readonly #policies: PolicyDesk;
  readonly #models: ModelDesk;
  readonly #forecaster: Forecaster;
  readonly #actuator: Actuator;
  readonly #telemetry: TelemetryFeed;
  readonly #mouth: Mouth;
  readonly #uplink: Uplink;
  readonly #budget = new VerificationBudget();
  readonly #turns = new Turns();
  readonly #outward = new Errand(
    () => this.#speak(),
    (cause) => this.#break(cause),
  );
  #policy: HeldPolicy | null;
  #state: ControlState;
  #image: ProcessImage | null = null;
  #snapshotDueMs = 0;
  #modelFault: string | null = null;
  #conflicts = '';
  #troubled = new Set<string>();
  /** Commands of an earlier boot whose effect nobody saw; resolved by the first full cycle. */
  #unresolved: string[] = [];
  /** Set where an invariant broke outside of a cycle, whom nobody awaits: the next cycle throws it. */
  #broken: { readonly cause: unknown } | null = null;

  constructor(ports: AgentPorts, identity: AgentIdentity) {
    const { clock, rng, store, logger, devices, inference } = ports;
    const { site, deployment, trust } = identity;
    this.#ports = ports;
    this.#identity = identity;
    const boot = store.transaction(() => {
      // Downtime of unknown length refills no quota.
      store.setRecentAcceptances(store.recentAcceptances().map(() => 0));
      return store.countBoot();
    });
    const session = new Session(clock, rng.stream('session').bytes(16), boot);
    const recorder = new Recorder(store, session);
    const refusals = new Refusals({ store, recorder, session, logger });
    const receipts = new Receipts(store, recorder, session);
    const pvKw = devices.ratings
      .filter((rating) => rating.kind === 'pv')
      .reduce((sum, rating) => sum + rating.dischargeMaxKw, 0);
    this.#forecaster = new Forecaster(inference, identity.ratedImportKw, pvKw);
    const parts = { site, deployment, trust, store, recorder, receipts, refusals, session, logger };
    this.#session = session;
    this.#recorder = recorder;
    this.#refusals = refusals;
    this.#receipts = receipts;
    this.#commands = new CommandDesk({ ...parts, draws: rng.stream('command-timing') });
    this.#policies = new PolicyDesk(parts);
    this.#models = new ModelDesk({ ...parts, slot: this.#forecaster.slot });
    this.#actuator = new Actuator(devices);
    this.#telemetry = new TelemetryFeed(CYCLE_MS);
    this.#mouth = new Mouth(ports, identity, session);
    this.#uplink = new Uplink({
      ...parts,
      mouth: this.#mouth,
      telemetry: this.#telemetry,
      keys: auditKeysOf(trust),
      nonces: rng.stream('time-nonce'),
    });
    this.#policy = this.#policies.held();
    this.#state = initialState(devices.ratings, this.#policy?.site ?? null);
  }

  /** Runs until aborted. @throws what broke an invariant, or a store that cannot be written */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, bus } = this.#ports;
    this.#begin();
    bus.start({
      subscriptions: topicFilters(this.#identity.deployment, this.#identity.site, 'to-agent'),
      will: () => this.#will(),
      onMessage: (message) => this.#receiveSafely(message),
      onUp: () => void this.#sayBirth(),
      onDown: (reason) => this.#ports.logger.info('link_down', { reason }),
    });
    try {
      await this.#models.restore();
      await this.#turns.take(() => this.#cycle());
      await every(clock, CYCLE_MS, signal, () => this.#turns.take(() => this.#cycle()));
    } finally {
      await this.#turns.settled();
      this.#flush();
      await bus.stop();
      await this.#outward.settled();
      await this.#forecaster.slot.close();
    }
  }

  /** First words in the log: what state this boot begins with, and what became of the last one's commands. */
  #begin(): void {
    const { store, logger } = this.#ports;
    store.transaction(() => {
      this.#recorder.append({
        actor: 'agent',
        kind: 'agent_started',
        subject: this.#identity.site,
        body: {
          boot: this.#session.boot,
          sess: this.#session.sess,
          software: this.#identity.software,
        },
      });
      this.#recorder.snapshot(this.#state);
      for (const stored of store.unfinishedCommands()) {
        const last = store.lastReceiptOf(stored.command)?.status.state ?? 'accepted';
        const begun = last !== 'accepted' && last !== 'scheduled';
        if (begun) this.#unresolved.push(stored.command);
        const state = begun ? 'unknown' : 'expired';
        this.#receipts.put(answeredOf(stored), { state }, null);
        store.putCommand({ ...stored, finished: true });
      }
      store.forgetCommands(Math.floor(this.#session.now().wallMs / 1_000));
    });
    this.#snapshotDueMs = SNAPSHOT_EVERY_MS;
    logger.info('agent_started', {
      site: this.#identity.site,
      boot: this.#session.boot,
      sess: toHex(this.#session.sess),
    });
  }

  async #cycle(): Promise<void> {
    if (this.#broken !== null) throw this.#broken.cause;
    this.#models.atCycleBoundary();
    const image = await this.#look();
    const decision = await this.#act(image, await this.#forecast(image.sessionMs));
    this.#forecaster.see(this.#state, image);
    this.#telemetry.add(image, decision, this.#state.forecast.model?.importKw ?? null);
    this.#outward.ask();
  }

  /** A command was accepted: it begins now, not with the next cycle. Samples stay a cycle apart. */
  #actAtOnce(): void {
    const turn = this.#turns.take(async () => {
      await this.#act(await this.#look(), null);
      this.#outward.ask();
    });
    turn.catch((cause: unknown) => this.#break(cause));
  }

  async #look(): Promise<ProcessImage> {
    const { devices } = this.#ports;
    const now = this.#session.now();
    return freezeImage(now, devices.ratings, await devices.readAll(READ_DEADLINE_MS));
  }

  async #act(image: ProcessImage, forecastKw: number | null): Promise<Decision> {
    const decision = this.#decide(image, forecastKw);
    await this.#actuate(decision, image);
    return decision;
  }

  /** Says what is due, at the pace of the link: no cycle waits for it. */
  async #speak(): Promise<void> {
    await this.#uplink.advance(() => this.#vitals());
    await this.#models.advance(this.#mouth, this.#session.sessionMs());
  }

  #break(cause: unknown): void {
    this.#broken ??= { cause };
  }

  /** Decides and commits in one synchronous turn: nothing is asked of a device before it is on record. */
  #decide(image: ProcessImage, forecastKw: number | null): Decision {
    const { state, decision } = decide(this.#state, image, forecastKw);
    this.#state = state;
    this.#image = image;
    const mustWrite = this.#recorder.keep(logCycle(image, forecastKw, decision));
    const snapshotDue = image.sessionMs >= this.#snapshotDueMs;
    const conflicts = decision.conflicts.join('; ');
    if (mustWrite || snapshotDue || conflicts !== this.#conflicts) {
      this.#ports.store.transaction(() => {
        this.#recorder.flush();
        this.#receipts.putEvents(decision.events, (command) =>
          state.actions.some((one) => one.command === command),
        );
        if (conflicts !== this.#conflicts) this.#note('limits_conflict', { conflicts });
        if (snapshotDue) this.#recorder.snapshot(state);
      });
    }
    this.#conflicts = conflicts;
    if (snapshotDue) this.#snapshotDueMs = image.sessionMs + SNAPSHOT_EVERY_MS;
    return decision;
  }

  async #actuate(decision: Decision, image: ProcessImage): Promise<void> {
    const policy = this.#state.policy;
    if (policy === null) return;
    const troubles = await this.#actuator.apply(decision, image, policy);
    const now = new Set(troubles.map(({ asset, kind }) => `${asset} ${kind}`));
    const fresh = troubles.filter(({ asset, kind }) => !this.#troubled.has(`${asset} ${kind}`));
    this.#troubled = now;
    const resolved = troubles.length === 0 ? this.#unresolved.splice(0) : [];
    if (fresh.length === 0 && resolved.length === 0) return;
    const { store, logger } = this.#ports;
    store.transaction(() => {
      for (const { asset, kind, detail } of fresh) {
        this.#note(kind, { detail }, asset);
        logger.warn(kind, { asset, detail });
      }
      // The plant was read and told what holds now: what was unknown has been reverted.
      for (const command of resolved) {
        const stored = store.command(command);
        if (stored !== undefined)
          this.#receipts.put(answeredOf(stored), { state: 'reverted' }, null);
      }
    });
  }

  async #forecast(sessionMs: number): Promise<number | null> {
    const result = await this.#forecaster.forecast(sessionMs);
    if (result === null) return null;
    const fault = result.ok ? null : result.reason;
    if (fault !== this.#modelFault) {
      this.#modelFault = fault;
      const body = result.ok ? { recovered: true } : { fault, detail: result.detail.slice(0, 200) };
      this.#ports.store.transaction(() => this.#note('model_fault', body));
      this.#ports.logger.warn('model_fault', { fault });
    }
    return result.ok ? result.value : null;
  }

  #note(kind: string, body: Record<string, string | number | boolean | null>, subject = ''): void {
    this.#recorder.append({ actor: 'agent', kind, subject, body });
  }

  #flush(): void {
    this.#ports.store.transaction(() => this.#recorder.flush());
  }

  #vitals(): Vitals {
    return {
      trust: this.#identity.trust.document.version,
      policy: this.#policy?.policy.version ?? 0,
      model: this.#models.running(),
      mode: modeOf(this.#state),
      refused: this.#refusals.counts(),
    };
  }

  #will() {
    const body = { boot: this.#session.boot };
    return { ...this.#mouth.seal(KINDS.death, body), qos: 1 as const };
  }

  async #sayBirth(): Promise<void> {
    const { store, logger } = this.#ports;
    logger.info('link_up');
    const { audit } = store;
    const { epoch, seq } = store.replayState();
    const { sessionMs, clock } = this.#session.now();
    const { trust, policy, model } = this.#vitals();
    const birth = {
      boot: this.#session.boot,
      sessionMs,
      epochSeen: epoch,
      seqSeen: seq,
      software: this.#identity.software,
      trust,
      policy,
      model,
      audit: { size: audit.size, root: audit.root() },
      receipted: audit.receiptedSize,
      clock,
    };
    if (await this.#mouth.say(KINDS.birth, birth, 1)) this.#uplink.restart();
  }

  /** A handler must not throw into the bus: what breaks here stops the next cycle instead. */
  #receiveSafely(message: BusMessage): void {
    try {
      this.#receive(message);
    } catch (thrown) {
      this.#break(thrown);
    }
  }

  #receive(message: BusMessage): void {
    const { deployment, site, trust } = this.#identity;
    const kind = kindOf(message.topic, deployment, site);
    switch (kind) {
      case 'command': {
        const before = this.#state;
        const policy = this.#policy?.policy ?? null;
        const view = { site, trust, policy, state: before, image: this.#image };
        this.#state = this.#commands.receive(message, view);
        if (this.#state !== before) this.#actAtOnce();
        return;
      }
      // The trust file given at provisioning stands; what only the next version would change is not read.
      case 'desired/trust':
      case 'desired/freshness':
        return;
      case 'desired/policy':
        if (this.#mayVerify(message)) this.#receivePolicy(message);
        return;
      case 'desired/model':
        if (this.#mayVerify(message)) this.#models.receiveDesired(message);
        return;
      case 'block/have':
        this.#models.receiveBlock(message);
        return;
      case 'audit-receipt':
        if (this.#mayVerify(message)) this.#receiveAuditReceipt(message);
        return;
      case 'presence':
        this.#receivePresence(message);
        return;
      case 'time/tell':
        this.#receiveTime(message);
        return;
      default:
        this.#refusals.count('topic_wrong');
    }
  }

  #receivePolicy(message: BusMessage): void {
    const held = this.#policies.receive(message);
    if (held === null) return;
    this.#policy = held;
    this.#state = { ...this.#state, policy: held.site };
  }

  #receiveAuditReceipt({ topic, payload }: BusMessage): void {
    const refused = this.#uplink.receivedAuditReceipt(payload);
    if (refused === null) return;
    const facts = { finding: refused.code, reason: refused.message.slice(0, 200) };
    this.#refusals.note('audit_receipt_refused', topic, { facts });
  }

  #receivePresence(message: BusMessage): void {
    const opened = this.#open(KINDS.presence, message);
    if (opened === null) return;
    const { epoch = 0, iat = 0 } = opened.claims;
    if (!this.#uplink.heardPresence({ epoch, iatS: iat }))
      this.#refusals.count('presence_replayed');
  }

  /** What is not opened as an addressed message has its verifications counted here. */
  #mayVerify({ topic }: BusMessage): boolean {
    if (this.#budget.spend(topic, this.#session.sessionMs())) return true;
    this.#refusals.note('budget_spent', topic, { step: 7, facts: { topic } });
    return false;
  }

  #receiveTime(message: BusMessage): void {
    const opened = this.#open(KINDS.timeTell, message);
    if (opened === null) return;
    const { store } = this.#ports;
    const { nonce, wallMs } = opened.body;
    const before = this.#session.now().clock;
    if (!this.#session.tellTime(nonce, wallMs, store.highWaterWallMs())) {
      this.#refusals.count('time_refused');
      return;
    }
    store.transaction(() => {
      store.setHighWaterWallMs(wallMs);
      if (before !== 'trusted') this.#note('clock_attested', { before });
    });
  }

  /** Opens an addressed message; a refusal is counted, and on record once a minute. */
  #open<Body>(kind: Kind<Body>, message: BusMessage): Opened<Body> | null {
    const { sessionMs, wallMs, clock } = this.#session.now();
    try {
      return openAddressed(kind, message, {
        trust: this.#identity.trust,
        site: this.#identity.site,
        sess: this.#session.sess,
        budget: this.#budget,
        nowMs: sessionMs,
        wallS: clock === 'untrusted' ? null : Math.floor(wallMs / 1_000),
      });
    } catch (thrown) {
      if (!(thrown instanceof VerifyError)) throw thrown;
      this.#refusals.refuse(thrown, message.topic);
      return null;
    }
  }
}

/** Which kind a topic carries, if it is one of this agent's own. */
function kindOf(topic: string, deployment: string, site: string): TopicKind | null {
  try {
    const parsed = parseTopic(topic);
    return topic === printTopic({ deployment, site, kind: parsed.kind }) ? parsed.kind : null;
  } catch {
    return null;
  }
}
