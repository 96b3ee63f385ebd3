import {
  AuditError,
  type AuditKeys,
  type AuditRecord,
  AuditWitness,
  auditKeysOf,
  openDatabase,
} from '@tieline/audit';
import { type BusMessage, type MessageBus, mqttBus } from '@tieline/bus';
import { type RandomStream, silentLogger, systemClock, systemRng, toHex } from '@tieline/kernel';
import {
  type Basis,
  commandIdOf,
  KINDS,
  type Kind,
  openAddressed,
  parseTopic,
  printTopic,
  type Receipt,
  type Setpoint,
  sealAddressed,
  sealDocument,
  topicFilters,
  VerificationBudget,
} from '@tieline/protocol';
import type { Provisioned } from '@tieline/simulator';
import { SITE } from './gateway.ts';

export const CONTROL_TOKEN = 'chaos-control-token-'.padEnd(40, 'c');
/** Commands a second: below what one topic's verification budget lets through. */
const SEND_EVERY_MS = 125;
/** Orders that are wrapped anew for a new session, to be found known or to be accepted at last. */
const OFFERED_AGAIN_MAX = 6;

/** Words after which nothing more is to come of a command. */
export const LAST_WORDS: ReadonlySet<string> = new Set([
  'reverted',
  'expired',
  'superseded',
  'cancelled',
  'overridden',
]);

interface Ordered {
  readonly basis: Basis;
  readonly actions: readonly Setpoint[];
}

/**
 * The control side of one gateway, as strict as the real one and much more demanding: it offers several
 * commands a second without waiting for receipts, offers old ones again in every new session, and
 * remembers everything that it was ever told.
 */
export class Dispatcher {
  /** Every command ever offered, by id in hex. */
  readonly orders = new Map<string, Ordered>();
  /** Every receipt ever heard, by counter. */
  readonly receipts = new Map<number, Receipt>();
  /** The last word of the uploaded log on each command. */
  readonly #lastWords = new Map<string, string>();
  /** What must not happen: broken promises of the agent, in words. */
  readonly faults: string[] = [];
  readonly witness: AuditWitness;
  births = 0;
  readonly #provisioned: Provisioned;
  readonly #deployment: string;
  readonly #bus: MessageBus;
  readonly #keys: AuditKeys;
  readonly #budget = new VerificationBudget(10_000, 10_000);
  readonly #random: RandomStream;
  #sess: Uint8Array | null = null;
  #boot = 0;
  #seq = 0;
  #sending: NodeJS.Timeout | undefined;

