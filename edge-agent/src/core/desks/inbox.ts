import type { BusMessage } from '@tieline/bus';
import { clipText, equalBytes } from '@tieline/kernel';
import {
  KINDS,
  type Kind,
  type Opened,
  openAddressed,
  parseTopic,
  printTopic,
  type TopicKind,
  VerificationBudget,
  VerifyError,
} from '@tieline/protocol';
import { type AgentStore, StoreError } from '../../ports/store.ts';
import type { AgentIdentity } from '../agent-context.ts';
import type { Uplink } from '../link/uplink.ts';
import type { Recorder } from '../log/recorder.ts';
import type { Session } from '../session.ts';
import type { ModelDesk } from './model-desk.ts';
import type { Refusals } from './refusals.ts';

/** Nobody signs so many documents while a disk is full. */
const UNTAKEN_MAX = 16;

export interface InboxParts {
  readonly identity: AgentIdentity;
  readonly store: AgentStore;
  readonly session: Session;
  readonly recorder: Recorder;
  readonly refusals: Refusals;
  readonly models: ModelDesk;
  readonly uplink: Uplink;
  readonly command: (message: BusMessage) => void;
  readonly policy: (message: BusMessage) => void;
  /** The disk took nothing of it. */
  readonly unwritable: (error: StoreError) => void;
  /** An invariant broke. */
  readonly failed: (cause: unknown) => void;
}

/**
 * Takes every message to this agent to whom it concerns. What is not a command is opened here; whatever
 * proves no author costs one count, and a record once a minute.
 */
export class Inbox {
  readonly #parts: InboxParts;
  readonly #budget = new VerificationBudget();
  /**
   * Signed documents that the disk did not take, and how long the log was then. The broker says a document once: whoever
   * lets it go has the old one until the link breaks. All of them, since an old one that is repeated must not displace the new.
   */
  #untaken: readonly { readonly message: BusMessage; readonly size: number }[] = [];
  readonly #handlers: Partial<Record<TopicKind, (message: BusMessage) => void>>;

  constructor(parts: InboxParts) {
    this.#parts = parts;
    const { models, command, policy } = parts;
    // The trust file given at provisioning stands; what only its next version would change is not read.
    const unread = (): void => {};
    this.#handlers = {
      command,
      presence: (message) => this.#onPresence(message),
      'desired/trust': unread,
      'desired/freshness': unread,
      'desired/policy': (message) => this.#mayVerify(message) && policy(message),
      'desired/model': (message) => this.#mayVerify(message) && models.receiveDesired(message),
      'block/have': (message) => models.receiveBlock(message),
      'audit-receipt': (message) => this.#mayVerify(message) && this.#onAuditReceipt(message),
      'time/tell': (message) => this.#onTime(message),
    };
  }

  /** A handler must not throw into the bus: what breaks here is told instead. */
  take(message: BusMessage): void {
    const kind = this.#kindOf(message.topic);
    try {
      const handler = kind === null ? undefined : this.#handlers[kind];
      if (handler === undefined) this.#parts.refusals.count('topic_wrong');
      else handler(message);
    } catch (thrown) {
      if (!(thrown instanceof StoreError)) {
        this.#parts.failed(thrown);
        return;
      }
      // What cannot be put on record is not done: it counts as not received.
      if (kind === 'desired/policy' || kind === 'desired/model') {
        this.#keep(message);
      }
      this.#parts.unwritable(thrown);
    }
  }

  /** Tries anew what the disk did not take, once it has taken something else. */
  takeAgain(): void {
    const { size } = this.#parts.store.audit;
    const ready = this.#untaken.filter((one) => one.size !== size);
    if (ready.length === 0) return;
    this.#untaken = this.#untaken.filter((one) => one.size === size);
    for (const { message } of ready) this.take(message);
  }

  #keep(message: BusMessage): void {
    const { topic, payload } = message;
    const isKept = this.#untaken.some(
      (one) => one.message.topic === topic && equalBytes(one.message.payload, payload),
    );
    if (isKept || this.#untaken.length >= UNTAKEN_MAX) return;
    const { size } = this.#parts.store.audit;
    this.#untaken = [...this.#untaken, { message, size }];
  }

  /** Which kind a topic carries, if it is one of this agent's own. */
  #kindOf(topic: string): TopicKind | null {
    const { deployment, site } = this.#parts.identity;
    try {
      const { kind } = parseTopic(topic);
      return topic === printTopic({ deployment, site, kind }) ? kind : null;
    } catch {
      return null;
    }
  }

  #onAuditReceipt({ topic, payload }: BusMessage): void {
    const { uplink, refusals } = this.#parts;
    const refused = uplink.receivedAuditReceipt(payload);
    if (refused === null) return;
    const facts = { finding: refused.code, reason: clipText(refused.message, 200) };
    refusals.note('audit_receipt_refused', topic, { facts });
  }

  #onPresence(message: BusMessage): void {
    const opened = this.#open(KINDS.presence, message);
    if (opened === null) return;
    const { uplink, refusals } = this.#parts;
    const { epoch = 0, iat = 0 } = opened.claims;
    if (!uplink.heardPresence({ epoch, iatS: iat })) refusals.count('presence_replayed');
  }

  #onTime(message: BusMessage): void {
    const opened = this.#open(KINDS.timeTell, message);
    if (opened === null) return;
    const { store, session, recorder, refusals, uplink } = this.#parts;
    const { nonce, wallMs } = opened.body;
    const before = session.now().clock;
    if (!session.tellTime(nonce, wallMs, store.highWaterWallMs())) {
      refusals.count('time_refused');
      return;
    }
    if (before !== 'trusted') uplink.clockAttested();
    recorder.commit(() => {
      store.setHighWaterWallMs(wallMs);
      if (before === 'trusted') return;
      const body = { before };
      recorder.append({ actor: 'agent', kind: 'clock_attested', subject: '', body });
    });
  }

  /** What is not opened as an addressed message has its verifications counted here. */
  #mayVerify({ topic }: BusMessage): boolean {
    const { session, refusals } = this.#parts;
    if (this.#budget.spend(topic, session.sessionMs())) return true;
    refusals.note('budget_spent', topic, { step: 7, facts: { topic } });
    return false;
  }

  /** Opens an addressed message; null where it was refused. */
  #open<Body>(kind: Kind<Body>, message: BusMessage): Opened<Body> | null {
    const { identity, session, refusals } = this.#parts;
    const { sessionMs, wallMs, clock } = session.now();
    try {
      return openAddressed(kind, message, {
        trust: identity.trust,
        site: identity.site,
        sess: session.sess,
        budget: this.#budget,
        nowMs: sessionMs,
        wallS: clock === 'untrusted' ? null : Math.floor(wallMs / 1_000),
      });
    } catch (thrown) {
      if (!(thrown instanceof VerifyError)) throw thrown;
      refusals.refuse(thrown, message.topic);
      return null;
    }
  }
}
