import { z } from 'zod';
import { defineMessage } from './define.ts';
import {
  bytes,
  ClockState,
  Counter,
  Digest,
  SessionMs,
  TreeHead,
  Version,
  WallMs,
} from './fields.ts';

const held = {
  trust: Version,
  /** Version of the policy in force; 0 when none was ever received. */
  policy: Version,
  /** Package digest of the model that runs, which is the truth, not what was asked; null when the rule runs. */
  model: Digest.nullable(),
};

/** First word of a session. `sess` stands in the claims. */
export const Birth = defineMessage({
  kind: 'birth',
  bytesMax: 4_096,
  body: z.strictObject({
    boot: Counter,
    sessionMs: SessionMs,
    epochSeen: Version,
    seqSeen: Counter,
    software: z.string().max(64),
    ...held,
    audit: TreeHead,
    /** How much of the audit log the control plane has signed for, as this disk remembers. */
    receipted: Counter,
    clock: ClockState,
  }),
});
export type Birth = z.output<typeof Birth.body>;

/** The will: published by the broker when the connection breaks. Made at connect, bound to `sess`. */
export const Death = defineMessage({
  kind: 'death',
  bytesMax: 1_024,
  body: z.strictObject({ boot: Counter }),
});

export const Heartbeat = defineMessage({
  kind: 'heartbeat',
  bytesMax: 4_096,
  body: z.strictObject({
    sessionMs: SessionMs,
    wallMs: WallMs,
    clock: ClockState,
    audit: TreeHead,
    ...held,
    mode: z.enum(['automatic', 'idle']),
    /** Has a presence of the control plane been heard lately. */
    control: z.enum(['present', 'silent']),
    buffered: z.strictObject({
      receipts: Counter,
      auditRecords: Counter,
      telemetryPoints: Counter,
    }),
    /** Messages refused since boot, by code: what was cheap to refuse is still counted. */
    refused: z.record(z.string().max(64), Counter),
  }),
});
export type Heartbeat = z.output<typeof Heartbeat.body>;

/** "The control plane is alive, and asks about the session in my claims." */
export const Presence = defineMessage({
  kind: 'presence',
  bytesMax: 1_024,
  body: z.strictObject({}),
});

export const TimeAsk = defineMessage({
  kind: 'time/ask',
  bytesMax: 1_024,
  body: z.strictObject({ nonce: bytes(16) }),
});

/** The year 2248. A clock that was told this and then runs for centuries still fits `WallMs`. */
const TOLD_WALL_MS_MAX = 2 ** 43;

export const TimeTell = defineMessage({
  kind: 'time/tell',
  bytesMax: 1_024,
  body: z.strictObject({ nonce: bytes(16), wallMs: WallMs.max(TOLD_WALL_MS_MAX) }),
});
