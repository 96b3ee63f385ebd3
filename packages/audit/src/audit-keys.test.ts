import { concatBytes } from '@tieline/kernel';
import {
  KINDS,
  openAddressed,
  openDocument,
  openTrust,
  signTrust,
  type TrustDocument,
  VerificationBudget,
} from '@tieline/protocol';
import { expect, test } from 'vitest';
import { auditKeysOf } from './audit-keys.ts';
import { AuditLog } from './audit-log.ts';
import { openDatabase } from './database.ts';
import { entry, failureOf, keyOf, stillClock } from './test-support.ts';
import { verifyExport } from './verify-export.ts';
import { AuditWitness } from './witness.ts';

type TrustKey = TrustDocument['keys'][number];

const trustedKey = (
  principal: string,
  role: TrustKey['roles'][number],
  sites: '*' | string[] = '*',
): TrustKey => {
  const { kid, publicKey } = keyOf(principal).signer;
  return { kid, publicKey, principal, roles: [role], scope: { sites, actions: '*' } };
};

const trust = openTrust(
  signTrust(
    {
      version: 1,
      deployment: 'demo',
      world: 'simulated',
      issuedAt: 1_772_323_200,
      expires: 1_800_000_000,
      keys: [
        trustedKey('root-1', 'root'),
        trustedKey('site-1', 'agent', ['site-1']),
        trustedKey('site-2', 'agent', ['site-2']),
        // Expired long ago: what it signed while it was valid still stands.
        { ...trustedKey('witness', 'witness', ['site-1', 'site-3']), expires: 1 },
        trustedKey('dispatch-1', 'dispatch'),
      ],
      thresholds: {},
    },
    [keyOf('root-1')],
  ),
);
const keys = auditKeysOf(trust);
const identity = { anchor: trust.anchor, deployment: 'demo', site: 'site-1' };

const memory = () => openDatabase(':memory:', { synchronous: 'FULL' });
const logOf = (principal: string) => {
  const log = new AuditLog({ db: memory(), identity, key: keyOf(principal) });
  for (let at = 0; at < 5; at += 1) log.append(entry(at));
  return log;
};
const witnessOf = (principal: string) =>
  new AuditWitness({
    db: memory(),
    deployment: 'demo',
    anchor: trust.anchor,
    key: keyOf(principal),
    clock: stillClock,
  });

test('a log and its receipts verify with the trust document and nothing else', () => {
  const log = logOf('site-1');
  const upload = log.pending(80_000);
  if (upload === null) throw new Error('five records are pending');
  log.acceptReceipt(witnessOf('witness').ingest('site-1', upload, keys), keys);
  const report = verifyExport(concatBytes(...log.export()), keys);
  expect(report).toMatchObject({ site: 'site-1', size: 5, receiptedSize: 5 });
});

test.each(['site-2', 'dispatch-1', 'witness', 'nobody'])(
  'a log of site-1 that %s signed proves nothing',
  (principal) => {
    const bytes = concatBytes(...logOf(principal).export());
    expect(failureOf(() => verifyExport(bytes, keys))).toMatchObject({
      code: 'signature_refused',
      what: 'checkpoint',
    });
  },
);

test.each(['dispatch-1', 'site-1', 'site-2'])('a receipt that %s signed is none', (principal) => {
  const log = logOf('site-1');
  const upload = log.pending(80_000);
  if (upload === null) throw new Error('five records are pending');
  const receipt = witnessOf(principal).ingest('site-1', upload, keys);
  expect(failureOf(() => log.acceptReceipt(receipt, keys))).toMatchObject({
    code: 'signature_refused',
    what: 'receipt',
  });
});

test('a witness speaks only for the sites in its scope', () => {
  const { kid } = keyOf('witness').signer;
  expect(keys.find(kid, 'witness', 'site-3')?.principal).toBe('witness');
  expect(keys.find(kid, 'witness', 'site-2')).toBeNull();
  expect(keys.find(kid, 'agent', 'site-1')).toBeNull();
});

test('what this room signs is what the protocol opens: a receipt on its topic, a checkpoint as a document', () => {
  const log = logOf('site-1');
  const upload = log.pending(80_000);
  if (upload === null) throw new Error('five records are pending');
  const payload = witnessOf('witness').ingest('site-1', upload, keys);
  const head = { origin: 'demo/site-1', size: 5, root: log.root() };
  const arrival = { topic: 'tl1/demo/site-1/audit-receipt', payload, retained: false };
  const budget = new VerificationBudget();
  const receiver = { trust, site: 'site-1', sess: null, budget, nowMs: 0, wallS: null };
  expect(openAddressed(KINDS.auditReceipt, arrival, receiver).body).toEqual(head);
  const reader = { trust, site: 'site-1', wallS: null };
  expect(openDocument(KINDS.checkpoint, upload.checkpoint, reader).body).toEqual(head);
});
