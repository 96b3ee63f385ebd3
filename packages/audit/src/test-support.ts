import { type Clock, toHex, utf8 } from '@tieline/kernel';
import { type HeldKey, nodeSigner, nodeVerifier, sha256 } from '@tieline/protocol';
import { AuditLog } from './audit-log.ts';
import { type Database, openDatabase } from './database.ts';
import type { AuditEntry } from './record.ts';
import type { AuditKeys, LogIdentity } from './statement.ts';
import { AuditWitness } from './witness.ts';

/** Keys, logs and entries for the tests of this room. */
export const ANCHOR = sha256(utf8('first root document'));
export const DEPLOYMENT = 'demo';

export function keyOf(principal: string): HeldKey {
  return { principal, signer: nodeSigner(sha256(utf8(`seed of ${principal}`))) };
}

export function identityOf(site: string): LogIdentity {
  return { anchor: ANCHOR, deployment: DEPLOYMENT, site };
}

/** Trust in one agent a site, of the site's own name, and in one witness. */
export function keysOf(...sites: string[]): AuditKeys {
  const known = new Map(
    [...sites, 'witness'].map((principal) => {
      const { kid, publicKey } = keyOf(principal).signer;
      return [toHex(kid), { principal, verifier: nodeVerifier(publicKey) }];
    }),
  );
  return {
    anchor: ANCHOR,
    deployment: DEPLOYMENT,
    find(kid, role, site) {
      const key = known.get(toHex(kid)) ?? null;
      return key?.principal === (role === 'agent' ? site : 'witness') ? key : null;
    },
  };
}

export function agentLog(db: Database, site = 'site-1'): AuditLog {
  return new AuditLog({ db, identity: identityOf(site), key: keyOf(site) });
}

export function memoryLog(count = 0, site = 'site-1'): AuditLog {
  const log = agentLog(openDatabase(':memory:', { synchronous: 'FULL' }), site);
  for (let at = 0; at < count; at += 1) log.append(entry(at));
  return log;
}

/** Stands at 2026-03-01T00:00:00Z. */
export const stillClock: Clock = {
  wallMs: () => 1_772_323_200_000,
  monotonicMs: () => 0,
  sleepUntil: async () => {},
};

export function witnessOn(
  db = openDatabase(':memory:', { synchronous: 'FULL' }),
  clock = stillClock,
): AuditWitness {
  const [deployment, anchor, key] = [DEPLOYMENT, ANCHOR, keyOf('witness')];
  return new AuditWitness({ db, deployment, anchor, key, clock });
}

export function entry(at: number, body: AuditEntry['body'] = { at }): AuditEntry {
  return {
    wallMs: 1_772_323_200_000 + at * 1_000,
    monotonicMs: at * 1_000,
    clock: 'trusted',
    actor: 'agent',
    kind: 'cycle',
    subject: 'battery-1',
    body,
    digests: {},
  };
}

/** The failure that `step` ends with; fails the test where it does not end so. */
export function failureOf(step: () => unknown): { readonly code: string } {
  try {
    step();
  } catch (thrown) {
    if (thrown instanceof Error && 'failure' in thrown) return thrown.failure as { code: string };
    throw thrown;
  }
  throw new Error('it was not refused');
}

/** Uploads everything pending to the witness and takes its receipts. */
export function drain(log: AuditLog, witness: AuditWitness, bytesMax = 80_000): void {
  const { site } = log.identity;
  const keys = keysOf(site);
  for (let upload = log.pending(bytesMax); upload !== null; upload = log.pending(bytesMax)) {
    log.acceptReceipt(witness.ingest(site, upload, keys), keys);
  }
}
