import type { BusMessage, MessageBus } from '@tieline/bus';
import { type Clock, toHex } from '@tieline/kernel';
import {
  type Action,
  commandIdOf,
  KINDS,
  openAddressed,
  Plan,
  parseTopic,
  sealAddressed,
  topicFilters,
  VerificationBudget,
} from '@tieline/protocol';
import type { BenchSite } from './bench-site.ts';
import { PONG } from './command-echo.ts';

/** How long a command may be accepted, on the agent's session clock. */
const NOT_AFTER_MS = 60_000;
/** Nothing is awaited longer than this. */
const PATIENCE_MS = 10_000;

/** From the beginning of sealing until the receipt was opened, ms. */
export interface CommandTimes {
  readonly acceptedMs: number;
  /** `active`, or where the machine stood still for longer than the command was valid, `expired`. */
  readonly nextMs: number;
}

/** Seals commands and opens receipts as the control plane does, and nothing else: no store, no queue. */
export class ControlEnd {
  readonly bus: MessageBus;
  /** Connected and subscribed: a birth from now on is heard. */
  readonly isUp: Promise<void>;
  readonly agentIsBorn: Promise<void>;
  readonly #site: BenchSite;
  readonly #clock: Clock;
  readonly #budget = new VerificationBudget(1_000_000, 1_000_000);
  readonly #listeners = new Map<string, () => void>();
  #born: () => void = () => {};
  #sess: Uint8Array | null = null;
  #sessionStartedMs = 0;
  #seq = 0;
  #awaited: { readonly command: string; readonly heard: (state: string) => void } | null = null;

  /** @param clock  the one that the agent's session runs on */
  constructor(site: BenchSite, bus: MessageBus, clock: Clock) {
    this.#clock = clock;
    this.#site = site;
    this.bus = bus;
    this.agentIsBorn = new Promise((resolve) => {
      this.#born = resolve;
    });
    this.isUp = new Promise((resolve) => {
      bus.start({
        subscriptions: [...topicFilters(site.identity.deployment, '+', 'to-control'), PONG],
        onMessage: (message) => this.#take(message),
        onUp: resolve,
        onDown: () => {},
      });
    });
  }

  /** Calls `heard` at each message on the topic. */
  listen(topic: string, heard: () => void): void {
    this.#listeners.set(topic, heard);
  }

  /** Sends one plan of one action; resolves once the agent says what became of it. */
  async command(action: Action): Promise<CommandTimes> {
    const { identity, site, provisioned } = this.#site;
    const startedMs = performance.now();
    this.#seq += 1;
    const plan = Plan.encode({ id: idOf(this.#seq), reason: 'bench', actions: [action] });
    const basis = { type: 'plan', plan } as const;
    const id = commandIdOf(basis, site);
    const notAfterSessionMs =
      Math.floor(this.#clock.monotonicMs() - this.#sessionStartedMs) + NOT_AFTER_MS;
    const sealed = sealAddressed(
      KINDS.command,
      { id, notAfterSessionMs, actions: [action], basis },
      {
        anchor: identity.trust.anchor,
        deployment: identity.deployment,
        site,
        key: provisioned.control.dispatch,
      },
      {
        iat: Math.floor(Date.now() / 1_000),
        cti: idOf(this.#seq),
        epoch: 1,
        seq: this.#seq,
        ...(this.#sess === null ? {} : { sess: this.#sess }),
        pol: 1,
      },
    );
    const climbed = this.#climbOf(toHex(id), startedMs);
    await this.bus.publish({ ...sealed, qos: 1 });
    return climbed;
  }

  #climbOf(command: string, startedMs: number): Promise<CommandTimes> {
    return new Promise((resolve, reject) => {
      const giveUp = setTimeout(
        () => reject(new Error(`no receipt of ${command} in ${PATIENCE_MS} ms`)),
        PATIENCE_MS,
      );
      let acceptedMs = Number.NaN;
      const heard = (state: string): void => {
        if (state === 'accepted') {
          acceptedMs = performance.now() - startedMs;
          return;
        }
        clearTimeout(giveUp);
        resolve({ acceptedMs, nextMs: performance.now() - startedMs });
      };
      this.#awaited = { command, heard };
    });
  }

  #take(message: BusMessage): void {
    const listener = this.#listeners.get(message.topic);
    if (listener !== undefined) {
      listener();
      return;
    }
    const { kind } = parseTopic(message.topic);
    if (kind === 'birth') this.#onBirth(message);
    if (kind === 'receipt') this.#onReceipt(message);
  }

  #onBirth(message: BusMessage): void {
    const { body, claims } = openAddressed(KINDS.birth, message, this.#receiver());
    this.#sess = claims.sess ?? null;
    this.#sessionStartedMs = this.#clock.monotonicMs() - body.sessionMs;
    this.#born();
  }

  #onReceipt(message: BusMessage): void {
    const { body } = openAddressed(KINDS.receipt, message, this.#receiver());
    if (body.status.state === 'refused') throw new Error(`refused: ${JSON.stringify(body.status)}`);
    const awaited = this.#awaited;
    if (awaited === null || toHex(body.command) !== awaited.command) return;
    awaited.heard(body.status.state);
  }

  #receiver() {
    return {
      trust: this.#site.identity.trust,
      site: null,
      sess: this.#sess,
      budget: this.#budget,
      nowMs: performance.now(),
      wallS: Math.floor(Date.now() / 1_000),
    };
  }
}

function idOf(seq: number): Uint8Array {
  const id = new Uint8Array(16);
  new DataView(id.buffer).setUint32(0, seq);
  return id;
}
