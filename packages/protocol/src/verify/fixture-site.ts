import { seededRng } from '@tieline/kernel';
import type { Claims } from '../cose/headers.ts';
import type { HeldKey } from '../crypto/key-file.ts';
import { naclSigner } from '../crypto/nacl-ed25519.ts';
import { nodeSigner } from '../crypto/node-ed25519.ts';
import { KINDS, type Role } from '../kinds.ts';
import type { Action, Setpoint } from '../messages/action.ts';
import { type Basis, type Command, Plan } from '../messages/command.ts';
import type { Order, OrderTarget } from '../messages/order.ts';
import type { AssetPolicy, Policy } from '../messages/policy.ts';
import type { Scope, TrustDocument } from '../trust/document.ts';
import { openTrust, signTrust, type Trust } from '../trust/trust.ts';
import { type Arrival, sealAddressed } from './addressed.ts';
import { VerificationBudget } from './budget.ts';
import { commandIdOf } from './command.ts';
import { type CommandState, type CommandTime, REPLAY_START } from './command-state.ts';
import { sealDocument } from './document.ts';

/*
 * One site with its keys, its policy and its plant, for tests of this room: what an honest control plane sends is
 * accepted here, and each test then changes one thing.
 */

export const NOW_S = 1_700_000_000;
export const SESS = new Uint8Array(16).fill(0x5e);
export const CTI = new Uint8Array(16).fill(0xc7);
export const TIME: CommandTime = { sessionMs: 60_000, wallS: NOW_S };
const EVERYTHING: Scope = { sites: '*', actions: '*' };

const random = seededRng(11).stream('keys');
const person = (principal: string): HeldKey => ({
  principal,
  signer: naclSigner(random.bytes(32)),
});
const service = (principal: string): HeldKey => ({
  principal,
  signer: nodeSigner(random.bytes(32)),
});

export const keys = {
  root: person('root-1'),
  alice: person('alice'),
  aliceAgain: person('alice'),
  bob: person('bob'),
  intern: person('intern'),
  dispatch: service('dispatch'),
  otherDispatch: service('dispatch-2'),
  narrowDispatch: service('dispatch-3'),
  awayDispatch: service('dispatch-4'),
  policy: person('policy-1'),
  release: person('release-1'),
  director: service('director'),
  witness: service('witness'),
  agent: service('site-1'),
  otherAgent: service('site-2'),
  stranger: service('stranger'),
} as const satisfies Record<string, HeldKey>;

export function trustKey(
  { principal, signer }: HeldKey,
  roles: Role[],
  scope: Scope = EVERYTHING,
  expires?: number,
): TrustDocument['keys'][number] {
  const { kid, publicKey } = signer;
  return { kid, publicKey, principal, roles, scope, ...(expires === undefined ? {} : { expires }) };
}

export const trustDocument: TrustDocument = {
  version: 1,
  deployment: 'demo',
  world: 'simulated',
  issuedAt: NOW_S - 1_000,
  expires: NOW_S + 86_400,
  keys: [
    trustKey(keys.root, ['root']),
    trustKey(keys.alice, ['operator']),
    trustKey(keys.aliceAgain, ['operator']),
    trustKey(keys.bob, ['operator']),
    trustKey(keys.intern, ['operator'], { ...EVERYTHING, actions: ['cede'] }),
    trustKey(keys.dispatch, ['dispatch']),
    trustKey(keys.otherDispatch, ['dispatch'], EVERYTHING, NOW_S + 3_600),
    trustKey(keys.narrowDispatch, ['dispatch'], { ...EVERYTHING, assetClasses: ['pv'] }),
    trustKey(keys.awayDispatch, ['dispatch'], { ...EVERYTHING, sites: ['site-2'] }),
    trustKey(keys.policy, ['policy']),
    trustKey(keys.release, ['release']),
    trustKey(keys.director, ['director', 'freshness', 'time']),
    trustKey(keys.witness, ['witness']),
    trustKey(keys.agent, ['agent'], { ...EVERYTHING, sites: ['site-1'] }),
    trustKey(keys.otherAgent, ['agent'], { ...EVERYTHING, sites: ['site-2'] }),
  ],
  thresholds: {},
};
export const trustBytes = signTrust(trustDocument, [keys.root]);
export const trust: Trust = openTrust(trustBytes);

const assetPolicy = (asset: string, kw: number): AssetPolicy => ({
  asset,
  limit: { minKw: -kw, maxKw: kw },
  margin: { minKw: -kw / 2, maxKw: kw / 2 },
  reserveStateOfCharge: 0.2,
  rampKwPerS: 10,
  safePowerKw: 0,
});

