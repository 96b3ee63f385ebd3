import { auditKeysOf } from '@tieline/audit';
import type { BusMessage } from '@tieline/bus';
import { clipText, every, HOUR_MS, toHex } from '@tieline/kernel';
import { KINDS, topicFilters } from '@tieline/protocol';
import { StoreError } from '../ports/store.ts';
import { Actuator } from './actuator.ts';
import type { AgentIdentity, AgentPorts } from './agent-context.ts';
import { CommandDesk } from './desks/command-desk.ts';
import { Inbox } from './desks/inbox.ts';
import { ModelDesk } from './desks/model-desk.ts';
import { type HeldPolicy, PolicyDesk } from './desks/policy-desk.ts';
import { REMEMBERED_S, Receipts } from './desks/receipts.ts';
import { Refusals } from './desks/refusals.ts';
import { Forecaster } from './forecaster.ts';
import { type CommandEvent, modeOf } from './law/active-actions.ts';
import { type ControlState, initialState } from './law/control-state.ts';
import { type Decision, decide } from './law/decide.ts';
import { freezeImage, type ProcessImage } from './law/process-image.ts';
import { birthOf } from './link/birth.ts';
import { Mouth } from './link/mouth.ts';
import { TelemetryFeed } from './link/telemetry.ts';
import { Uplink, type Vitals } from './link/uplink.ts';
import { logCycle } from './log/cycle-log.ts';
import { Recorder } from './log/recorder.ts';
import { Session } from './session.ts';
import { Conditions } from './standing.ts';
import { Troubles } from './troubles.ts';
import { Errand, Turns } from './turns.ts';
import { Unread } from './unread.ts';
import { Unresolved } from './unresolved.ts';

