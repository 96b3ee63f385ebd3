import { TRUST_FLAG } from './shared.ts';
import { defineCommand } from './spec.ts';

const PRUNED_FLAG = {
  type: 'toggle',
  summary: 'take a file that begins at a later record, as a gateway’s own export does',
} as const;

export const auditTail = defineCommand({
  noun: 'audit',
  verb: 'tail',
  summary: 'print the newest audit records of a site',
  operands: { site: { value: 'SITE', summary: 'whose log' } },
  flags: {
    limit: { type: 'text', value: 'N', summary: 'how many records, at most 1000; default 20' },
    from: { type: 'text', value: 'N', summary: 'the first record wanted, instead of the newest' },
  },
  heeds: ['context', 'timeout'],
  schema: 'tieline.audit-record/1',
  examples: ['tieline audit tail site-1', 'tieline audit tail site-1 --from 0 --limit 100 --json'],
  exits: [3, 4],
});

export const auditVerify = defineCommand({
  noun: 'audit',
  verb: 'verify',
  summary: 'verify an exported log, offline',
  details: [
    'Needs only the file and the trust document. A flipped byte, a missing record, a cut tail that had a receipt and two logs spliced together are all found, up to the last receipt; beyond it only the agent’s own signature speaks.',
    'A file that begins at a later record does not verify: anybody can leave the oldest records out. With --pruned it does, and it is said where it begins.',
  ],
  operands: { file: { value: 'FILE', summary: 'an export, as `audit export` writes it' } },
  flags: { trust: TRUST_FLAG, pruned: PRUNED_FLAG },
  heeds: ['context'],
  schema: 'tieline.audit-verified/1',
  examples: ['tieline audit verify site-1.audit --trust trust.cose'],
  exits: [4],
});

export const auditExport = defineCommand({
  noun: 'audit',
  verb: 'export',
  summary: 'fetch a site’s whole log as one file',
  operands: { site: { value: 'SITE', summary: 'whose log' } },
  flags: {
    out: { type: 'text', value: 'FILE', summary: 'where to write it', required: true },
    closed: {
      type: 'text',
      value: 'N',
      summary:
        'a log that was closed with a replaced disk, from 1, instead of the one that goes on',
    },
  },
  heeds: ['context', 'timeout'],
  schema: 'tieline.audit-exported/1',
  examples: ['tieline audit export site-1 --out site-1.audit'],
  exits: [3, 4],
});

export const auditReplay = defineCommand({
  noun: 'audit',
  verb: 'replay',
  summary: 'decide again over a log, and compare bit for bit',
  details: [
    'Runs the agent’s own decisions again over the logged process images and model outputs. Exit 1 where one differs, or where there is nothing to replay. With --trust the log is verified first.',
  ],
  operands: { file: { value: 'FILE', summary: 'an export, as `audit export` writes it' } },
  flags: { trust: TRUST_FLAG, pruned: PRUNED_FLAG },
  heeds: [],
  schema: 'tieline.replay/1',
  examples: ['tieline audit replay site-1.audit --trust trust.cose'],
  exits: [4],
});
