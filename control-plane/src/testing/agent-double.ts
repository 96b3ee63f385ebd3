import { AuditLog, auditKeysOf, openDatabase } from '@tieline/audit';
import type { BusPublication } from '@tieline/bus';
import { type Clock, toHex } from '@tieline/kernel';
import {
  type AuditUpload,
  type Birth,
  type CommandOutcome,
  type Heartbeat,
  type HeldKey,
  KINDS,
  type Kind,
  type Policy,
  REPLAY_START,
  type Receipt,
  type ReplayState,
  type StoredCommand,
  sealAddressed,
  type Telemetry,
  VerificationBudget,
  verifyCommand,
} from '@tieline/protocol';
import { agentKeys, policyOf, trust } from './deployment.ts';

type Accepted = Extract<CommandOutcome, { outcome: 'new' }>;

/**
 * An agent as far as the wire shows it: real signatures, the real verifier of commands, a real audit log,
 * and no plant. The test says what it reports.
 */
export class AgentDouble {
  readonly site: string;
  readonly key: HeldKey;
  policy: Policy = policyOf(1);
  model: Uint8Array | null = null;
  boot = 0;
  sess: Uint8Array = new Uint8Array(16);
  counter = 0;
  audit: AuditLog;
  #deliver: (message: { topic: string; payload: Uint8Array }) => void;
  readonly #clock: Clock;
  readonly #stored = new Map<string, StoredCommand>();
  #replay: ReplayState = REPLAY_START;
  #bornMs = 0;
  #heartbeats = 0;
  #disks = 0;

  constructor(
    site: string,
    clock: Clock,
    deliver: (message: { topic: string; payload: Uint8Array }) => void,
  ) {
    this.site = site;
    this.#deliver = deliver;
    this.#clock = clock;
    const key = agentKeys[site];
    if (key === undefined) throw new Error(`no key of ${site}`);
    this.key = key;
    this.audit = auditLogOf(site, key);
  }

  /** The same key on an empty disk. */
  getsNewDisk(): void {
    this.audit = auditLogOf(this.site, this.key);
    [this.boot, this.counter] = [0, 0];
    this.#replay = REPLAY_START;
    this.#stored.clear();
    this.#disks += 1;
  }

  /** Another process is behind the broker from now on. */
  speaksTo(deliver: (message: { topic: string; payload: Uint8Array }) => void): void {
    this.#deliver = deliver;
  }

