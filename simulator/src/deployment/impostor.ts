import type { RandomStream } from '@tieline/kernel';
import {
  type Action,
  type Basis,
  commandIdOf,
  type HeldKey,
  KINDS,
  nodeSigner,
  Plan,
  parseSign1,
  sealAddressed,
  sealDocument,
} from '@tieline/protocol';
import type { Provisioned } from './provision.ts';
import { signOrder } from './sign-order.ts';
import type { SimulatedFeeder } from './simulated-site.ts';

/** What somebody without authority tries. All but the first have stolen the key that commands are signed with. */
export const TRIES = [
  'own-signature',
  'beyond-margin',
  'unsigned-order',
  'order-of-one',
  'order-for-another',
  'other-actions',
] as const;
export type Try = (typeof TRIES)[number];

export interface ImpostorParts {
  readonly provisioned: Provisioned;
  readonly simulated: SimulatedFeeder;
  readonly random: RandomStream;
  readonly nowS: number;
}

/** On an agent's clock: no command of theirs comes too late. */
const NOT_AFTER_MS = 2 ** 40;
const ORDER_VALID_S = 600;

/**
 * Makes commands that nobody gave. They are as good as a stolen key makes them: whatever the key cannot give, an agent
 * has to miss.
 */
export class Impostor {
  readonly #parts: ImpostorParts;
  readonly #own: HeldKey;

  constructor(parts: ImpostorParts) {
    this.#parts = parts;
    this.#own = { principal: 'nobody', signer: nodeSigner(parts.random.bytes(32)) };
  }

  /** @param overheard  a command to the site: its session, epoch and number are open to everybody */
  command(
    site: string,
    how: Try,
    kw: number,
    overheard: Uint8Array,
  ): { readonly topic: string; readonly payload: Uint8Array } {
    const { provisioned, simulated } = this.#parts;
    const { trust, control } = provisioned;
    const {
      epoch = 0,
      seq = 0,
      sess = new Uint8Array(16),
      pol = 0,
    } = parseSign1(overheard).header.claims;
    const key = how === 'own-signature' ? this.#inTheNameOf(control.dispatch) : control.dispatch;
    const actions = [discharge(kw)];
    const basis = this.#basis(site, how, kw, sess);
    return sealAddressed(
      KINDS.command,
      { id: commandIdOf(basis, site), notAfterSessionMs: NOT_AFTER_MS, actions, basis },
      { anchor: trust.anchor, deployment: simulated.deployment, site, key },
      // Far ahead of what the control plane has used: it is for no number that they are refused.
      { ...this.#dated(), cti: this.#parts.random.bytes(16), epoch, seq: seq + 1_000, sess, pol },
    );
  }

  #dated() {
    return { iat: this.#parts.nowS };
  }

  #basis(site: string, how: Try, kw: number, sess: Uint8Array): Basis {
    const { provisioned, random, nowS, simulated } = this.#parts;
    const { operator, trust } = provisioned;
    const common = { id: random.bytes(16), reason: 'nobody gave this', anchor: trust.anchor, nowS };
    const order = { ...common, actions: [discharge(kw)], site, key: operator };
    switch (how) {
      case 'own-signature':
      case 'beyond-margin': {
        const { id, reason } = common;
        return { type: 'plan', plan: Plan.encode({ id, reason, actions: [discharge(kw)] }) };
      }
      case 'unsigned-order':
        return { type: 'order', order: signOrder({ ...order, key: this.#inTheNameOf(operator) }) };
      case 'order-for-another': {
        const other = simulated.sites.find(({ plant }) => plant.site !== site);
        return {
          type: 'order',
          order: signOrder({ ...order, site: other?.plant.site ?? 'other' }),
        };
      }
      case 'other-actions':
        return { type: 'order', order: signOrder({ ...order, actions: [discharge(1)] }) };
      case 'order-of-one':
        return { type: 'order', order: this.#critical(site, kw, sess) };
    }
  }

  /** What takes two people, signed by one. */
  #critical(site: string, kw: number, sess: Uint8Array): Uint8Array {
    const { provisioned, random, nowS } = this.#parts;
    const targets = [{ site, actions: [discharge(kw)], sess, assumes: {} }];
    return sealDocument(
      KINDS.order,
      {
        ...{ id: random.bytes(16), class: 'critical' as const, targets },
        ...{ reason: 'one person is enough', policyVersionMin: 1 },
      },
      provisioned.trust.anchor,
      [provisioned.operator],
      { iat: nowS, nbf: nowS, exp: nowS + ORDER_VALID_S },
    );
  }

  /** Says that it is somebody's key, and signs with another. */
  #inTheNameOf({ principal, signer: { kid } }: HeldKey): HeldKey {
    return { principal, signer: { ...this.#own.signer, kid, sign: this.#own.signer.sign } };
  }
}

function discharge(kw: number): Action {
  return {
    ...{ type: 'setpoint', asset: 'battery', activePowerKw: kw, rampKwPerS: 10, rampOutKwPerS: 10 },
    ...{ startWithinMs: 0, validForMs: 120_000, revert: { to: 'local' }, priority: 0 },
  };
}
