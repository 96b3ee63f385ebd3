import { DRAFT_DETAILS, DRAFT_FLAGS, KEY_FLAG, PASSPHRASE_FLAG, TRUST_FLAG } from './shared.ts';
import { defineCommand } from './spec.ts';

export const orderSign = defineCommand({
  noun: 'order',
  verb: 'sign',
  summary: 'sign an order, offline',
  details: [
    'Shows in words what will be signed, asks, signs with the operator’s key and writes the order to a file. Nothing is sent: `dispatch send` does that.',
    DRAFT_DETAILS,
  ],
  operands: {},
  flags: {
    ...DRAFT_FLAGS,
    key: KEY_FLAG,
    'passphrase-file': PASSPHRASE_FLAG,
    trust: TRUST_FLAG,
    out: { type: 'text', value: 'FILE', summary: 'where to write the order', required: true },
  },
  heeds: ['context', 'site', 'yes'],
  schema: 'tieline.order/1',
  examples: [
    'tieline order sign --site site-1 --asset battery-1 --kw 80 --for 30m --reason "evening peak" --key alice.key --out order.cose',
    'tieline order sign --draft draft.json --key alice.key --trust trust.cose --out order.cose',
  ],
  exits: [4, 130],
});

export const orderVerify = defineCommand({
  noun: 'order',
  verb: 'verify',
  summary: 'verify who signed an order, offline',
  details: [
    'Checks signatures, roles and scopes by the trust document, and the time window. Whether an agent carries it out is decided by its policy and its limits when it arrives.',
  ],
  operands: { file: { value: 'FILE', summary: 'a signed order; - is standard input' } },
  flags: { trust: TRUST_FLAG },
  heeds: ['context'],
  schema: 'tieline.order/1',
  examples: ['tieline order verify order.cose --trust trust.cose'],
  exits: [4],
});

export const orderShow = defineCommand({
  noun: 'order',
  verb: 'show',
  summary: 'print what an order says, without verifying it',
  operands: { file: { value: 'FILE', summary: 'a signed order; - is standard input' } },
  flags: {},
  heeds: [],
  schema: 'tieline.order/1',
  examples: ['tieline order show order.cose'],
  exits: [],
});
