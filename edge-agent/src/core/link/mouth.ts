import { messageOf, type RandomStream } from '@tieline/kernel';
import { type Claims, type Kind, type Sender, sealAddressed } from '@tieline/protocol';
import type { AgentIdentity, AgentPorts } from '../agent-context.ts';
import type { Session } from '../session.ts';

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
