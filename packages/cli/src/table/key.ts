import { PASSPHRASE_FLAG } from './shared.ts';
import { defineCommand } from './spec.ts';

export const keyNew = defineCommand({
  noun: 'key',
  verb: 'new',
  summary: 'make a person’s signing key, sealed by a passphrase',
  details: [
    'Draws an Ed25519 key and writes it sealed (scrypt, XSalsa20-Poly1305) to a new file of mode 0600. The passphrase is asked for twice at the terminal without echo, or read from a file. Nothing is overwritten.',
    'Whoever keeps the trust document adds the public key that this prints.',
  ],
  operands: {},
  flags: {
    principal: {
      type: 'text',
      value: 'NAME',
      summary: 'whose key it is, as the trust document will spell it',
      required: true,
    },
    out: { type: 'text', value: 'FILE', summary: 'where to write it', required: true },
    'passphrase-file': PASSPHRASE_FLAG,
  },
  heeds: [],
  schema: 'tieline.key-facts/1',
  examples: ['tieline key new --principal alice --out alice.key'],
  exits: [130],
});

export const keyShow = defineCommand({
  noun: 'key',
  verb: 'show',
  summary: 'print what a key file says openly',
  details: [
    'Principal, key id and public key: no passphrase is asked for, nothing secret is read.',
  ],
  operands: { file: { value: 'FILE', summary: 'a key file; - is standard input' } },
  flags: {},
  heeds: [],
  schema: 'tieline.key-facts/1',
  examples: ['tieline key show alice.key'],
  exits: [],
});