  sessionMs(): number {
    return Math.floor(this.#clock.monotonicMs() - this.#bornMs) + this.#heartbeats;
  }

  /** A new boot, and its first word. */
  boots(change: Partial<Birth> = {}): { topic: string; payload: Uint8Array } {
    this.boot += 1;
    const nr = this.boot + this.#disks * 16;
    this.sess = new Uint8Array(16).fill(nr + this.site.charCodeAt(5) * 7);
    this.#bornMs = this.#clock.monotonicMs();
    this.#heartbeats = 0;
    return this.born(change);
  }

  born(change: Partial<Birth> = {}): { topic: string; payload: Uint8Array } {
    this.#heartbeats += 1;
    return this.send(KINDS.birth, {
      boot: this.boot,
      sessionMs: this.sessionMs(),
      epochSeen: this.#replay.epoch,
      seqSeen: this.#replay.seq,
      software: 'double/1',
      ...this.#held(),
      receipted: this.audit.receiptedSize,
      ...change,
    });
  }

  beats(change: Partial<Heartbeat> = {}): { topic: string; payload: Uint8Array } {
    this.#heartbeats += 1;
    const { size, receiptedSize } = this.audit;
    return this.send(KINDS.heartbeat, {
      sessionMs: this.sessionMs(),
      wallMs: this.#clock.wallMs(),
      ...this.#held(),
      mode: 'automatic',
      control: 'present',
      buffered: { receipts: 0, auditRecords: size - receiptedSize, telemetryPoints: 0 },
      refused: {},
      ...change,
    });
  }

  dies(): { topic: string; payload: Uint8Array } {
    return this.send(KINDS.death, { boot: this.boot });
  }

  /** Judges what the control plane has sent, as an agent does. */
  hears(publication: Pick<BusPublication, 'topic' | 'payload'>): CommandOutcome {
    const arrival = { ...publication, retained: false };
    const sessionMs = this.sessionMs();
    const wallS = Math.floor(this.#clock.wallMs() / 1_000);
    const battery = { asset: 'battery-1', kind: 'battery', activePowerKw: 0 } as const;
    const outcome = verifyCommand(
      arrival,
      trust,
      {
        site: this.site,
        sess: this.sess,
        budget: new VerificationBudget(),
        storedCommand: (id) => this.#stored.get(toHex(id)) ?? null,
        replay: this.#replay,
        policy: this.policy,
        assets: [
          { ...battery, dischargeMaxKw: 250, chargeMaxKw: 250, stateOfCharge: 0.5, local: false },
        ],
        siteImportKw: 100,
        topology: null,
        limits: [],
        activeActions: [],
        acceptedLastHour: 0,
      },
      { sessionMs, wallS },
    );
    if (outcome.outcome === 'new') {
      this.#replay = outcome.replay;
      this.#stored.set(toHex(outcome.command.id), outcome.stored);
    }
    return outcome;
  }

  /** Signs a receipt for what it heard; delivered unless the test keeps it back. */
  answers(
    { offer }: Pick<Accepted, 'offer'>,
    status: Receipt['status'],
    change: Partial<Receipt> = {},
    deliver = true,
  ): { topic: string; payload: Uint8Array } {
    this.counter += 1;
    const body: Receipt = {
      command: offer.commandId,
      cti: offer.cti,
      messageDigest: offer.messageDigest,
      counter: this.counter,
      auditIndex: this.counter,
      status,
      atSessionMs: this.sessionMs(),
      wallMs: this.#clock.wallMs(),
      clock: 'trusted',
      ...change,
    };
    return this.send(KINDS.receipt, body, deliver);
  }

  measures(batch: Telemetry): { topic: string; payload: Uint8Array } {
    return this.send(KINDS.telemetry, batch);
  }

  /** Writes records that say nothing. */
  notes(count: number, subject = 'a note', body = {}): void {
    for (let nr = 0; nr < count; nr += 1) {
      this.audit.append({
        ...{ wallMs: 1, monotonicMs: 1, clock: 'trusted' as const, actor: 'double', kind: 'note' },
        ...{ subject, body, digests: {} },
      });
    }
  }

  /** Takes a receipt for its audit log. */
  believes(receipt: Uint8Array): void {
    this.audit.acceptReceipt(receipt, auditKeysOf(trust));
  }

  uploads(upload: AuditUpload): { topic: string; payload: Uint8Array } {
    return this.send(KINDS.audit, upload);
  }

  send<Body>(kind: Kind<Body>, body: Body, deliver = true) {
    const { site, key, sess } = this;
    const cti = new Uint8Array(16).fill(this.counter);
    const claims = kind.claims.includes('cti') ? { sess, cti } : { sess };
    const iat = Math.floor(this.#clock.wallMs() / 1_000);
    const sender = { anchor: trust.anchor, deployment: 'test', site, key };
    const message = sealAddressed(kind, body, sender, { ...claims, iat });
    if (deliver) this.#deliver(message);
    return message;
  }

  #held() {
    const { size } = this.audit;
    return {
      trust: 1,
      policy: this.policy.version,
      model: this.model,
      audit: { size, root: this.audit.root() },
      clock: 'trusted' as const,
    };
  }
}

export function auditLogOf(site: string, key: HeldKey): AuditLog {
  const db = openDatabase(':memory:', { synchronous: 'FULL' });
  return new AuditLog({ db, identity: { anchor: trust.anchor, deployment: 'test', site }, key });
}
