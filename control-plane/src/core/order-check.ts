import { toHex } from '@tieline/kernel';
import {
  type Order,
  type Policy,
  type Scope,
  scopeCoversAction,
  scopeCoversSite,
} from '@tieline/protocol';
import { type ChargeOf, checkActions } from './action-check.ts';
import type { AgentState } from './agent-state.ts';
import { presentSession } from './agent-state.ts';
import { ORDER_VALID_MAX_S } from './bounds.ts';
import { ControlError, type ControlFailure } from './failure.ts';
import { classViolations } from './preview.ts';

/** A person whose signature on the order was verified. */
export interface OrderSigner {
  readonly principal: string;
  readonly scope: Scope;
}

/** An order whose signatures are verified and whose content is not yet judged. */
export interface OpenedOrder {
  readonly order: Order;
  readonly bytes: Uint8Array;
  readonly signers: readonly OrderSigner[];
  /** Unix seconds. */
  readonly notBeforeS: number;
  readonly notAfterS: number;
}

/** What is known of the agents that an order names. */
export interface Agents {
  /** @throws {ControlError} site_unknown */
  stateOf(site: string): AgentState;
  chargeOf(site: string): ChargeOf;
}

/**
 * Whether the control plane passes an order on. Each agent judges it again by itself; what is refused
 * here never reaches one, and its people hear of it at once.
 *
 * @throws {ControlError} order_too_long | order_policy_newer | order_site_twice | site_unknown |
 * order_action_out_of_scope | order_quorum_missed | order_class_too_low | order_session_missing | order_session_other | beyond_policy_limit |
 * beyond_ramp | asset_without_policy
 */
export function checkOrder(
  opened: OpenedOrder,
  policy: Policy,
  agents: Agents,
  nowS: number,
): void {
  const { order, signers, notAfterS } = opened;
  const validForS = notAfterS - nowS;
  if (validForS > ORDER_VALID_MAX_S) {
    const validForMaxS = ORDER_VALID_MAX_S;
    throw new ControlError({ code: 'order_too_long', validForS, validForMaxS });
  }
  if (order.policyVersionMin > policy.version) {
    const { policyVersionMin: versionMin } = order;
    throw new ControlError({ code: 'order_policy_newer', versionMin, held: policy.version });
  }
  const seen = new Set<string>();
  for (const target of order.targets) {
    if (seen.has(target.site)) {
      throw new ControlError({ code: 'order_site_twice', site: target.site });
    }
    seen.add(target.site);
    refuseFirst(targetFaults(opened, target, policy, agents));
  }
  const people = [...new Set(signers.map((signer) => signer.principal))];
  const needed = policy.approvals[order.class];
  if (people.length < needed)
    throw new ControlError({ code: 'order_quorum_missed', people, needed });
}

type Target = Order['targets'][number];

function refuseFirst(faults: Iterable<ControlFailure>): void {
  for (const fault of faults) throw new ControlError(fault);
}

function* targetFaults(
  { order, signers }: OpenedOrder,
  target: Target,
  policy: Policy,
  agents: Agents,
): Generator<ControlFailure> {
  const { site } = target;
  const agent = agents.stateOf(site);
  for (const { principal, scope } of signers) {
    for (const { type: action } of target.actions) {
      if (scopeCoversSite(scope, site) && scopeCoversAction(scope, action, null)) continue;
      yield { code: 'order_action_out_of_scope', principal, site, action };
    }
  }
  yield* classViolations(order.class, target);
  const bound = order.class === 'critical' || agent.reported?.clock === 'untrusted';
  if (bound && target.sess === undefined) yield { code: 'order_session_missing', site };
  if (target.sess !== undefined && toHex(target.sess) !== presentSession(agent)?.sess) {
    yield { code: 'order_session_other', site };
  }
  const sitePolicy = policy.sites.find((one) => one.site === site);
  if (sitePolicy === undefined) yield { code: 'site_without_policy', site };
  else yield* checkActions(sitePolicy, target.actions, agents.chargeOf(site)).violations;
}
