import { equalBytes } from '@tieline/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KINDS } from '../kinds.ts';
import { type Arrival, openAddressed, sealAddressed } from './addressed.ts';
import { VerificationBudget } from './budget.ts';
import { verifyCommand } from './command.ts';
import { openDocument } from './document.ts';
import { VerifyError } from './failure.ts';
import {
  CTI,
  command,
  keys,
  NOW_S,
  order,
  plannedCommand,
  policy,
  SESS,
  setpoint,
  signOrder,
  siteState,
  TIME,
  trust,
} from './fixture-site.ts';
import { openPolicy, policyParts, sealPolicy } from './policy.ts';

/** Runs in about fifteen seconds on one core: nearly half of it is Ed25519. */
const MESSAGES = 100_000;

/** A signed message, and the reader that takes it as it is. */
interface Sample {
  readonly bytes: Uint8Array;
  read(bytes: Uint8Array): unknown;
}

// The budget must not be what refuses.
const budget = new VerificationBudget(10 * MESSAGES, 1);
const state = siteState({ budget });
const sender = { anchor: trust.anchor, deployment: 'demo', site: 'site-1', key: keys.agent };
const control = { trust, site: null, sess: SESS, budget, nowMs: 0, wallS: NOW_S };
const reader = { trust, site: 'site-1', wallS: NOW_S };

const commandSample = (arrival: Arrival): Sample => ({
  bytes: arrival.payload,
  read: (payload) => verifyCommand({ ...arrival, payload }, trust, state, TIME),
});
const receipt = sealAddressed(
  KINDS.receipt,
  {
    command: new Uint8Array(16),
    cti: CTI,
    messageDigest: new Uint8Array(32),
    counter: 4,
    auditIndex: 12,
    status: { state: 'confirmed', by: 'meter', measuredKw: 39.87 },
    atSessionMs: 61_000,
    wallMs: NOW_S * 1_000,
    clock: 'trusted',
  },
  sender,
  { iat: NOW_S, cti: CTI, sess: SESS },
);
const telemetry = sealAddressed(
  KINDS.telemetry,
  {
    startSessionMs: 0,
    startWallMs: NOW_S * 1_000,
    clock: 'holdover',
    stepMs: 1_000,
    series: [{ asset: 'battery-1', quantity: 'active-power-kw', values: [1.5, null, -3, 0.25] }],
  },
  sender,
  { iat: NOW_S, sess: SESS },
);
const orderBytes = signOrder(order(), [keys.alice, keys.bob]);
const policyBytes = policyParts(sealPolicy(policy, trust.anchor, [keys.policy], { iat: NOW_S }))(
  'site-1',
);

const samples: readonly Sample[] = [
  commandSample(command()),
  commandSample(plannedCommand([setpoint({ activePowerKw: 33.3 })])),
  {
    bytes: receipt.payload,
    read: (payload) =>
      openAddressed(KINDS.receipt, { topic: receipt.topic, payload, retained: false }, control),
  },
  {
    bytes: telemetry.payload,
    read: (payload) =>
      openAddressed(KINDS.telemetry, { topic: telemetry.topic, payload, retained: false }, control),
  },
  { bytes: orderBytes, read: (bytes) => openDocument(KINDS.order, bytes, reader) },
  { bytes: policyBytes, read: (bytes) => openPolicy(bytes, reader) },
];

/** One place and what is done to it: flip bits of a byte, drop a run of bytes, or insert one. */
const mutation = fc.record({
  sample: fc.nat(samples.length - 1),
  // Parts per million of the message, without bias, so that every part of it is met in proportion.
  place: fc.noBias(fc.nat(999_999)),
  how: fc.oneof(
    { weight: 2, arbitrary: fc.record({ flip: fc.integer({ min: 1, max: 255 }) }) },
    { weight: 1, arbitrary: fc.record({ drop: fc.integer({ min: 1, max: 4 }) }) },
    {
      weight: 1,
      arbitrary: fc.record({ insert: fc.uint8Array({ minLength: 1, maxLength: 4 }) }),
    },
  ),
});

type How = { flip: number } | { drop: number } | { insert: Uint8Array };

function mutated(bytes: Uint8Array, at: number, how: How): Uint8Array {
  const before = bytes.subarray(0, at);
  if ('flip' in how) {
    const changed = bytes.slice();
    changed[at] = changed[at]! ^ how.flip;
    return changed;
  }
  const middle = 'insert' in how ? how.insert : new Uint8Array();
  const after = bytes.subarray('drop' in how ? at + how.drop : at);
  return Uint8Array.from([...before, ...middle, ...after]);
}

test('each sample is accepted as it was signed', () => {
  for (const sample of samples) expect(() => sample.read(sample.bytes)).not.toThrow();
});

test(`of ${MESSAGES} signed messages with bytes flipped, dropped or inserted, none is accepted`, () => {
  const refusedAt = new Map<number, number>();
  fc.assert(
    fc.property(mutation, ({ sample, place, how }) => {
      const { bytes, read } = samples[sample]!;
      const changed = mutated(bytes, Math.floor((place / 1_000_000) * bytes.length), how);
      if (equalBytes(changed, bytes)) throw new Error('the mutation changed nothing');
      try {
        read(changed);
      } catch (thrown) {
        if (!(thrown instanceof VerifyError)) throw thrown;
        const { step } = thrown.failure;
        refusedAt.set(step, (refusedAt.get(step) ?? 0) + 1);
        return;
      }
      throw new Error('a changed message was accepted');
    }),
    { numRuns: MESSAGES, seed: 20_240_601, endOnFailure: true },
  );
  const total = [...refusedAt.values()].reduce((sum, count) => sum + count, 0);
  expect(total).toBe(MESSAGES);
  // Not all fall over the syntax: a good part is well-formed, and only the signature tells.
  expect(refusedAt.get(8) ?? 0).toBeGreaterThan(MESSAGES / 10);
  // A message without a valid signature never gets as far as having an author.
  expect(Math.max(...refusedAt.keys())).toBe(8);
}, 120_000);
