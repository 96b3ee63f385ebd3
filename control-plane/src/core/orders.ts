import { type Clock, equalBytes, type RandomStream, toHex } from '@tieline/kernel';
import { type Action, commandIdOf, Plan, type Policy, type SitePolicy } from '@tieline/protocol';
import type { ControlStore } from '../ports/control-store.ts';
import type { CommandRecord } from '../ports/records.ts';
import { type ChargeOf, checkActions } from './action-check.ts';
import type { AgentRegistry } from './agent-registry.ts';
import { PLAN_ACCEPT_WITHIN_MS, PREVIEW_AGE_MAX_MS } from './bounds.ts';
import type { Dispatch } from './dispatch.ts';
import { ControlError } from './failure.ts';
import type { LastKnown } from './last-known.ts';
import { checkOrder, type OpenedOrder } from './order-check.ts';
import type { Outbox } from './outbox.ts';
import { encodeTargets, readPreview } from './preview.ts';
import type { Wire } from './wire.ts';

export interface OrderPorts {
  readonly clock: Clock;
  readonly ids: RandomStream;
  readonly store: ControlStore;
  readonly wire: Wire;
  readonly agents: AgentRegistry;
  readonly dispatch: Dispatch;
  readonly outbox: Outbox;
  readonly known: LastKnown;
  /** @throws {ControlError} policy_missing */
  readonly policy: () => Policy;
}

export interface Submitted {
  readonly order: string;
  readonly commands: readonly CommandRecord[];
}

/** Turns what people signed, and what automation may do alone, into commands. */
export class Orders {
  readonly #ports: OrderPorts;

  constructor(ports: OrderPorts) {
    this.#ports = ports;
  }

  /**
   * Takes a signed order: one command for each site that it names. The same order again changes nothing
   * and is answered as before.
   * @throws {VerifyError} for signatures, roles and time
   * @throws {ControlError} as `checkOrder`; order_conflict | preview_unknown | preview_differs |
   * preview_policy_other | preview_too_old | too_many_waiting | command_too_large | policy_missing
   */
  submit(bytes: Uint8Array): Submitted {
    const { store, wire, agents, dispatch, outbox, policy } = this.#ports;
    const opened = wire.openOrder(bytes);
    const id = toHex(opened.order.id);
    const held = store.order(id);
    if (held !== null) {
      if (!equalBytes(held.bytes, bytes))
        throw new ControlError({ code: 'order_conflict', order: id });
      return { order: id, commands: store.commandsOfOrder(id) };
    }
    const view = { stateOf: (site: string) => agents.get(site), chargeOf: this.#chargeAt };
    checkOrder(opened, policy(), view, wire.wallS());
    this.#checkPreview(opened);
    for (const { site } of opened.order.targets) dispatch.assertRoom(site);
    const commands = opened.order.targets.map((target) => this.#fromOrder(opened, id, target));
    for (const command of commands) outbox.assertFits(command);
    const { order, signers } = opened;
    store.transaction(() => {
      store.addOrder({
        ...{ id, bytes, class: order.class, reason: order.reason },
        signers: [...new Set(signers.map((signer) => signer.principal))],
        preview: order.preview === undefined ? null : toHex(order.preview),
        submittedWallMs: this.#ports.clock.wallMs(),
      });
      for (const command of commands) store.addCommand(command);
    });
    for (const command of commands) dispatch.take(command);
    return { order: id, commands };
  }

  /**
   * Commands one site alone, inside the automatic margins of the signed policy.
   * @throws {ControlError} site_unknown | site_without_policy | beyond_margin and what `checkActions`
   * finds | too_many_waiting | command_too_large | policy_missing
   */
  plan(site: string, actions: readonly Action[], reason: string): CommandRecord {
    const { clock, ids, store, agents, dispatch, outbox, policy } = this.#ports;
    agents.get(site);
    checkPlan(sitePolicy(policy(), site), actions, this.#chargeAt(site));
    dispatch.assertRoom(site);
    const bytes = Plan.encode({ id: ids.bytes(16), reason, actions: [...actions] });
    const nowMs = clock.wallMs();
    const command: CommandRecord = {
      id: toHex(commandIdOf({ type: 'plan', plan: bytes }, site)),
      ...{ site, orderId: null, actions, reason, boundSess: null },
      basis: { type: 'plan', bytes },
      createdWallMs: nowMs,
      notBeforeWallMs: nowMs,
      notAfterWallMs: nowMs + PLAN_ACCEPT_WITHIN_MS,
      control: { state: 'queued', code: null },
    };
    outbox.assertFits(command);
    store.addCommand(command);
    dispatch.take(command);
    return command;
  }

  readonly #chargeAt =
    (site: string): ChargeOf =>
    (asset) =>
      this.#ports.known.get(site, asset, 'state-of-charge')?.value ?? null;

  #fromOrder(
    { order, bytes, notBeforeS, notAfterS }: OpenedOrder,
    orderId: string,
    { site, actions, sess }: OpenedOrder['order']['targets'][number],
  ): CommandRecord {
    return {
      id: toHex(commandIdOf({ type: 'order', order: bytes }, site)),
      ...{ site, orderId, actions, reason: order.reason },
      basis: { type: 'order', bytes },
      boundSess: sess === undefined ? null : toHex(sess),
      createdWallMs: this.#ports.clock.wallMs(),
      notBeforeWallMs: notBeforeS * 1_000,
      notAfterWallMs: notAfterS * 1_000,
      control: { state: 'queued', code: null },
    };
  }

  /** What the people looked at is what they signed, and it is not long ago. */
  #checkPreview({ order }: OpenedOrder): void {
    if (order.preview === undefined) return;
    const preview = toHex(order.preview);
    const { clock, policy, store } = this.#ports;
    const bytes = store.preview(preview);
    if (bytes === null) throw new ControlError({ code: 'preview_unknown', preview });
    const { madeWallMs, policyVersion, targets } = readPreview(bytes);
    if (!equalBytes(targets, encodeTargets(order.targets))) {
      throw new ControlError({ code: 'preview_differs', preview });
    }
    const { version: held } = policy();
    if (policyVersion !== held) {
      throw new ControlError({ code: 'preview_policy_other', preview, policyVersion, held });
    }
    const [ageMs, ageMaxMs] = [clock.wallMs() - madeWallMs, PREVIEW_AGE_MAX_MS];
    if (ageMs > ageMaxMs) {
      throw new ControlError({ code: 'preview_too_old', preview, ageMs, ageMaxMs });
    }
  }
}

function sitePolicy(policy: Policy, site: string): SitePolicy {
  const found = policy.sites.find((one) => one.site === site);
  if (found === undefined) throw new ControlError({ code: 'site_without_policy', site });
  return found;
}

function checkPlan(policy: SitePolicy, actions: readonly Action[], chargeOf: ChargeOf): void {
  const { violations, beyondMargin } = checkActions(policy, actions, chargeOf);
  const fault = violations[0] ?? beyondMargin;
  if (fault !== null) throw new ControlError(fault);
}
