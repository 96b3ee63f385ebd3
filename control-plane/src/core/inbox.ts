import { AuditError } from '@tieline/audit';
import type { BusMessage } from '@tieline/bus';
import { messageOf, TokenBuckets, toHex } from '@tieline/kernel';
import {
  BlockHave,
  BlockWant,
  CborError,
  KINDS,
  MessageError,
  parseTopic,
  type Telemetry,
  type Topic,
  TopicError,
  type TopicKind,
  VerifyError,
} from '@tieline/protocol';
import { presentSession } from './agent-state.ts';
import { BLOCK_BURST, BLOCKS_PER_S } from './bounds.ts';
import type { ControlContext } from './context.ts';
import { alarm } from './events.ts';
import type { ReceiptDesk } from './receipt-desk.ts';
import type { TelemetryIntake } from './telemetry-intake.ts';

/** Takes every message of the agents, verifies it, and hands it to whom it concerns. Never throws. */
export class Inbox {
  readonly #context: ControlContext;
  readonly #receipts: ReceiptDesk;
  readonly #telemetry: TelemetryIntake;
  readonly #blocks = new TokenBuckets(BLOCK_BURST, BLOCKS_PER_S);
  /** Alarms about audit logs by site, until its next upload is taken: one each, not one per upload. */
  readonly #alarmed = new Map<string, Set<string>>();

  readonly #handlers: Partial<Record<TopicKind, (message: BusMessage, site: string) => void>> = {
    birth: (message) => this.#onBirth(message),
    heartbeat: (message) => this.#onHeartbeat(message),
    death: (message) => this.#onDeath(message),
    receipt: (message) => this.#receipts.take(message),
    telemetry: (message) => this.#telemetry.take(message),
    audit: (message, site) => this.#onAudit(message, site),
    'time/ask': (message, site) => this.#onTimeAsk(message, site),
    'block/want': (message, site) => this.#onBlockWant(message, site),
  };

  constructor(context: ControlContext, receipts: ReceiptDesk, telemetry: TelemetryIntake) {
    this.#context = context;
    this.#receipts = receipts;
    this.#telemetry = telemetry;
  }

  take(message: BusMessage): void {
    try {
      this.#route(parseTopic(message.topic), message);
    } catch (thrown) {
      this.#refuse(thrown);
    }
  }

  /** Verifies one batch that waited for its turn; null where it was refused, and counted. */
  openTelemetry(message: BusMessage): { site: string; batch: Telemetry } | null {
    try {
      const { site } = parseTopic(message.topic);
      const { body } = this.#context.wire.open(KINDS.telemetry, message, this.#present(site));
      return { site, batch: body };
    } catch (thrown) {
      this.#refuse(thrown);
      return null;
    }
  }

  #refuse(thrown: unknown): void {
    const { counters, logger } = this.#context;
    const code = refusalCode(thrown);
    counters.add('messages_refused', code ?? 'internal');
    // A message of a stranger must not stop the control plane, whatever it has found.
    if (code === null) logger.error('message_failed', { reason: messageOf(thrown) });
  }

  #route(topic: Topic, message: BusMessage): void {
    const { counters, agents } = this.#context;
    counters.add('messages_received', topic.kind);
    if (!agents.has(topic.site)) {
      counters.add('messages_refused', 'site_unknown');
      return;
    }
    const handler = this.#handlers[topic.kind];
    if (handler === undefined) counters.add('messages_refused', 'topic_unexpected');
    else handler(message, topic.site);
  }

  #onBirth(message: BusMessage): void {
    const { wire, agents, audit, term } = this.#context;
    const { body, claims, topic } = wire.open(KINDS.birth, message, null);
    const { site } = topic;
    term.heard(site, body);
    agents.birth(site, { sess: sessOf(claims.sess), body });
    const size = audit.size(site);
    if (body.receipted > size) {
      this.#alarmAudit(
        'audit_behind',
        site,
        `it has receipts for ${body.receipted}, ${size} are here`,
      );
    }
  }

  #onHeartbeat(message: BusMessage): void {
    const { wire, agents } = this.#context;
    const { body, claims, topic } = wire.open(KINDS.heartbeat, message, null);
    agents.heartbeat(topic.site, { sess: sessOf(claims.sess), body });
  }

  #onDeath(message: BusMessage): void {
    const { wire, agents } = this.#context;
    const { claims, topic } = wire.open(KINDS.death, message, null);
    agents.death(topic.site, sessOf(claims.sess));
  }

  #onAudit(message: BusMessage, site: string): void {
    const { wire, audit, counters, outbox } = this.#context;
    const { body } = wire.open(KINDS.audit, message, this.#present(site));
    const before = audit.size(site);
    try {
      const receipt = audit.ingest(site, body, wire.auditKeys);
      counters.add('audit_records', site, audit.size(site) - before);
      // Before the agent is told: it then drops the receipts that these records repeat.
      this.#receipts.readAudit(site);
      outbox.auditReceipt(site, receipt);
      this.#alarmed.delete(site);
    } catch (thrown) {
      if (!(thrown instanceof AuditError)) throw thrown;
      this.#refuseAudit(site, thrown);
    }
  }

  #refuseAudit(site: string, refused: AuditError): void {
    const { agents, counters, logger } = this.#context;
    const { failure, message } = refused;
    counters.add('messages_refused', failure.code);
    logger.warn('audit_refused', { site, reason: message });
    if (failure.code === 'log_forked') {
      const { code, size, reason } = failure;
      agents.quarantine(site, { code, facts: { size, reason } });
    } else {
      const code = failure.code === 'upload_gap' ? 'audit_behind' : 'audit_refused';
      this.#alarmAudit(code, site, message);
    }
  }

  #alarmAudit(code: 'audit_behind' | 'audit_refused', site: string, detail: string): void {
    const raised = this.#alarmed.get(site) ?? new Set();
    if (raised.has(code)) return;
    this.#alarmed.set(site, raised.add(code));
    this.#context.emit(alarm(code, site, detail));
  }

  #onTimeAsk(message: BusMessage, site: string): void {
    const { wire, outbox } = this.#context;
    const { body } = wire.open(KINDS.timeAsk, message, this.#present(site));
    outbox.timeTell(site, body.nonce);
  }

  /** Unsigned on both sides: the answer proves itself, and a bucket bounds what asking costs. */
  #onBlockWant(message: BusMessage, site: string): void {
    const { models, outbox } = this.#context;
    const { digest } = BlockWant.decode(message.payload);
    const bytes = this.#mayAsk(message, site) ? models.block(digest) : null;
    if (bytes !== null) outbox.block(site, BlockHave.encode({ digest, bytes }));
    else this.#context.counters.add('messages_ignored', 'block_want');
  }

  #mayAsk({ retained }: BusMessage, site: string): boolean {
    return !retained && this.#blocks.spend(site, this.#context.now().monotonicMs);
  }

  #present(site: string): string {
    const { agents } = this.#context;
    // No session yet: no message can be of it.
    return presentSession(agents.get(site))?.sess ?? '';
  }
}

function sessOf(sess: Uint8Array | undefined): string {
  return sess === undefined ? '' : toHex(sess);
}

/** The code to count under; null for what is no refusal but a fault of ours. */
function refusalCode(thrown: unknown): string | null {
  const isRefusal =
    thrown instanceof VerifyError ||
    thrown instanceof TopicError ||
    thrown instanceof MessageError ||
    thrown instanceof CborError;
  return isRefusal ? thrown.code : null;
}
