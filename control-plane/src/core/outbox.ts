import type { BusPublication, MessageBus } from '@tieline/bus';
import {
  fromHex,
  type Logger,
  messageOf,
  type RandomStream,
  TielineError,
  toHex,
} from '@tieline/kernel';
import { KINDS, printTopic, sha256, TOPICS, type TopicKind } from '@tieline/protocol';
import type { ControlStore } from '../ports/control-store.ts';
import type { CommandRecord, OfferRecord } from '../ports/records.ts';
import type { Now } from './agent-state.ts';
import { FRESHNESS_VALID_MS } from './bounds.ts';
import type { Counters } from './counters.ts';
import { ControlError } from './failure.ts';
import type { Wire } from './wire.ts';

export interface OutboxPorts {
  readonly bus: MessageBus;
  readonly wire: Wire;
  readonly store: ControlStore;
  readonly counters: Counters;
  readonly logger: Logger;
  /** For `cti`. */
  readonly nonces: RandomStream;
  readonly now: () => Now;
}

export interface OfferTerms {
  readonly sess: string;
  /** Of the agent's disk. */
  readonly generation: number;
  readonly epoch: number;
  /** Policy version that the command was judged by. */
  readonly policy: number;
  /** On the agent's session clock. */
  readonly notAfterSessionMs: number;
}

/** The longest that a number of an offer can be written: nine bytes. */
const COUNT_LONGEST = 2 ** 40;
const LONGEST_TERMS: OfferTerms = {
  sess: '0'.repeat(32),
  generation: 0,
  epoch: COUNT_LONGEST,
  policy: COUNT_LONGEST,
  notAfterSessionMs: COUNT_LONGEST,
};

/**
 * Signs and sends. Nothing waits for the bus and nothing is queued in it: what must arrive is in the
 * store, and is sent again by whoever misses the answer.
 */
export class Outbox {
  readonly #ports: OutboxPorts;

  constructor(ports: OutboxPorts) {
    this.#ports = ports;
  }

  presence(site: string, sess: string, epoch: number): void {
    const { wire } = this.#ports;
    const key = wire.keys.dispatch;
    this.#send(wire.seal(KINDS.presence, {}, { site, key }, { epoch, sess: unhex(sess) }), 0);
  }

  timeTell(site: string, nonce: Uint8Array): void {
    const { wire, now } = this.#ports;
    const body = { nonce, wallMs: now().wallMs };
    this.#send(wire.seal(KINDS.timeTell, body, { site, key: wire.keys.time }), 0);
  }

  auditReceipt(site: string, receipt: Uint8Array): void {
    this.#publish(site, 'audit-receipt', receipt);
  }

  block(site: string, message: Uint8Array): void {
    this.#publish(site, 'block/have', message);
  }

  /** The signed bytes as they are. While the bus is down nothing is sent: a new connection publishes all. */
  desired(site: string, what: 'policy' | 'model' | 'freshness', bytes: Uint8Array): void {
    if (this.#ports.bus.isUp) this.#publish(site, `desired/${what}`, bytes);
  }

  /** Names the current versions together, for every site alike. */
  freshness(sites: readonly string[], versions: { trust: number; policy: number }): void {
    const { wire, store, now } = this.#ports;
    const issuedAt = wire.wallS();
    const body = { version: store.raise('freshness'), issuedAt, ...versions };
    const exp = Math.floor((now().wallMs + FRESHNESS_VALID_MS) / 1_000);
    const bytes = wire.sealDocument(KINDS.freshness, body, wire.keys.freshness, { exp });
    for (const site of sites) this.desired(site, 'freshness', bytes);
  }

  /**
   * Makes sure that every offer of a command will fit a message, before anybody is told that it was taken.
   * @throws {ControlError} command_too_large
   */
  assertFits(command: CommandRecord): void {
    try {
      this.#sealCommand(command, LONGEST_TERMS, new Uint8Array(16), COUNT_LONGEST);
    } catch (thrown) {
      const { bytesMax } = KINDS.command.message;
      if (!(thrown instanceof TielineError) || thrown.code !== 'message_too_large') throw thrown;
      throw new ControlError({ code: 'command_too_large', site: command.site, bytesMax });
    }
  }

  /** Signs one offer of a command, lets the caller store it, and only then sends it. */
  command(command: CommandRecord, terms: OfferTerms, commit: (offer: OfferRecord) => void): void {
    const { wire, store, nonces, counters, now } = this.#ports;
    const { site } = command;
    const cti = nonces.bytes(16);
    const sealed = store.transaction(() => {
      const seq = store.nextSeq(site, toHex(wire.keys.dispatch.signer.kid));
      const message = this.#sealCommand(command, terms, cti, seq);
      const messageDigest = toHex(sha256(message.payload));
      const { sess, generation, epoch } = terms;
      const offered = { command: command.id, sess, generation, epoch, seq, messageDigest };
      commit({ ...offered, cti: toHex(cti), offeredWallMs: now().wallMs });
      return message;
    });
    counters.add('offers', site);
    this.#send(sealed, 1);
  }

  #sealCommand(command: CommandRecord, terms: OfferTerms, cti: Uint8Array, seq: number) {
    const { wire } = this.#ports;
    const { site, basis } = command;
    const { sess, epoch, policy: pol, notAfterSessionMs } = terms;
    const body = {
      ...{ id: unhex(command.id), notAfterSessionMs, actions: [...command.actions] },
      basis:
        basis.type === 'order'
          ? { type: 'order' as const, order: basis.bytes }
          : { type: 'plan' as const, plan: basis.bytes },
    };
    const claims = { cti, epoch, seq, sess: unhex(sess), pol };
    return wire.seal(KINDS.command, body, { site, key: wire.keys.dispatch }, claims);
  }

  #publish(site: string, kind: TopicKind, payload: Uint8Array): void {
    const topic = printTopic({ deployment: this.#ports.wire.deployment, site, kind });
    const { qos, retained } = TOPICS[kind];
    this.#send({ topic, payload }, qos, retained);
  }

  #send({ topic, payload }: { topic: string; payload: Uint8Array }, qos: 0 | 1, retain = false) {
    const { bus, counters, logger } = this.#ports;
    const publication: BusPublication = { topic, payload, qos, retain };
    bus.publish(publication).catch((thrown: unknown) => {
      const code = thrown instanceof TielineError ? thrown.code : 'internal';
      counters.add('publishes_failed', code);
      logger.debug('publish_failed', { topic, reason: messageOf(thrown) });
    });
  }
}

function unhex(text: string): Uint8Array {
  return fromHex(text) ?? new Uint8Array();
}