/** One control cycle. */
export const CYCLE_MS = 1_000;
/** Devices have this long to answer within a cycle. */
const READ_DEADLINE_MS = 400;
const SNAPSHOT_EVERY_MS = HOUR_MS;
/** Rungs of commands that wait for a disk that takes nothing. */
const EVENTS_WAITING = 1_024;
/** A disk that takes nothing is spoken of once in this time. */
const SAY_AGAIN_MS = 60_000;

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
  readonly #unresolved: Unresolved;
  readonly #commands: CommandDesk;
  readonly #policies: PolicyDesk;
  readonly #models: ModelDesk;
  readonly #forecaster: Forecaster;
  readonly #actuator: Actuator;
  readonly #telemetry: TelemetryFeed;
  readonly #mouth: Mouth;
  readonly #uplink: Uplink;
  readonly #inbox: Inbox;
  readonly #turns = new Turns();
  readonly #unread: Unread;
  readonly #conditions = new Conditions();
  readonly #troubles = new Troubles();
  readonly #outward = new Errand(
    () => this.#speak(),
    (cause) => this.#break(cause),
  );
  #policy: HeldPolicy | null;
  #state: ControlState;
  #image: ProcessImage | null = null;
  #snapshotDueMs = 0;
  #modelFault: string | null = null;
  /** What happened to commands and is not on record yet. */
  #unsaid: readonly CommandEvent[] = [];
  #unwritableSaidMs = -SAY_AGAIN_MS;
  /** Set where an invariant broke outside of a cycle, whom nobody awaits: the next cycle throws it. */
  #broken: { readonly cause: unknown } | null = null;

  constructor(ports: AgentPorts, identity: AgentIdentity) {
    const { clock, rng, store, logger, devices, inference } = ports;
    const { site, deployment, trust } = identity;
    this.#ports = ports;
    this.#identity = identity;
    const session = new Session(clock, rng.stream('session').bytes(16), store.boots() + 1);
    const recorder = new Recorder(store, session, () => this.#state);
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
    this.#unresolved = new Unresolved(store, receipts, devices.ratings);
    this.#commands = new CommandDesk({ ...parts, draws: rng.stream('command-timing') });
    this.#policies = new PolicyDesk(parts);
    this.#models = new ModelDesk({ ...parts, slot: this.#forecaster.slot });
    this.#actuator = new Actuator(devices);
    this.#unread = new Unread(devices.ratings);
    this.#telemetry = new TelemetryFeed(CYCLE_MS);
    this.#mouth = new Mouth(ports, identity, session);
    this.#uplink = new Uplink({
      ...parts,
      mouth: this.#mouth,
      telemetry: this.#telemetry,
      keys: auditKeysOf(trust),
      nonces: rng.stream('time-nonce'),
    });
    this.#inbox = new Inbox({
      ...parts,
      identity,
      models: this.#models,
      uplink: this.#uplink,
      command: (message) => this.#receiveCommand(message),
      policy: (message) => this.#receivePolicy(message),
      unwritable: (error) => this.#unwritable(error),
      failed: (cause) => this.#break(cause),
    });
    this.#policy = this.#policies.held();
    this.#state = initialState(devices.ratings, this.#policy?.site ?? null);
  }

  /** Runs until aborted. @throws what broke an invariant */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, bus } = this.#ports;
    this.#guard(() => this.#begin());
    bus.start({
      subscriptions: topicFilters(this.#identity.deployment, this.#identity.site, 'to-agent'),
      will: () => this.#will(),
      onMessage: (message) => this.#inbox.take(message),
      onUp: () => {
        this.#sayBirth().catch((cause: unknown) => this.#break(cause));
      },
      onDown: (reason) => this.#ports.logger.info('link_down', { reason }),
    });
    try {
      this.#models.restore();
      await this.#turns.take(() => this.#cycle());
      this.#ports.logger.info('first_cycle');
      await every(clock, CYCLE_MS, signal, () => this.#turns.take(() => this.#cycle()));
    } finally {
      await this.#turns.settled();
      this.#write(() => this.#recorder.flush());
      await bus.stop();
      await this.#outward.settled();
      await this.#models.settled();
      await this.#forecaster.slot.close();
    }
  }

  /**
   * First words in the log: what state this boot begins with, and what became of the last one's commands. On a
   * disk that takes nothing control begins without them, and no command is accepted before they are written.
   */
  #begin(): void {
    const { store, logger } = this.#ports;
    const { boot, sess } = this.#session;
    const { site, software } = this.#identity;
    this.#snapshotDueMs = SNAPSHOT_EVERY_MS;
    logger.info('agent_started', { site, boot, sess: toHex(sess) });
    this.#recorder.begin(this.#state, () => {
      store.setBoots(boot);
      // Downtime of unknown length refills no quota.
      store.setRecentAcceptances(store.recentAcceptances().map(() => 0));
      const body = { boot, sess, software };
      this.#recorder.append({ actor: 'agent', kind: 'agent_started', subject: site, body });
      this.#unresolved.begin();
    });
  }

  async #cycle(): Promise<void> {
    if (this.#broken !== null) throw this.#broken.cause;
    this.#guard(() => this.#models.atCycleBoundary());
    this.#inbox.takeAgain();
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
    try {
      await this.#uplink.advance(() => this.#vitals());
      await this.#models.advance(this.#mouth, this.#session.sessionMs());
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) throw thrown;
      this.#unwritable(thrown);
    }
  }

  /** Commits, or says that the disk took nothing: control goes on without it, and what waits is tried again. */
  #write(work: () => void): boolean {
    return this.#guard(() => this.#recorder.commit(work));
  }

  #guard(work: () => void): boolean {
    try {
      work();
      return true;
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) throw thrown;
      this.#unwritable(thrown);
      return false;
    }
  }

  #unwritable({ failure }: StoreError): void {
    this.#refusals.count(failure.code);
    const nowMs = this.#session.sessionMs();
    if (nowMs < this.#unwritableSaidMs + SAY_AGAIN_MS) return;
    this.#unwritableSaidMs = nowMs;
    this.#ports.logger.error(failure.code, { reason: failure.reason });
  }

  #break(cause: unknown): void {
    this.#broken ??= { cause };
  }

  /** Decides and commits in one synchronous turn: nothing is asked of a device before it is on record. */
  #decide(image: ProcessImage, forecastKw: number | null): Decision {
    const { state, decision, believed } = decide(this.#state, image, forecastKw);
    this.#unresolved.take(decision.events, this.#state.actions);
    this.#state = state;
    this.#image = believed;
    const mustWrite = this.#recorder.keep(logCycle(image, forecastKw, decision));
    const snapshotDue = image.sessionMs >= this.#snapshotDueMs;
    const { conflicts, doubts } = decision;
    const present = { conflicts, doubts, unread: this.#unread.look(image) };
    const news = this.#conditions.news(present, image.sessionMs);
    const events = [...this.#unsaid, ...decision.events];
    const more = snapshotDue || events.length > 0 || news.length > 0;
    if (!mustWrite && !more) return decision;
    const written = this.#write(() => {
      this.#recorder.flush();
      this.#receipts.putEvents(events, (command) => this.#isOpen(command));
      for (const { kind, body } of news) this.#note(kind, body);
      if (snapshotDue) this.#snapshot(state, image);
    });
    this.#unsaid = written ? [] : events.slice(-EVENTS_WAITING);
    if (!written) return decision;
    for (const one of news) {
      this.#conditions.tell(one);
      this.#ports.logger.warn(one.kind, one.body);
    }
    if (snapshotDue) this.#snapshotDueMs = image.sessionMs + SNAPSHOT_EVERY_MS;
    return decision;
  }

  #isActive(command: string): boolean {
    return this.#state.actions.some((one) => one.command === command);
  }

  #isOpen(command: string): boolean {
    return this.#isActive(command) || this.#unresolved.has(command);
  }

  #snapshot(state: ControlState, image: ProcessImage): void {
    this.#recorder.snapshot(state);
    // A clock that nobody attested might say that everything is long over, now as when a command was accepted.
    if (image.clock !== 'trusted') return;
    const nowS = Math.floor(image.wallMs / 1_000);
    this.#ports.store.dateCommands(nowS + REMEMBERED_S);
    this.#ports.store.forgetCommands(nowS);
  }

  async #actuate(decision: Decision, image: ProcessImage): Promise<void> {
    const policy = this.#state.policy;
    if (policy === null) return;
    const readBack = this.#actuator.readBack(image);
    const troubles = await this.#actuator.apply(decision, image, policy);
    const fresh = this.#troubles.fresh(troubles);
    // Rungs stay in order: none goes on record before those that wait for the disk.
    const resolved = this.#unsaid.length > 0 ? [] : this.#unresolved.see(readBack);
    for (const { asset, kind, detail } of fresh) this.#ports.logger.warn(kind, { asset, detail });
    const written =
      (fresh.length === 0 && resolved.length === 0) ||
      this.#write(() => {
        for (const { asset, kind, detail } of fresh) this.#note(kind, { detail }, asset);
        this.#unresolved.resolve(resolved, (command) => this.#isActive(command));
      });
    if (!written) return;
    this.#troubles.tell(troubles, image.sessionMs);
    this.#unresolved.done(resolved);
  }

  async #forecast(sessionMs: number): Promise<number | null> {
    const result = await this.#forecaster.forecast(sessionMs);
    if (result === null) return null;
    const fault = result.ok ? null : result.reason;
    if (fault !== this.#modelFault) {
      const kind = result.ok ? 'model_recovered' : 'model_fault';
      const body = result.ok ? {} : { fault, detail: clipText(result.detail, 200) };
      this.#ports.logger.warn(kind, { fault });
      if (this.#write(() => this.#note(kind, body))) this.#modelFault = fault;
    }
    return result.ok ? result.value : null;
  }

  #note(kind: string, body: Record<string, string | number | boolean | null>, subject = ''): void {
    this.#recorder.append({ actor: 'agent', kind, subject, body });
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
    const birth = birthOf(store, this.#session, this.#identity.software, this.#vitals());
    if (await this.#mouth.say(KINDS.birth, birth, 1)) this.#uplink.restart();
  }

  #receiveCommand(message: BusMessage): void {
    const { site, trust } = this.#identity;
    const before = this.#state;
    const policy = this.#policy?.policy ?? null;
    const view = { site, trust, policy, state: before, image: this.#image };
    this.#state = this.#commands.receive(message, view);
    if (this.#state !== before) this.#actAtOnce();
  }

  #receivePolicy(message: BusMessage): void {
    const held = this.#policies.receive(message);
    if (held === null) return;
    this.#policy = held;
    this.#state = { ...this.#state, policy: held.site };
  }
}
