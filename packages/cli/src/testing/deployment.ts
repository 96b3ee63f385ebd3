import { seededRng } from '@tieline/kernel';
import {
  type HeldKey,
  nodeSigner,
  openTrust,
  type Role,
  sealKeyFile,
  serviceKeyFile,
  sha256,
  signTrust,
  type Trust,
} from '@tieline/protocol';

/** A small deployment for tests: every role has a holder, and the trust document knows them all. */
export const PASSPHRASE = 'correct horse battery';
export const WALL_MS = Date.UTC(2025, 5, 1, 12);
const ISSUED_S = WALL_MS / 1_000 - 86_400;

/** Far away, for the tests that run on this machine's clock. */
const EXPIRES_S = 2 ** 33;

interface Holder {
  readonly principal: string;
  readonly roles: readonly Role[];
  readonly sites: '*' | string[];
}

const HOLDERS: readonly Holder[] = [
  { principal: 'root-1', roles: ['root'], sites: '*' },
  { principal: 'alice', roles: ['operator'], sites: ['site-1', 'site-2'] },
  { principal: 'policy-1', roles: ['policy'], sites: '*' },
  { principal: 'release-1', roles: ['release'], sites: '*' },
  { principal: 'witness-1', roles: ['witness'], sites: '*' },
  { principal: 'site-1', roles: ['agent'], sites: ['site-1'] },
];

export interface Deployment {
  readonly trustBytes: Uint8Array;
  readonly trust: Trust;
  key(principal: string): HeldKey;
  /** Sealed by `PASSPHRASE`, at the lowest cost. */
  keyFile(principal: string): string;
  serviceKeyFile(principal: string): string;
}

export function makeDeployment(world: 'real' | 'simulated' = 'real'): Deployment {
  const seedOf = (principal: string) => sha256(new TextEncoder().encode(`seed of ${principal}`));
  const key = (principal: string): HeldKey => ({
    principal,
    signer: nodeSigner(seedOf(principal)),
  });
  const keys = HOLDERS.map(({ principal, roles, sites }) => {
    const { kid, publicKey } = key(principal).signer;
    const scope = { sites, actions: '*' as const };
    return { kid, publicKey, principal, roles: [...roles], scope };
  });
  const trustBytes = signTrust(
    {
      version: 1,
      deployment: 'demo',
      world,
      issuedAt: ISSUED_S,
      expires: EXPIRES_S,
      keys,
      thresholds: {},
    },
    [key('root-1')],
  );
  return {
    trustBytes,
    trust: openTrust(trustBytes),
    key,
    keyFile: (principal) =>
      sealKeyFile({ principal, seed: seedOf(principal) }, PASSPHRASE, seededRng(3).stream('salt'), {
        N: 2 ** 14,
        r: 8,
        p: 1,
      }),
    serviceKeyFile: (principal) => serviceKeyFile(principal, seedOf(principal)),
  };
}
