import { z } from 'zod';
import { defineMessage } from './define.ts';
import {
  bytes,
  ClockState,
  CommandId,
  Counter,
  Digest,
  PowerKw,
  SessionMs,
  WallMs,
} from './fields.ts';

const Fact = z.union([z.string().max(200), z.number(), z.boolean()]);

/** The ladder that a command climbs. `refused` and `accepted` speak of the whole command. */
export const ReceiptStatus = z.discriminatedUnion('state', [
  z.strictObject({
    state: z.literal('refused'),
    code: z.string().max(64),
    facts: z.record(z.string().max(64), Fact),
  }),
  z.strictObject({ state: z.literal('accepted') }),
  z.strictObject({ state: z.literal('scheduled'), startsSessionMs: SessionMs }),
  z.strictObject({ state: z.literal('active') }),
  z.strictObject({ state: z.literal('clipped'), by: z.string().max(64), toKw: PowerKw }),
  /** `device`: the setpoint was read back. `meter`: the power was measured. */
  z.strictObject({
    state: z.literal('confirmed'),
    by: z.enum(['device', 'meter']),
    measuredKw: PowerKw,
  }),
  z.strictObject({ state: z.literal('completed') }),
  z.strictObject({ state: z.literal('superseded'), by: CommandId }),
  z.strictObject({ state: z.literal('cancelled') }),
  z.strictObject({ state: z.literal('expired') }),
  z.strictObject({ state: z.literal('reverted') }),
  z.strictObject({ state: z.literal('overridden'), by: z.literal('local') }),
  /** A device refused, stayed silent, or reads back something else. */
  z.strictObject({ state: z.literal('failed'), detail: z.string().max(200) }),
  /** Power was lost between actuation and read-back; resolved by reading the plant, never by acting again. */
  z.strictObject({ state: z.literal('unknown') }),
]);
export type ReceiptStatus = z.output<typeof ReceiptStatus>;

export const Receipt = defineMessage({
  kind: 'receipt',
  bytesMax: 4_096,
  body: z.strictObject({
    command: CommandId,
    /** The offer that is answered. */
    cti: bytes(16),
    /** SHA-256 of the received bytes. */
    messageDigest: Digest,
    /** Rises by one with every receipt of this agent, across boots. */
    counter: Counter,
    /** Where the audit log says the same. */
    auditIndex: Counter,
    /** Which action of the command; absent where the whole command is meant. */
    action: z.exactOptional(z.int().min(0).max(31)),
    status: ReceiptStatus,
    atSessionMs: SessionMs,
    wallMs: WallMs,
    clock: ClockState,
  }),
});
export type Receipt = z.output<typeof Receipt.body>;
