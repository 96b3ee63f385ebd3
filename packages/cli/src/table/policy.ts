import { KEY_FLAG, PASSPHRASE_FLAG, TRUST_FLAG } from './shared.ts';
import { defineCommand } from './spec.ts';

export const policyCheck = defineCommand({
  noun: 'policy',
  verb: 'check',
  summary: 'check a policy file before anybody signs it',
  details: [
    'Checks the shape, every unit and range, and that the file does not contradict itself: margins lie inside limits, safe powers too, every site and asset stands once.',
  ],
  operands: { file: { value: 'FILE', summary: 'a policy (JSON); - is standard input' } },
  flags: {},
  heeds: [],
  schema: 'tieline.policy/1',
  examples: ['tieline policy check policy.json'],
  exits: [],
});

export const policyPublish = defineCommand({
  noun: 'policy',
  verb: 'publish',
  summary: 'sign a policy and hand it to the control plane',
  details: [
    'Checks the file, shows what changes, asks, signs it with the policy key and publishes it to every agent. The version must be above the one in force. An agent judges it by the trust document that it holds.',
  ],
  operands: { file: { value: 'FILE', summary: 'a policy (JSON)' } },
  flags: { key: KEY_FLAG, 'passphrase-file': PASSPHRASE_FLAG, trust: TRUST_FLAG },
  heeds: ['context', 'yes', 'timeout'],
  schema: 'tieline.policy-published/1',
  examples: ['tieline policy publish policy.json --key policy.key'],
  exits: [3, 4],
});

export const policyShow = defineCommand({
  noun: 'policy',
  verb: 'show',
  summary: 'show the policy in force',
  operands: {},
  flags: {},
  heeds: ['context', 'site', 'timeout'],
  schema: 'tieline.policy/1',
  examples: ['tieline policy show --site site-1'],
  exits: [3, 4],
});
