import { assert, clipText, concatBytes, equalBytes } from '@tieline/kernel';
import { CborError, encodeCbor } from '../cbor/codec.ts';
import { parseSign, type Sign } from '../cose/envelope.ts';
import { EnvelopeError } from '../cose/failure.ts';
import type { Claims } from '../cose/headers.ts';
import { sha256 } from '../crypto/digest.ts';
import { KINDS } from '../kinds.ts';
import type { Action } from '../messages/action.ts';
import { type Basis, Plan } from '../messages/command.ts';
import { MessageError } from '../messages/define.ts';
import type { Assumptions, Order, OrderTarget } from '../messages/order.ts';
import type { Policy } from '../messages/policy.ts';
import type { Trust, TrustedKey } from '../trust/trust.ts';
import { checkActionScope } from './action-scope.ts';
import type { CommandState, CommandTime, Rank } from './command-state.ts';
import { type OpenedDocument, openDocument } from './document.ts';
import { refusal, type SignedCode, VerifyError } from './failure.ts';

/** What a command rests on, once checked. */
export type CheckedBasis =
  | {
      readonly type: 'order';
      readonly order: Order;
      /** Who signed it, in the order of their signatures. */
      readonly principals: readonly string[];
      readonly rank: Exclude<Rank, 'plan'>;
      /** Unix time, s, after which the order is valid no more. */
      readonly notAfterS: number;
    }
  | { readonly type: 'plan'; readonly plan: Plan; readonly rank: 'plan' };

/** SHA-256 over the deterministic CBOR of actions: equal exactly where the actions are. */
export function actionsDigest(actions: readonly Action[]): Uint8Array {
  return sha256(encodeCbor(actions));
}

/**
 * Step 14: the order's own signatures, people, quorum, time and session, or the plan; this site's actions are the
 * command's; and what the people took for granted holds now.
 */
export function checkBasis(basis: Basis, context: BasisContext): CheckedBasis {
  return basis.type === 'order' ? checkOrder(basis.order, context) : checkPlan(basis.plan, context);
}

/** What a basis is checked against. */
export interface BasisContext {
  /** Digest of the command's actions. */
  readonly actions: Uint8Array;
  readonly trust: Trust;
  readonly state: CommandState;
  readonly policy: Policy;
  readonly time: CommandTime;
}

function checkOrder(bytes: Uint8Array, context: BasisContext): CheckedBasis {
  const { actions, trust, state, policy, time } = context;
  const { body: order, claims, signers } = openOrder(bytes, trust, state.site, time.wallS);
  checkOrderPolicy(order, policy);
  const target = checkTarget(order, state.site);
  checkSameActions(target.actions, actions);
  checkOrderClass(order, target);
  for (const signer of signers) {
    checkActionScope(14, 'order_action_out_of_scope', signer, target.actions, state.assets);
  }
  checkQuorum(order, signers, policy);
  checkOrderSession(order, target, state.sess, time.wallS);
  checkAssumptions(target.assumes, state);
  return {
    type: 'order',
    order,
    principals: signers.map((signer) => signer.principal),
    rank: order.class,
    notAfterS: expiryOf(claims),
  };
}

/** Step 3 has seen that an order has its window. */
function expiryOf({ exp }: Claims): number {
  assert(exp !== undefined, 'an order has an expiry');
  return exp;
}

/** Whatever is wrong with the order's own envelope is the command's fault at step 14. */
function openOrder(
  bytes: Uint8Array,
  trust: Trust,
  site: string,
  wallS: number | null,
): OpenedDocument<Order> {
  try {
    return openDocument(KINDS.order, bytes, { trust, site, wallS });
  } catch (thrown) {
    if (!(thrown instanceof VerifyError)) throw thrown;
    // A document fails by the codes of steps 1 to 8 alone.
    const code = thrown.failure.code as SignedCode;
    throw refusal(14, `order_${code}`, thrown.failure.facts);
  }
}

function checkOrderPolicy(order: Order, policy: Policy): void {
  if (order.policyVersionMin > policy.version) {
    throw refusal(14, 'order_policy_newer', { asks: order.policyVersionMin, held: policy.version });
  }
}

