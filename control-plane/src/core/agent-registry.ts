import { assert, fromHex } from '@tieline/kernel';
import type { ControlStore } from '../ports/control-store.ts';
import {
  type AgentChange,
  type AgentState,
  type AuditJudge,
  agentFrom,
  type Beaten,
  type Birthed,
  type Now,
  onBirth,
  onDeath,
  onHeartbeat,
  onNewDisk,
  onTick,
  presentSession,
  type QuarantineReason,
  quarantined,
  recordOf,
  type Step,
  sessionNowMs,
} from './agent-state.ts';
import { ControlError } from './failure.ts';
import type { Upkeep } from './upkeep.ts';

export interface RegistryPorts {
  readonly store: ControlStore;
  readonly now: () => Now;
  readonly judge: (site: string) => AuditJudge;
  /** Keeps the site's audit log as it is, so that its next upload begins another. */
  readonly closeLog: (site: string) => void;
  /** Called after the change is in force. */
  readonly changed: (state: AgentState, change: AgentChange) => void;
  readonly upkeep: Upkeep;
}

/** The agents of the configured sites: what is known of each, in memory and in the store. */
export class AgentRegistry {
  readonly #ports: RegistryPorts;
  readonly #agents = new Map<string, AgentState>();
  /** Sites of which the store has refused to take something. */
  readonly #unsaved = new Set<string>();

  constructor(ports: RegistryPorts, sites: readonly string[]) {
    this.#ports = ports;
    const records = new Map(ports.store.agents().map((record) => [record.site, record]));
    const now = ports.now();
    for (const site of sites) {
      this.#agents.set(site, agentFrom(records.get(site) ?? null, site, now));
    }
  }

  has(site: string): boolean {
    return this.#agents.has(site);
  }

  /** @throws {ControlError} site_unknown */
  get(site: string): AgentState {
    const state = this.#agents.get(site);
    if (state === undefined) throw new ControlError({ code: 'site_unknown', site });
    return state;
  }

  all(): readonly AgentState[] {
    return [...this.#agents.values()];
  }

  /** The session that may be offered commands now; null while the agent is away or quarantined. */
  openSession(site: string): string | null {
    const state = this.get(site);
    if (state.link !== 'present' || state.quarantine !== null) return null;
    return presentSession(state)?.sess ?? null;
  }

  sessionNowMs(site: string): number | null {
    return sessionNowMs(this.get(site), this.#ports.now());
  }

  birth(site: string, birthed: Birthed): void {
    const { judge, now } = this.#ports;
    this.#apply(onBirth(this.get(site), birthed, judge(site), now()));
  }

  heartbeat(site: string, beaten: Beaten): void {
    const { judge, now } = this.#ports;
    this.#apply(onHeartbeat(this.get(site), beaten, judge(site), now()));
  }

  death(site: string, sess: string): void {
    this.#apply(onDeath(this.get(site), sess));
  }

  tick(): void {
    const now = this.#ports.now();
    for (const state of this.#agents.values()) {
      const step = onTick(state, now);
      if (step.changes.length > 0) this.#apply(step);
    }
  }

  /** Until a person releases it the site gets no commands. One that is quarantined already stays so. */
  quarantine(site: string, reason: QuarantineReason): void {
    this.#apply(quarantined(this.get(site), reason, this.#ports.now()));
  }

  /**
   * Lets a site have commands again. One that begins its audit log anew gets a new one here as well, and counts
   * its boots and receipts anew; what is held of the one before stays as it is.
   * @throws {ControlError} site_unknown | agent_not_quarantined | log_not_new
   */
  release(site: string): void {
    const state = this.get(site);
    if (state.quarantine === null) throw new ControlError({ code: 'agent_not_quarantined', site });
    const { receipted } = state;
    // Not by its size: a new log that has outgrown the one held here contradicts nothing before its upload.
    const isNew = receipted === 0;
    if (receipted === null || (!isNew && this.#contradicts(state))) {
      throw new ControlError({ code: 'log_not_new', site, receipted });
    }
    const kept = isNew ? this.#beginAnew(state) : state;
    const released = { ...kept, quarantine: null };
    // A person is told that it was done: it is stored before anything follows from it.
    this.#ports.store.saveAgent(recordOf(released));
    this.#apply({ state: released, changes: [{ type: 'released' }] });
  }

  /** Whether the log that the agent holds now is another than the one held here. */
  #contradicts({ site, reported }: AgentState): boolean {
    const root = fromHex(reported?.audit.root ?? '');
    if (reported === null || root === null) return false;
    return this.#ports.judge(site)({ size: reported.audit.size, root }) !== null;
  }

  #beginAnew(state: AgentState): AgentState {
    const renewed = onNewDisk(state);
    // In this order: ended in between, the site is still quarantined, and is released once more.
    this.#ports.store.saveAgent(recordOf(renewed));
    this.#agents.set(state.site, renewed);
    this.#ports.closeLog(state.site);
    return renewed;
  }

  /** Keeps how far each session has come, so that replays stand still after a restart as well. */
  saveAll(): void {
    const { store } = this.#ports;
    store.transaction(() => {
      for (const state of this.#agents.values()) store.saveAgent(recordOf(state));
    });
    this.#unsaved.clear();
  }

  get allSaved(): boolean {
    return this.#unsaved.size === 0;
  }

  #apply({ state, changes }: Step): void {
    assert(this.#agents.has(state.site), 'an agent stays at its site');
    this.#agents.set(state.site, state);
    if (changes.some(({ type }) => type !== 'ignored' && type !== 'model')) {
      // Who is lost is shown as lost, whatever the disk says; it is written down once that is possible.
      this.#unsaved.add(state.site);
      this.#ports.upkeep.attempt('registry', state.site, () => {
        this.#ports.store.saveAgent(recordOf(state));
        this.#unsaved.delete(state.site);
      });
    }
    for (const change of changes) this.#ports.changed(state, change);
  }
}
