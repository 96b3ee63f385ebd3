import type { ControlKeys } from '@tieline/control-plane';
import type { RandomStream } from '@tieline/kernel';
import {
  BLOCK_BYTES,
  type HeldKey,
  KINDS,
  nodeSigner,
  openTrust,
  type Policy,
  type Role,
  sealDocument,
  sealPolicy,
  sha256,
  signTrust,
  type Trust,
} from '@tieline/protocol';
import type { SimulatedFeeder } from './simulated-site.ts';

/** A key with the seed that it can be written to a file from. */
export interface SeededKey extends HeldKey {
  readonly seed: Uint8Array;
}

/** Who there is in a simulated deployment, and what they have signed. */
export interface Provisioned {
  readonly trust: Trust;
  readonly trustBytes: Uint8Array;
  readonly root: SeededKey;
  readonly operator: SeededKey;
  readonly policyKey: SeededKey;
  readonly releaseKey: SeededKey;
  readonly control: { readonly [K in keyof ControlKeys]: SeededKey };
  readonly agents: ReadonlyMap<string, SeededKey>;
  /** The first policy, and as it was signed. */
  readonly policy: Policy;
  readonly policyBytes: Uint8Array;
}

const TEN_YEARS_S = 10 * 365 * 86_400;

/**
 * Makes every key of a simulated deployment and signs its first trust document and policy. One root, one
 * operator: a real deployment has more of both, and its root keys never meet a running machine.
 *
 * @param random  the source of all seeds; a seeded one gives the same deployment again
 */
export function provision(
  simulated: SimulatedFeeder,
  random: RandomStream,
  issuedAt: number,
): Provisioned {
  const key = (principal: string): SeededKey => {
    const seed = random.bytes(32);
    return { principal, seed, signer: nodeSigner(seed) };
  };
  const people = {
    root: key('root-1'),
    operator: key('operator-ada'),
    policyKey: key('policy-board'),
    releaseKey: key('release-bench'),
  };
  const control = {
    dispatch: key('control-dispatch'),
    director: key('control-director'),
    time: key('control-time'),
    witness: key('control-witness'),
    freshness: key('control-freshness'),
  };
  const agents = new Map(
    simulated.sites.map(({ plant }) => [plant.site, key(plant.site)] as const),
  );
  const everywhere = { sites: '*', actions: '*' } as const;
  const stated = (held: SeededKey, role: Role, sites: '*' | string[] = '*') => ({
    kid: held.signer.kid,
    publicKey: held.signer.publicKey,
    principal: held.principal,
    roles: [role],
    scope: { ...everywhere, sites },
  });
  const trustBytes = signTrust(
    {
      version: 1,
      deployment: simulated.deployment,
      world: 'simulated',
      issuedAt,
      expires: issuedAt + TEN_YEARS_S,
      keys: [
        stated(people.root, 'root'),
        stated(people.operator, 'operator'),
        stated(people.policyKey, 'policy'),
        stated(people.releaseKey, 'release'),
        ...Object.entries(control).map(([role, held]) => stated(held, role as Role)),
        ...[...agents].map(([site, held]) => stated(held, 'agent', [site])),
      ],
      thresholds: { root: 1 },
    },
    [people.root],
  );
  const trust = openTrust(trustBytes);
  const policy: Policy = {
    version: 1,
    deployment: simulated.deployment,
    issuedAt,
    approvals: { routine: 1, critical: 2 },
    sites: simulated.sites.map((site) => site.policy),
  };
  const policyBytes = signPolicy(policy, trust, people.policyKey);
  return { trust, trustBytes, ...people, control, agents, policy, policyBytes };
}

export function signPolicy(policy: Policy, trust: Trust, policyKey: HeldKey): Uint8Array {
  const { issuedAt } = policy;
  return sealPolicy(policy, trust.anchor, [policyKey], { iat: issuedAt });
}

/** Signs a model package for release, block by block. */
export function signRelease(
  packed: Uint8Array,
  named: { readonly name: string; readonly version: string },
  trust: Trust,
  releaseKey: HeldKey,
  issuedAt: number,
): Uint8Array {
  const blocks: Uint8Array[] = [];
  for (let at = 0; at < packed.length; at += BLOCK_BYTES) {
    blocks.push(sha256(packed.subarray(at, at + BLOCK_BYTES)));
  }
  const release = { ...named, digest: sha256(packed), bytes: packed.length, blocks };
  return sealDocument(KINDS.release, release, trust.anchor, [releaseKey], { iat: issuedAt });
}