function checkTarget(order: Order, site: string): OrderTarget {
  const [target, ...more] = order.targets.filter((one) => one.site === site);
  if (target === undefined || more.length > 0) {
    throw refusal(14, 'order_not_for_site', { targets: more.length + (target ? 1 : 0) });
  }
  return target;
}

/** @param commanded  digest of the command's actions */
function checkSameActions(signed: readonly Action[], commanded: Uint8Array): void {
  if (!equalBytes(actionsDigest(signed), commanded)) {
    throw refusal(14, 'basis_actions_differ');
  }
}

/** Opening and closing switches is never routine. */
function checkOrderClass(order: Order, target: OrderTarget): void {
  if (order.class === 'routine' && target.actions.some((action) => action.type === 'switch')) {
    throw refusal(14, 'order_class_too_low', { class: order.class });
  }
}

/** Distinct people were counted when the order was opened: two keys of one person do not get this far. */
function checkQuorum(order: Order, signers: readonly TrustedKey[], policy: Policy): void {
  const needed = policy.approvals[order.class];
  if (signers.length < needed) {
    throw refusal(14, 'order_quorum_missed', { signed: signers.length, needed });
  }
}

/** A critical order, and any order while the clock cannot judge its window, is for one boot alone. */
function checkOrderSession(
  order: Order,
  target: OrderTarget,
  sess: Uint8Array,
  wallS: number | null,
): void {
  if (target.sess === undefined) {
    if (order.class === 'critical' || wallS === null) {
      throw refusal(14, 'order_session_missing', { class: order.class, clock: wallS !== null });
    }
    return;
  }
  if (!equalBytes(target.sess, sess)) throw refusal(14, 'order_session_other');
}

function checkAssumptions(assumes: Assumptions, state: CommandState): void {
  if (assumes.siteImportKw !== undefined) {
    const { min, max } = assumes.siteImportKw;
    checkBetween('siteImportKw', state.siteImportKw, min, max);
  }
  for (const { asset, min } of assumes.stateOfChargeMin ?? []) {
    const view = state.assets.find((one) => one.asset === asset);
    checkBetween(`stateOfCharge ${asset}`, view?.stateOfCharge ?? null, min, 1);
  }
  if (assumes.topology === undefined) return;
  if (state.topology === null) throw refusal(14, 'assumption_unknown', { assumption: 'topology' });
  if (!equalBytes(assumes.topology, state.topology)) {
    throw refusal(14, 'assumption_failed', { assumption: 'topology' });
  }
}

function checkBetween(assumption: string, value: number | null, min: number, max: number): void {
  if (value === null) throw refusal(14, 'assumption_unknown', { assumption });
  if (value < min || value > max) {
    throw refusal(14, 'assumption_failed', { assumption, value, min, max });
  }
}

function checkPlan(bytes: Uint8Array, { actions }: BasisContext): CheckedBasis {
  const plan = readPlan(bytes);
  checkSameActions(plan.actions, actions);
  return { type: 'plan', plan, rank: 'plan' };
}

/** A plan has no signature of its own: the command's, by the dispatch key, is the plan's as well. */
function readPlan(bytes: Uint8Array): Plan {
  try {
    return Plan.decode(bytes);
  } catch (thrown) {
    if (!(thrown instanceof CborError || thrown instanceof MessageError)) throw thrown;
    throw refusal(14, 'plan_malformed', { reason: clipText(thrown.message, 200) });
  }
}

/**
 * The bytes of a basis that name its command. Of an order they are what its people signed, and never their
 * signatures: anybody can put those into another order or leave one out, and who signed can sign anew.
 */
export function namingBytes(basis: Basis): Uint8Array {
  if (basis.type === 'plan') return basis.plan;
  const signed = signedPartOf(basis.order);
  return signed === null ? basis.order : concatBytes(signed.headerBytes, signed.payload);
}

/** Null for what is no COSE_Sign: step 14 says why, and nothing is ever accepted under its name. */
function signedPartOf(order: Uint8Array): Pick<Sign, 'headerBytes' | 'payload'> | null {
  try {
    return parseSign(order);
  } catch (thrown) {
    if (thrown instanceof CborError || thrown instanceof EnvelopeError) return null;
    throw thrown;
  }
}