  constructor(provisioned: Provisioned, broker: string, random: RandomStream) {
    this.#provisioned = provisioned;
    const { trust, control } = provisioned;
    this.#deployment = trust.document.deployment;
    this.#random = random;
    this.#keys = auditKeysOf(trust);
    this.witness = new AuditWitness({
      db: openDatabase(':memory:', { synchronous: 'NORMAL' }),
      deployment: this.#deployment,
      anchor: trust.anchor,
      key: control.witness,
      clock: systemClock(),
    });
    this.#bus = mqttBus({
      ...{ url: broker, clientId: 'dispatcher', token: CONTROL_TOKEN },
      ...{ rng: systemRng(), logger: silentLogger },
    });
  }

  start(): void {
    this.#bus.start({
      subscriptions: topicFilters(this.#deployment, '+', 'to-control'),
      onMessage: (message) => this.#take(message),
      onUp: () => {
        const topic = this.#topic('desired/policy');
        const payload = this.#provisioned.policyBytes;
        this.#publish({ topic, payload, qos: 1, retain: true });
      },
      onDown: () => {},
    });
  }

  /** Offers new commands, several a second, to whichever session there is. */
  load(): void {
    this.#sending = setInterval(() => this.#offerNew(), SEND_EVERY_MS);
  }

  unload(): void {
    clearInterval(this.#sending);
  }

  async stop(): Promise<void> {
    this.unload();
    await this.#bus.stop();
  }

  /** Ids of the commands whose acceptance was told. */
  accepted(): ReadonlySet<string> {
    const told = [...this.receipts.values()].filter(({ status }) => status.state === 'accepted');
    return new Set(told.map(({ command }) => toHex(command)));
  }

  /** The uploaded log has the last word on each command whose acceptance was told, or that it speaks of. */
  isToldAll(): boolean {
    return [...this.accepted(), ...this.#lastWords.keys()].every((command) =>
      LAST_WORDS.has(this.#lastWords.get(command) ?? ''),
    );
  }

  #offerNew(): void {
    if (this.#sess === null) return;
    const powerKw = (1 + this.#random.below(15)) * (this.#random.below(2) === 0 ? 1 : -1);
    const actions: Setpoint[] = [
      {
        ...{ type: 'setpoint', asset: 'battery', activePowerKw: powerKw, priority: 5 },
        ...{ rampKwPerS: 20, rampOutKwPerS: 20, revert: { to: 'local' } },
        startWithinMs: this.#random.below(4) === 0 ? 1_000 : 0,
        validForMs: 100 + this.#random.below(1_200),
      },
    ];
    const basis: Basis = { type: 'order', order: this.#sealOrder(actions) };
    this.orders.set(toHex(commandIdOf(basis, SITE)), { basis, actions });
    this.#offer({ basis, actions });
  }

  #sealOrder(actions: Setpoint[]): Uint8Array {
    const { trust, operator } = this.#provisioned;
    const nowS = nowSeconds();
    const order = {
      id: this.#random.bytes(16),
      class: 'routine' as const,
      targets: [{ site: SITE, actions, assumes: {} }],
      reason: 'chaos',
      policyVersionMin: 1,
    };
    const claims = { iat: nowS, nbf: nowS - 60, exp: nowS + 3_600 };
    return sealDocument(KINDS.order, order, trust.anchor, [operator], claims);
  }

  #offer({ basis, actions }: Ordered): void {
    if (this.#sess === null) return;
    this.#seq += 1;
    const body = {
      ...{ id: commandIdOf(basis, SITE), notAfterSessionMs: 2 ** 40 },
      ...{ actions: [...actions], basis },
    };
    const { dispatch } = this.#provisioned.control;
    const claims = { cti: this.#random.bytes(16), epoch: 1, seq: this.#seq, sess: this.#sess };
    const sender = { ...this.#sender(), key: dispatch };
    const iat = nowSeconds();
    this.#publish({
      ...sealAddressed(KINDS.command, body, sender, { ...claims, iat, pol: 1 }),
      qos: 1,
    });
  }

  #offerAgain(): void {
    const ids = [...this.orders.keys()];
    for (let k = 0; k < Math.min(OFFERED_AGAIN_MAX, ids.length); k += 1) {
      // Half of them the newest: those that the kill may have caught in the middle.
      const at = k % 2 === 0 ? ids.length - 1 - k : this.#random.below(ids.length);
      const ordered = this.orders.get(ids[at] ?? '');
      if (ordered !== undefined) this.#offer(ordered);
    }
  }

  #take(message: BusMessage): void {
    try {
      this.#route(message);
    } catch (thrown) {
      this.faults.push(`${message.topic}: ${String(thrown)}`);
    }
  }

  #route(message: BusMessage): void {
    const { kind } = parseTopic(message.topic);
    if (kind === 'birth') this.#onBirth(message);
    else if (kind === 'receipt') this.#onReceipt(this.#open(KINDS.receipt, message).body);
    else if (kind === 'audit') this.#onAudit(message);
    else if (kind === 'time/ask') this.#onTimeAsk(message);
  }

  #onBirth(message: BusMessage): void {
    const { body, claims } = this.#open(KINDS.birth, message);
    this.witness.checkBirth(SITE, body.audit);
    if (body.boot < this.#boot) this.faults.push(`boot ${body.boot} after ${this.#boot}`);
    const isNew = body.boot > this.#boot;
    this.#boot = body.boot;
    this.#sess = claims.sess ?? null;
    this.births += 1;
    if (isNew) this.#offerAgain();
  }

  /** The same counter is the same word, for ever. */
  #onReceipt(receipt: Receipt): void {
    const known = this.receipts.get(receipt.counter);
    if (known === undefined) {
      this.receipts.set(receipt.counter, receipt);
      return;
    }
    const said = ({ command, action, auditIndex, status }: Receipt): string =>
      JSON.stringify([toHex(command), action, auditIndex, status]);
    if (said(known) !== said(receipt)) {
      this.faults.push(`receipt ${receipt.counter}: ${said(known)}, then ${said(receipt)}`);
    }
  }

  #onAudit(message: BusMessage): void {
    const { body } = this.#open(KINDS.audit, message);
    const before = this.witness.size(SITE);
    try {
      const payload = this.witness.ingest(SITE, body, this.#keys);
      for (const record of this.witness.records(SITE, before)) this.#onRecord(record);
      this.#publish({ topic: this.#topic('audit-receipt'), payload, qos: 1 });
    } catch (thrown) {
      if (!(thrown instanceof AuditError)) throw thrown;
      this.faults.push(`audit upload: ${thrown.message}`);
    }
  }

  #onRecord({ kind, subject }: AuditRecord): void {
    const state = kind.startsWith('command_') ? kind.slice('command_'.length) : null;
    if (state === null || state === 'repeated' || state === 'refused') return;
    this.#lastWords.set(subject, state);
  }

  #onTimeAsk(message: BusMessage): void {
    const { nonce } = this.#open(KINDS.timeAsk, message).body;
    const sender = { ...this.#sender(), key: this.#provisioned.control.time };
    const body = { nonce, wallMs: Date.now() };
    const iat = nowSeconds();
    this.#publish({ ...sealAddressed(KINDS.timeTell, body, sender, { iat }), qos: 0 });
  }

  #open<Body>(kind: Kind<Body>, message: BusMessage) {
    return openAddressed(kind, message, {
      ...{ trust: this.#provisioned.trust, site: null, sess: null, budget: this.#budget },
      ...{ nowMs: performance.now(), wallS: nowSeconds() },
    });
  }

  #sender() {
    const { anchor } = this.#provisioned.trust;
    return { anchor, deployment: this.#deployment, site: SITE };
  }

  #topic(kind: 'desired/policy' | 'audit-receipt'): string {
    return printTopic({ deployment: this.#deployment, site: SITE, kind });
  }

  #publish(publication: Parameters<MessageBus['publish']>[0]): void {
    this.#bus.publish(publication).catch((refused: unknown) => this.faults.push(String(refused)));
  }
}

function nowSeconds(): number {
  return Math.floor(Date.now() / 1_000);
}
