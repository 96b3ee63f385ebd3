import { type RandomStream, seededRng } from '@tieline/kernel';
import {
  type HeldKey,
  KINDS,
  nodeSigner,
  type Order,
  openTrust,
  type Policy,
  type Role,
  type Setpoint,
  type SitePolicy,
  sealDocument,
  sealPolicy,
  signTrust,
  type TrustDocument,
} from '@tieline/protocol';
import type { ControlKeys } from '../core/wire.ts';

const SEEDS: RandomStream = seededRng(11).stream('control-plane-test-keys');
export const ISSUED_S = 1_700_000_000;

/** Seeds of every key, by principal: for the files of a real process. */
export const seeds = new Map<string, Uint8Array>();

function held(principal: string): HeldKey {
  const seed = SEEDS.bytes(32);
  seeds.set(principal, seed);
  return { principal, signer: nodeSigner(seed) };
}

function entry(
  { principal, signer }: HeldKey,
  roles: Role[],
  sites: '*' | string[] = '*',
): TrustDocument['keys'][number] {
  const scope = { sites, actions: '*' as const };
  return { kid: signer.kid, publicKey: signer.publicKey, principal, roles, scope };
}

export const SITES = ['site-1', 'site-2', 'site-3'] as const;

export const root = held('root-1');
export const agentKeys = Object.fromEntries(SITES.map((site) => [site, held(site)]));
export const alice = held('alice');
export const bob = held('bob');
/** May only order site-1. */
export const carol = held('carol');
export const mallory = held('mallory');
export const policyKey = held('policy-desk');
/** Runs out at `POLICY_KEY_ENDS_S`. */
export const endingPolicyKey = held('policy-desk-2');
export const POLICY_KEY_ENDS_S = ISSUED_S + 3_600;
export const releaseKey = held('release-desk');
export const controlKeys: ControlKeys = {
  dispatch: held('control-dispatch'),
  director: held('control-director'),
  time: held('control-time'),
  witness: held('control-witness'),
  freshness: held('control-freshness'),
};

export const trustDocument: TrustDocument = {
  version: 1,
  deployment: 'test',
  world: 'simulated',
  issuedAt: ISSUED_S,
  expires: ISSUED_S + 1_000_000_000,
  keys: [
    entry(root, ['root']),
    entry(alice, ['operator']),
    entry(bob, ['operator']),
    entry(carol, ['operator'], ['site-1']),
    entry(policyKey, ['policy']),
    { ...entry(endingPolicyKey, ['policy']), expires: POLICY_KEY_ENDS_S },
    entry(releaseKey, ['release']),
    ...(Object.entries(controlKeys) as [Role, HeldKey][]).map(([role, key]) => entry(key, [role])),
    ...SITES.map((site) => entry(agentKeys[site]!, ['agent'], [site])),
  ],
  thresholds: {},
};
export const trustBytes = signTrust(trustDocument, [root]);
export const trust = openTrust(trustBytes);

function sitePolicy(site: string): SitePolicy {
  return {
    site,
    importMaxKw: 400,
    exportMaxKw: 200,
    quarterHourImportMaxKw: 250,
    rechargeImportMaxKw: 150,
    assets: [
      {
        asset: 'battery-1',
        limit: { minKw: -200, maxKw: 200 },
        margin: { minKw: -100, maxKw: 100 },
        reserveStateOfCharge: 0.2,
        rampKwPerS: 50,
        safePowerKw: 0,
      },
      {
        asset: 'pv-1',
        limit: { minKw: 0, maxKw: 150 },
        margin: { minKw: 0, maxKw: 150 },
        reserveStateOfCharge: 0,
        rampKwPerS: 50,
        safePowerKw: 150,
      },
    ],
    dwellMs: 0,
    reversalsPerHourMax: 60,
    releaseWithinMs: 0,
    commandsPerHourMax: 60,
  };
}

export function policyOf(version: number): Policy {
  return {
    version,
    deployment: 'test',
    issuedAt: ISSUED_S,
    approvals: { routine: 1, critical: 2 },
    sites: SITES.map(sitePolicy),
  };
}

export function signedPolicy(version: number, change: Partial<Policy> = {}, key = policyKey) {
  const body = { ...policyOf(version), ...change };
  return sealPolicy(body, trust.anchor, [key], { iat: ISSUED_S });
}

export function setpoint(activePowerKw: number): Setpoint {
  return {
    type: 'setpoint',
    asset: 'battery-1',
    activePowerKw,
    rampKwPerS: 20,
    rampOutKwPerS: 20,
    startWithinMs: 0,
    validForMs: 600_000,
    revert: { to: 'local' },
    priority: 5,
  };
}

export interface OrderTerms {
  readonly order?: Partial<Order>;
  readonly signers?: readonly HeldKey[];
  readonly nbf?: number;
  readonly exp?: number;
}

/** An order of one battery setpoint at site-1, valid for ten minutes, unless said otherwise. */
export function signedOrder(id: number, terms: OrderTerms = {}): Uint8Array {
  const body: Order = {
    id: new Uint8Array(16).fill(id),
    class: 'routine',
    targets: [{ site: 'site-1', actions: [setpoint(120)], assumes: {} }],
    reason: 'evening peak',
    policyVersionMin: 1,
    ...terms.order,
  };
  const nbf = terms.nbf ?? ISSUED_S;
  const exp = terms.exp ?? ISSUED_S + 600;
  const claims = { iat: ISSUED_S, nbf, exp };
  return sealDocument(KINDS.order, body, trust.anchor, terms.signers ?? [alice], claims);
}
