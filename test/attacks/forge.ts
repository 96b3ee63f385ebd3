import type { BusPublication } from '@tieline/bus';
import { assert, concatBytes } from '@tieline/kernel';
import {
  type Action,
  addressedAad,
  type Basis,
  type CborValue,
  type Command,
  commandIdOf,
  decodeCbor,
  encodeCbor,
  type HeldKey,
  KINDS,
  type Order,
  Plan,
  type Setpoint,
  sealAddressed,
  sealDocument,
  signSign1,
  typOf,
} from '@tieline/protocol';
import type { AttackedSite } from './attacked-site.ts';
import { mallory, SITE, START_S } from './deployment.ts';

/** What an attacker would like to see: the battery pushed into the grid. */
export function setpoint(change: Partial<Setpoint> = {}): Setpoint {
  return {
    type: 'setpoint',
    asset: 'battery',
    activePowerKw: 50,
    rampKwPerS: 20,
    rampOutKwPerS: 20,
    startWithinMs: 0,
    validForMs: 60_000,
    revert: { to: 'local' },
    priority: 5,
    ...change,
  };
}

export interface OrderTerms {
  readonly body?: Partial<Order>;
  readonly actions?: readonly Action[];
  readonly site?: string;
  readonly keys?: readonly HeldKey[];
  /** Unix seconds. */
  readonly exp?: number;
}

let orders = 0;

/** An order of its own id: rightly signed by the operator, and good for an hour, unless said otherwise. */
export function sealOrder(at: AttackedSite, terms: OrderTerms = {}): Uint8Array {
  const { trust, operator } = at.deployment;
  const { body = {}, actions = [setpoint()], site = SITE, keys = [operator] } = terms;
  orders += 1;
  const order: Order = {
    id: new Uint8Array(16).fill(orders),
    class: 'routine',
    targets: [{ site, actions: [...actions], assumes: {} }],
    reason: 'an attack',
    policyVersionMin: 1,
    ...body,
  };
  const claims = { iat: START_S, nbf: START_S, exp: terms.exp ?? START_S + 3_600 };
  return sealDocument(KINDS.order, order, trust.anchor, keys, claims);
}

export interface CommandTerms {
  readonly basis?: Basis;
  readonly actions?: readonly Action[];
  readonly key?: HeldKey;
  readonly site?: string;
  readonly body?: Partial<Command>;
  readonly epoch?: number;
  readonly seq?: number;
  readonly pol?: number;
  readonly sess?: Uint8Array;
}

let commands = 0;

/**
 * A command that the agent would accept, signed with the dispatch key itself, unless said otherwise: each
 * attack changes one thing, so that nothing else can be what stops it.
 */
export function forgeCommand(at: AttackedSite, terms: CommandTerms = {}): BusPublication {
  const { trust, control, simulated } = at.deployment;
  const { actions = [setpoint()], key = control.dispatch, site = SITE } = terms;
  const { basis = { type: 'order', order: sealOrder(at, { actions, site }) } } = terms;
  commands += 1;
  const body: Command = {
    id: commandIdOf(basis, site),
    notAfterSessionMs: at.world.monotonicMs() + 600_000,
    actions: [...actions],
    basis,
    ...terms.body,
  };
  const sender = { anchor: trust.anchor, deployment: simulated.deployment, site, key };
  const sealed = sealAddressed(KINDS.command, body, sender, {
    iat: Math.floor(at.world.wallMs() / 1_000),
    cti: Uint8Array.from({ length: 16 }, (_, k) => (k < 4 ? commands >> (8 * k) : 0) & 0xff),
    epoch: terms.epoch ?? at.control.epoch,
    seq: terms.seq ?? 1_000 + commands,
    sess: terms.sess ?? at.sess(),
    pol: terms.pol ?? 2,
  });
  return { ...sealed, qos: 1 };
}

/**
 * A presence with one property too many, under a name that the attacker chose: what refuses it may repeat that name,
 * before anybody has looked at a key.
 */
export function misnamedPresence(at: AttackedSite, name: string): BusPublication {
  const topic = at.topic('presence');
  const claims = { iss: 'mallory', aud: SITE, iat: START_S, epoch: 1, sess: at.sess() };
  const aad = addressedAad(at.deployment.trust.anchor, topic);
  const header = { typ: typOf(KINDS.presence), claims };
  const payload = signSign1(header, encodeCbor({ [name]: 0 }), aad, mallory.signer);
  return { topic, payload, qos: 0 };
}

/** The same order with its signatures rearranged: nobody signs the list of them. */
export function withSignatures(
  order: Uint8Array,
  rearrange: (signatures: readonly CborValue[]) => readonly CborValue[],
): Uint8Array {
  const tag = order.subarray(0, 2);
  const [header, unprotected, payload, signatures] = decodeCbor(order.subarray(2)) as CborValue[];
  assert(Array.isArray(signatures), 'an order is a COSE_Sign');
  const parts = [header, unprotected, payload, rearrange(signatures)];
  return concatBytes(tag, encodeCbor(parts));
}

/** A plan: what the control plane may command without any person. */
export function planOf(actions: readonly Action[]): Basis {
  commands += 1;
  const plan = {
    id: new Uint8Array(16).fill(commands),
    reason: 'an attack',
    actions: [...actions],
  };
  return { type: 'plan', plan: Plan.encode(plan) };
}

/** The same bytes but one bit. */
export function flipped(bytes: Uint8Array, at = bytes.length - 1): Uint8Array {
  const copy = bytes.slice();
  const byte = copy[at];
  assert(byte !== undefined, 'there is a byte to flip');
  copy[at] = byte ^ 1;
  return copy;
}
