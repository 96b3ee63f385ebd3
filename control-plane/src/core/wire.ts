import { type AuditKeys, auditKeysOf } from '@tieline/audit';
import type { BusMessage } from '@tieline/bus';
import { fromHex } from '@tieline/kernel';
import {
  type Claims,
  type HeldKey,
  KINDS,
  type Kind,
  type Opened,
  type OpenedDocument,
  openAddressed,
  openDocument,
  openPolicy,
  type Policy,
  type Role,
  resolveKey,
  sealAddressed,
  sealDocument,
  type Trust,
  VerificationBudget,
  VerifyError,
} from '@tieline/protocol';
import type { Now } from './agent-state.ts';
import { BACKLOG_BUDGET } from './bounds.ts';
import type { OpenedOrder } from './order-check.ts';

/** The control plane's own keys, one for each thing that it may say. */
export interface ControlKeys {
  readonly dispatch: HeldKey;
  readonly director: HeldKey;
  readonly time: HeldKey;
  readonly witness: HeldKey;
  readonly freshness: HeldKey;
}

/** Kinds that an agent keeps while the link is down. */
const BACKLOG_KINDS: ReadonlySet<string> = new Set([KINDS.telemetry.name, KINDS.receipt.name]);

/** Signs what goes out and opens what comes in, under one trust document. */
export class Wire {
  readonly trust: Trust;
  readonly keys: ControlKeys;
  /** Who may sign audit statements, as the trust document says. */
  readonly auditKeys: AuditKeys;
  readonly #now: () => Now;
  readonly #budget = new VerificationBudget();
  readonly #backlogBudget = new VerificationBudget(BACKLOG_BUDGET.burst, BACKLOG_BUDGET.perS);

  /** @throws {TrustError} key_unknown | key_expired | role_missing for a key that may not act in its role */
  constructor(trust: Trust, keys: ControlKeys, now: () => Now) {
    this.trust = trust;
    this.keys = keys;
    this.auditKeys = auditKeysOf(trust);
    this.#now = now;
    for (const [role, key] of Object.entries(keys) as [Role, HeldKey][]) {
      resolveKey(trust, key.signer.kid, role, this.wallS());
    }
  }

  get deployment(): string {
    return this.trust.document.deployment;
  }

  wallS(): number {
    return Math.floor(this.#now().wallMs / 1_000);
  }

  /**
   * @param sess  hex; the session that the message must be of, null where any is taken
   * @throws {VerifyError}
   */
  open<Body>(kind: Kind<Body>, message: BusMessage, sess: string | null): Opened<Body> {
    return openAddressed(kind, message, {
      trust: this.trust,
      site: null,
      sess: sess === null ? null : fromHex(sess),
      budget: BACKLOG_KINDS.has(kind.name) ? this.#backlogBudget : this.#budget,
      nowMs: this.#now().monotonicMs,
      wallS: this.wallS(),
    });
  }

  seal<Body>(
    kind: Kind<Body>,
    body: Body,
    to: { readonly site: string; readonly key: HeldKey },
    claims: Omit<Claims, 'iss' | 'aud' | 'iat'> = {},
  ): { readonly topic: string; readonly payload: Uint8Array } {
    const { anchor } = this.trust;
    const sender = { anchor, deployment: this.deployment, ...to };
    return sealAddressed(kind, body, sender, { ...claims, iat: this.wallS() });
  }

  sealDocument<Body>(
    kind: Kind<Body>,
    body: Body,
    key: HeldKey,
    claims: Omit<Claims, 'iss' | 'iat'> = {},
  ): Uint8Array {
    return sealDocument(kind, body, this.trust.anchor, [key], { ...claims, iat: this.wallS() });
  }

  /** Verifies a document that nobody acts on here. @throws {VerifyError} */
  openDocument<Body>(kind: Kind<Body>, bytes: Uint8Array): OpenedDocument<Body> {
    return openDocument(kind, bytes, { trust: this.trust, site: null, wallS: this.wallS() });
  }

  /** Verifies a whole policy. @throws {VerifyError} */
  openPolicy(bytes: Uint8Array): Policy {
    return openPolicy(bytes, { trust: this.trust, site: null, wallS: this.wallS() }).body;
  }

  /** The same for what was accepted before: that a key has expired since does not undo it. */
  reopenPolicy(bytes: Uint8Array): Policy {
    return openPolicy(bytes, { trust: this.trust, site: null, wallS: null }).body;
  }

  /**
   * Verifies an order. One that is early is kept until its time, so its keys are judged by that time.
   * @throws {VerifyError}
   */
  openOrder(bytes: Uint8Array): OpenedOrder {
    const openAt = (wallS: number) =>
      openDocument(KINDS.order, bytes, { trust: this.trust, site: null, wallS });
    const opened = (() => {
      try {
        return openAt(this.wallS());
      } catch (thrown) {
        const early = thrown instanceof VerifyError && thrown.code === 'document_early';
        if (!early) throw thrown;
        return openAt(Number(thrown.failure.facts['notBeforeS']));
      }
    })();
    const { body: order, signers, claims } = opened;
    return {
      ...{ order, bytes, signers },
      notBeforeS: claims.nbf ?? 0,
      notAfterS: claims.exp ?? 0,
    };
  }
}
