import { z } from 'zod';
import { defineMessage } from './define.ts';
import { bytesUpTo, Counter, Digest, TreeHead } from './fields.ts';

/** A part of an audit log, from the last receipted record on. */
export const AuditUpload = defineMessage({
  kind: 'audit',
  bytesMax: 196_608,
  body: z.strictObject({
    /** Index of the first record sent; equals the size that the last receipt covers. */
    from: Counter,
    records: z.array(bytesUpTo(65_536)).max(2_048),
    /** COSE_Sign1 of the agent over origin, size and root. */
    checkpoint: bytesUpTo(1_024),
    /** RFC 6962 consistency proof from `from` to the checkpoint's size. */
    consistency: z.array(Digest).max(64),
  }),
});
export type AuditUpload = z.output<typeof AuditUpload.body>;

export const Checkpoint = defineMessage({
  kind: 'checkpoint',
  bytesMax: 1_024,
  body: z.strictObject({ origin: z.string().max(80), ...TreeHead.shape }),
});
export type Checkpoint = z.output<typeof Checkpoint.body>;

/** The control plane has stored everything up to this tree head. The agent keeps the whole signed message. */
export const AuditReceipt = defineMessage({
  kind: 'audit-receipt',
  bytesMax: 1_024,
  body: z.strictObject({ origin: z.string().max(80), ...TreeHead.shape }),
});
export type AuditReceipt = z.output<typeof AuditReceipt.body>;
