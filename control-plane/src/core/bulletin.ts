import type { MessageBus } from '@tieline/bus';
import type { AuditVault } from '../ports/audit-vault.ts';
import type { AgentRegistry } from './agent-registry.ts';
import { type AgentState, type Now, presentSession } from './agent-state.ts';
import { FRESHNESS_MS, PRESENCE_MS } from './bounds.ts';
import type { Models } from './models.ts';
import type { Outbox } from './outbox.ts';
import type { Policies } from './policies.ts';
import type { Term } from './term.ts';

export interface BulletinPorts {
  readonly bus: MessageBus;
  readonly now: () => Now;
  readonly outbox: Outbox;
  readonly agents: AgentRegistry;
  readonly audit: AuditVault;
  readonly policies: Policies;
  readonly models: Models;
  readonly term: Term;
  readonly trustVersion: number;
}

/** What agents are told unasked: the documents in force, that the control plane is alive, its receipts. */
export class Bulletin {
  readonly #ports: BulletinPorts;
  #presenceDueMs = -Infinity;
  #freshnessDueMs = -Infinity;

  constructor(ports: BulletinPorts) {
    this.#ports = ports;
  }

  /** A new connection: the broker may have lost what it kept for others. */
  publishAll(): void {
    const { outbox, models } = this.#ports;
    for (const site of this.#sites()) {
      const desired = models.desired(site);
      if (desired !== null) outbox.desired(site, 'model', desired.document);
    }
    this.publishPolicy();
    this.#presenceDueMs = -Infinity;
    this.tick();
  }

  publishPolicy(): void {
    const { policies, bus, outbox } = this.#ports;
    const held = policies.held;
    if (held === null || !bus.isUp) return;
    for (const site of this.#sites()) outbox.desired(site, 'policy', held.partOf(site));
    this.#publishFreshness();
  }

  tick(): void {
    if (!this.#ports.bus.isUp) return;
    const { monotonicMs } = this.#ports.now();
    if (monotonicMs >= this.#presenceDueMs) {
      this.#presenceDueMs = monotonicMs + PRESENCE_MS;
      for (const state of this.#ports.agents.all()) this.#presence(state);
    }
    if (monotonicMs >= this.#freshnessDueMs) this.#publishFreshness();
  }

  /** A session has begun, or the agent has connected again: what it may have missed. */
  greet(state: AgentState): void {
    const { audit, outbox } = this.#ports;
    this.#presence(state);
    const receipt = audit.lastReceipt(state.site);
    // A quarantined log contradicts its receipt: sending it would only be refused.
    if (receipt !== null && state.quarantine === null) outbox.auditReceipt(state.site, receipt);
  }

  #presence(state: AgentState): void {
    const { outbox, term } = this.#ports;
    const sess = presentSession(state)?.sess;
    if (sess !== undefined) outbox.presence(state.site, sess, term.epoch);
  }

  #publishFreshness(): void {
    const { now, outbox, policies, trustVersion: trust } = this.#ports;
    const policy = policies.held?.policy.version ?? 0;
    outbox.freshness(this.#sites(), { trust, policy });
    this.#freshnessDueMs = now().monotonicMs + FRESHNESS_MS;
  }

  #sites(): readonly string[] {
    return this.#ports.agents.all().map((state) => state.site);
  }
}
