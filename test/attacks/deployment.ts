import { seededRng } from '@tieline/kernel';
import {
  type HeldKey,
  nodeSigner,
  openTrust,
  type Policy,
  policyParts,
  type Role,
  type Scope,
  sealPolicy,
  signTrust,
  type Trust,
} from '@tieline/protocol';
import {
  charged,
  eveningPeak,
  type Provisioned,
  provision,
  type SimulatedFeeder,
} from '@tieline/simulator';

/** Three in the night: the batteries are full and nobody has a peak to shave, so that the plant rests. */
export const START_MS = Date.UTC(2026, 2, 4, 3, 0);
export const START_S = START_MS / 1_000;
/** The site that is attacked, and another one whose key an attacker has got hold of. */
export const SITE = 'mill-lane';
export const OTHER_SITE = 'harbour';

const seeds = seededRng(2).stream('attack-keys');

function held(principal: string): HeldKey {
  return { principal, signer: nodeSigner(seeds.bytes(32)) };
}

/** Nobody has ever heard of her key. */
export const mallory = held('mallory');
/** An operator of the other site alone. */
export const harbourOperator = held('operator-bo');
/** An operator like the one whom the deployment was made with. */
export const secondOperator = held('operator-dee');
/** An operator who may set limits, and nothing else. */
export const limitOperator = held('operator-cem');

const simulated: SimulatedFeeder = (() => {
  const feeder = eveningPeak();
  const sites = feeder.sites.map((site) => charged(site, 1));
  return { ...feeder, sites };
})();

/** A deployment with more people than the demo's, and its policy as version 2: there is an older one to go back to. */
export interface Deployment extends Provisioned {
  readonly simulated: SimulatedFeeder;
  readonly policy: Policy;
}

export function makeDeployment(): Deployment {
  const first = provision(simulated, seededRng(1).stream('provision'), START_S);
  const { document } = first.trust;
  const entry = ({ principal, signer }: HeldKey, role: Role, scope: Scope) => ({
    kid: signer.kid,
    publicKey: signer.publicKey,
    principal,
    roles: [role],
    scope,
  });
  const keys = [
    ...document.keys,
    entry(harbourOperator, 'operator', { sites: [OTHER_SITE], actions: '*' }),
    entry(secondOperator, 'operator', { sites: '*', actions: '*' }),
    entry(limitOperator, 'operator', { sites: '*', actions: ['limit'] }),
  ];
  const trustBytes = signTrust({ ...document, keys }, [first.root]);
  const trust = openTrust(trustBytes);
  const policy: Policy = {
    version: 2,
    deployment: simulated.deployment,
    issuedAt: START_S,
    approvals: { routine: 1, critical: 2 },
    sites: simulated.sites.map((site) => site.policy),
  };
  const policyBytes = sealPolicy(policy, trust.anchor, [first.policyKey], { iat: START_S });
  return { ...first, simulated, trust, trustBytes, policy, policyBytes };
}

/** What one site is to get of a policy that `key` has signed. */
export function policyFor(site: string, policy: Policy, trust: Trust, key: HeldKey): Uint8Array {
  return policyParts(sealPolicy(policy, trust.anchor, [key], { iat: policy.issuedAt }))(site);
}
