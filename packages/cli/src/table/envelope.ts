import { defineCommand } from './spec.ts';

export const envelopeShow = defineCommand({
  noun: 'envelope',
  verb: 'show',
  summary: 'print any message from the wire in diagnostic notation',
  details: [
    'Reads COSE_Sign1 and COSE_Sign, or any other CBOR, from a file of raw bytes or of hex. Nothing is verified.',
  ],
  operands: { file: { value: 'FILE', summary: 'raw bytes or hex; - is standard input' } },
  flags: {},
  heeds: [],
  schema: 'tieline.envelope/1',
  examples: ['tieline envelope show command.cose'],
  exits: [],
});

export const envelopeVerify = defineCommand({
  noun: 'envelope',
  verb: 'verify',
  summary: 'verify one COSE_Sign1 under a public key',
  details: [
    'Verifies the signature of a COSE_Sign1 over its headers, payload and external data, and prints headers and payload in CBOR diagnostic notation. It need not be a message of Tieline. The algorithm is pinned by --alg: what the message claims must agree.',
  ],
  operands: { file: { value: 'FILE', summary: 'raw bytes or hex; - is standard input' } },
  flags: {
    key: {
      type: 'text',
      value: 'HEX',
      summary: 'raw Ed25519 public key, 32 bytes',
      required: true,
    },
    alg: { type: 'text', value: 'ALG', summary: '-19 (Ed25519, default) or -8 (EdDSA)' },
    aad: { type: 'text', value: 'HEX', summary: 'external_aad; default: none' },
  },
  heeds: [],
  schema: 'tieline.envelope-verified/1',
  examples: ['tieline envelope verify --key d75a…511a --alg -8 message.hex'],
  exits: [4],
});
