import type { MessageBus } from '@tieline/bus';
import type { Inference } from '@tieline/inference';
import { type Clock, type Logger, messageOf, type RandomStream, type Rng } from '@tieline/kernel';
import {
  type Claims,
  type HeldKey,
  type Kind,
  type Sender,
  sealAddressed,
  type Trust,
} from '@tieline/protocol';
import type { Devices } from '../ports/devices.ts';
import type { AgentStore } from '../ports/store.ts';
import type { Session } from './session.ts';

/** What the world gives an agent. */
export interface AgentPorts {
  readonly clock: Clock;
  readonly rng: Rng;
  readonly logger: Logger;
  readonly bus: MessageBus;
  readonly store: AgentStore;
  readonly devices: Devices;
  readonly inference: Inference;
}

/** Who this agent is, as provisioned. */
export interface AgentIdentity {
  readonly deployment: string;
  readonly site: string;
  /** The agent's own key; the trust document binds it to the site. */
  readonly key: HeldKey;
  readonly trust: Trust;
  readonly software: string;
  /** The import that the site's connection is made for, kW: what the forecast is measured against. */
  readonly ratedImportKw: number;
}

/** Signs and sends what this agent has to say. */
export class Mouth {
  readonly #ports: AgentPorts;
  readonly #sender: Sender;
  readonly #session: Session;
  readonly #ctis: RandomStream;

  constructor(ports: AgentPorts, identity: AgentIdentity, session: Session) {
    this.#ports = ports;
    const { deployment, site, key, trust } = identity;
    this.#sender = { anchor: trust.anchor, deployment, site, key };
    this.#session = session;
    this.#ctis = ports.rng.stream('message-id');
  }

  get isUp(): boolean {
    return this.#ports.bus.isUp;
  }

  /** A signed message of this session, ready to publish. */
  seal<Body>(
    kind: Kind<Body>,
    body: Body,
  ): { readonly topic: string; readonly payload: Uint8Array } {
    return sealAddressed(kind, body, this.#sender, this.#claimsOf(kind));
  }

  /** Says it now; false when the link is down or breaks: what must not be lost is kept elsewhere. */
  async say<Body>(kind: Kind<Body>, body: Body, qos: 0 | 1): Promise<boolean> {
    if (!this.#ports.bus.isUp) return false;
    return this.#publish({ ...this.seal(kind, body), qos }, kind.name);
  }

  /** Unsigned: only for what an answer proves by itself. */
  async ask(topic: string, payload: Uint8Array): Promise<boolean> {
    return this.#ports.bus.isUp && this.#publish({ topic, payload, qos: 0 }, 'block/want');
  }

  async #publish(
    publication: { topic: string; payload: Uint8Array; qos: 0 | 1 },
    kind: string,
  ): Promise<boolean> {
    try {
      await this.#ports.bus.publish(publication);
      return true;
    } catch (thrown) {
      this.#ports.logger.debug('message_not_sent', { kind, reason: messageOf(thrown) });
      return false;
    }
  }

  #claimsOf(kind: Kind): Omit<Claims, 'iss' | 'aud'> {
    const iat = Math.floor(this.#session.now().wallMs / 1_000);
    const { sess } = this.#session;
    return {
      iat,
      ...(kind.claims.includes('sess') ? { sess } : {}),
      ...(kind.claims.includes('cti') ? { cti: this.#ctis.bytes(16) } : {}),
    };
  }
}