export const policy: Policy = {
  version: 4,
  deployment: 'demo',
  issuedAt: NOW_S - 500,
  approvals: { routine: 1, critical: 2 },
  sites: [
    {
      site: 'site-1',
      importMaxKw: 200,
      exportMaxKw: 150,
      quarterHourImportMaxKw: 120,
      rechargeImportMaxKw: 60,
      assets: [assetPolicy('battery-1', 100), assetPolicy('pv-1', 80)],
      dwellMs: 10_000,
      reversalsPerHourMax: 60,
      releaseWithinMs: 0,
      commandsPerHourMax: 100,
    },
  ],
};

/** The site as it stands: 80 kW imported, battery and PV at rest. */
export function siteState(change: Partial<CommandState> = {}): CommandState {
  return {
    site: 'site-1',
    sess: SESS,
    budget: new VerificationBudget(),
    storedCommand: () => null,
    replay: REPLAY_START,
    policy,
    assets: [
      battery('battery-1'),
      battery('battery-9'),
      { ...battery('pv-1'), kind: 'pv', chargeMaxKw: 0, stateOfCharge: null, activePowerKw: 20 },
      { ...battery('meter-1'), kind: 'meter', dischargeMaxKw: 0, chargeMaxKw: 0 },
      { ...battery('load-1'), kind: 'load', dischargeMaxKw: 0, chargeMaxKw: 0 },
    ],
    siteImportKw: 80,
    topology: new Uint8Array(32).fill(1),
    limits: [],
    activeActions: [],
    acceptedLastHour: 0,
    ...change,
  };
}

export function battery(asset: string): CommandState['assets'][number] {
  return {
    asset,
    kind: 'battery',
    dischargeMaxKw: 120,
    chargeMaxKw: 120,
    activePowerKw: 0,
    stateOfCharge: 0.6,
    local: false,
  };
}

export function setpoint(change: Partial<Setpoint> = {}): Setpoint {
  return {
    type: 'setpoint',
    asset: 'battery-1',
    activePowerKw: 40,
    rampKwPerS: 5,
    rampOutKwPerS: 5,
    startWithinMs: 0,
    validForMs: 900_000,
    revert: { to: 'local' },
    priority: 3,
    ...change,
  };
}

export function order(
  actions: Action[] = [setpoint()],
  change: Partial<Order> = {},
  target: Partial<OrderTarget> = {},
): Order {
  return {
    id: new Uint8Array(16).fill(7),
    class: 'routine',
    targets: [{ site: 'site-1', actions, assumes: {}, ...target }],
    reason: 'evening ramp',
    policyVersionMin: 4,
    ...change,
  };
}

export function signOrder(
  body: Order,
  people: readonly HeldKey[] = [keys.alice],
  claims: Partial<Claims> = {},
): Uint8Array {
  return sealDocument(KINDS.order, body, trust.anchor, people, {
    iat: NOW_S,
    nbf: NOW_S - 60,
    exp: NOW_S + 600,
    ...claims,
  });
}

export const orderBasis = (bytes: Uint8Array): Basis => ({ type: 'order', order: bytes });
const planBasis = (actions: Action[]): Basis => ({
  type: 'plan',
  plan: Plan.encode({ id: new Uint8Array(16).fill(9), reason: 'shave the peak', actions }),
});

export interface CommandChange {
  readonly body?: Partial<Command>;
  readonly claims?: Partial<Claims>;
  readonly key?: HeldKey;
}

/** A command on its way to site-1, honest but for what `change` says. */
export function command(
  basis: Basis = orderBasis(signOrder(order())),
  actions: Action[] = [setpoint()],
  change: CommandChange = {},
): Arrival {
  const body: Command = {
    id: commandIdOf(basis, 'site-1'),
    notAfterSessionMs: 120_000,
    actions,
    basis,
    ...change.body,
  };
  const sender = {
    anchor: trust.anchor,
    deployment: 'demo',
    site: 'site-1',
    key: change.key ?? keys.dispatch,
  };
  const claims = { iat: NOW_S, cti: CTI, epoch: 1, seq: 1, sess: SESS, pol: 4, ...change.claims };
  return { ...sealAddressed(KINDS.command, body, sender, claims), retained: false };
}

/** A command whose basis is an order with these actions. */
export function orderedCommand(actions: Action[], change: CommandChange = {}): Arrival {
  return command(orderBasis(signOrder(order(actions))), actions, change);
}

/** A command whose basis is a plan with these actions. */
export function plannedCommand(actions: Action[], change: CommandChange = {}): Arrival {
  return command(planBasis(actions), actions, change);
}
