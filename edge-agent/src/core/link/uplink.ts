import { AuditError, type AuditKeys } from '@tieline/audit';
import type { RandomStream } from '@tieline/kernel';
import { type ClockState, type Heartbeat, KINDS } from '@tieline/protocol';
import type { AgentStore } from '../../ports/store.ts';
import type { Receipts } from '../desks/receipts.ts';
import type { Recorder } from '../log/recorder.ts';
import type { Session } from '../session.ts';
import type { Mouth } from './mouth.ts';
import type { TelemetryFeed } from './telemetry.ts';

const HEARTBEAT_MS = 10_000;
/** A control plane that has not been heard of for this long counts as silent. */
const PRESENCE_MS = 30_000;
const ASK_TIME_MS = 600_000;
/** Unanswered, the time is asked for again after this long. */
const ASK_TIME_AGAIN_MS = 10_000;
/** An upload whose receipt has not come by then is sent again. */
const AUDIT_AGAIN_MS = 15_000;
const AUDIT_BYTES_MAX = 163_840;
/** Receipted records are dropped from the gateway above this many. */
const RECORDS_KEPT = 100_000;

/** What a heartbeat says beyond what the uplink knows by itself. */
export type Vitals = Pick<Heartbeat, 'trust' | 'policy' | 'model' | 'mode' | 'refused'>;

/** What leaves the agent, each at its own pace; nothing here ever holds up a control cycle. */
export class Uplink {
  readonly #store: AgentStore;
  readonly #session: Session;
  readonly #recorder: Recorder;
  readonly #mouth: Mouth;
  readonly #receipts: Receipts;
  readonly #telemetry: TelemetryFeed;
  readonly #keys: AuditKeys;
  readonly #nonces: RandomStream;
  /** Of the last heartbeat; null before the first. */
  #toldClock: ClockState | null = null;
  #heartbeatDueMs = 0;
  #timeDueMs = 0;
  #auditDueMs = 0;
  /** What the recorder had written when the last upload left nothing over; −1 = there may be more. */
  #auditedUpTo = -1;
  /** A receipt has come since the last look for records that it covers. */
  #mayPrune = true;
  #presence: { readonly epoch: number; readonly iatS: number; readonly atMs: number } | null = null;

  constructor(parts: {
    readonly store: AgentStore;
    readonly session: Session;
    readonly recorder: Recorder;
    readonly mouth: Mouth;
    readonly receipts: Receipts;
    readonly telemetry: TelemetryFeed;
    readonly keys: AuditKeys;
    readonly nonces: RandomStream;
  }) {
    this.#store = parts.store;
    this.#session = parts.session;
    this.#recorder = parts.recorder;
    this.#mouth = parts.mouth;
    this.#receipts = parts.receipts;
    this.#telemetry = parts.telemetry;
    this.#keys = parts.keys;
    this.#nonces = parts.nonces;
  }

  /** After a birth everything that was not answered is said again. */
  restart(): void {
    this.#heartbeatDueMs = 0;
    this.#timeDueMs = 0;
    this.#auditDueMs = 0;
    this.#auditedUpTo = -1;
    this.#receipts.restart();
  }

  /** The control plane is told with the next cycle: orders that rest on the time wait for it. */
  clockAttested(): void {
    this.#heartbeatDueMs = 0;
  }

  /** False for one that is no newer than the last: a recording shows nothing alive. */
  heardPresence({ epoch, iatS }: { readonly epoch: number; readonly iatS: number }): boolean {
    const last = this.#presence;
    if (last !== null && (epoch < last.epoch || (epoch === last.epoch && iatS <= last.iatS))) {
      return false;
    }
    this.#presence = { epoch, iatS, atMs: this.#session.sessionMs() };
    return true;
  }

  /**
   * The control plane has signed for audit records: their receipts are done, and old ones may go. Gives why
   * it was refused; null where it was taken.
   */
  receivedAuditReceipt(message: Uint8Array): AuditError | null {
    try {
      this.#store.transaction(() => {
        this.#store.audit.acceptReceipt(message, this.#keys);
        this.#receipts.drop();
      });
      this.#mayPrune = true;
      this.#auditDueMs = 0;
      return null;
    } catch (thrown) {
      if (!(thrown instanceof AuditError)) throw thrown;
      return thrown;
    }
  }

  /** A part of what may go in each cycle: behind a long outage it is more than one should wait for. */
  #prune(): void {
    if (!this.#mayPrune) return;
    // A disk that refuses is asked again with the next receipt.
    this.#mayPrune = false;
    this.#mayPrune = this.#store.transaction(() => this.#store.audit.prune(RECORDS_KEPT) > 0);
  }

  async advance(vitals: () => Vitals): Promise<void> {
    this.#prune();
    if (!this.#mouth.isUp) {
      await this.#telemetry.send(this.#mouth);
      return;
    }
    const nowMs = this.#session.sessionMs();
    if (nowMs >= this.#timeDueMs) await this.#askTime(nowMs);
    await this.#receipts.send(this.#mouth);
    // Orders may wait for an agent that knows what time it is.
    const isClockNews = this.#session.now().clock !== this.#toldClock;
    if (nowMs >= this.#heartbeatDueMs || isClockNews) {
      this.#heartbeatDueMs = nowMs + HEARTBEAT_MS;
      const heartbeat = this.#heartbeat(vitals());
      this.#toldClock = heartbeat.clock;
      await this.#mouth.say(KINDS.heartbeat, heartbeat, 0);
    }
    if (nowMs >= this.#auditDueMs) await this.#uploadAudit(nowMs);
    await this.#telemetry.send(this.#mouth);
  }

  control(): 'present' | 'silent' {
    const last = this.#presence;
    const heard = last !== null && this.#session.sessionMs() - last.atMs <= PRESENCE_MS;
    return heard ? 'present' : 'silent';
  }

  #heartbeat(vitals: Vitals): Heartbeat {
    const { audit } = this.#store;
    const size = audit.size;
    return {
      ...this.#session.now(),
      audit: { size, root: audit.root(size) },
      ...vitals,
      control: this.control(),
      buffered: {
        receipts: this.#store.countReceipts(),
        auditRecords: size - audit.receiptedSize,
        telemetryPoints: this.#telemetry.bufferedPoints,
      },
    };
  }

  async #askTime(nowMs: number): Promise<void> {
    const trusted = this.#session.now().clock === 'trusted';
    this.#timeDueMs = nowMs + (trusted ? ASK_TIME_MS : ASK_TIME_AGAIN_MS);
    const nonce = this.#nonces.bytes(16);
    this.#session.askTime(nonce);
    await this.#mouth.say(KINDS.timeAsk, { nonce }, 0);
  }

  async #uploadAudit(nowMs: number): Promise<void> {
    const { written } = this.#recorder;
    if (written === this.#auditedUpTo) return;
    const upload = this.#store.audit.pending(AUDIT_BYTES_MAX);
    if (upload === null) {
      this.#auditedUpTo = written;
      return;
    }
    this.#auditDueMs = nowMs + AUDIT_AGAIN_MS;
    await this.#mouth.say(KINDS.audit, upload, 1);
  }
}
