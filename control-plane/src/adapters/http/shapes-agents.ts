import { SiteId } from '@tieline/kernel';
import { Quantity } from '@tieline/protocol';
import { z } from 'zod';
import { Facts, HexDigest, HexId, WallMs } from './shapes.ts';

/** Agents, their audit logs and their telemetry. */

const HexRoot = z.string().describe('hex');

export const AgentAnswer = z
  .strictObject({
    site: SiteId,
    link: z.enum(['unheard', 'present', 'lost']),
    sinceWallMs: WallMs.describe('when the link came to be as it is; for lost: last heard'),
    heardWallMs: WallMs.nullable(),
    sess: HexId.nullable(),
    boot: z.int().nullable(),
    bornWallMs: WallMs.nullable(),
    software: z.string().nullable(),
    quarantine: z
      .strictObject({ code: z.string(), facts: Facts, sinceWallMs: WallMs })
      .nullable()
      .describe('why the site gets no commands until it is released'),
    generation: z.int().describe('disks that were replaced; each may have left a closed audit log'),
    reported: z
      .strictObject({
        trust: z.int(),
        policy: z.int(),
        model: HexDigest.nullable().describe('the package that runs, as the agent says'),
        clock: z.enum(['trusted', 'holdover', 'untrusted']),
        audit: z.strictObject({ size: z.int(), root: HexRoot }),
        mode: z.enum(['automatic', 'idle']).nullable(),
        control: z.enum(['present', 'silent']).nullable(),
        buffered: z
          .strictObject({
            receipts: z.int(),
            auditRecords: z.int(),
            telemetryPoints: z.int(),
          })
          .nullable(),
        refused: z.record(z.string(), z.int()),
      })
      .nullable(),
    auditReceipted: z.int(),
    waiting: z.int().describe('commands without a receipt'),
  })
  .meta({ id: 'Agent' });

export const AgentDetail = AgentAnswer.extend({
  measurements: z.array(
    z.strictObject({
      asset: z.string(),
      quantity: Quantity,
      value: z.number(),
      wallMs: z.number(),
    }),
  ),
}).meta({ id: 'AgentDetail' });

export const AuditQuery = z.strictObject({
  from: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export const ExportQuery = z.strictObject({
  closed: z.exactOptional(
    z.coerce
      .number()
      .int()
      .min(1)
      .max(2 ** 17)
      .describe('a log that was closed with a replaced disk, from 1; else the one that goes on'),
  ),
});

export const AuditRecordAnswer = z.looseObject({
  seq: z.int(),
  wallMs: z.number(),
  monotonicMs: z.number(),
  clock: z.string(),
  actor: z.string(),
  kind: z.string(),
  subject: z.string(),
  body: z.record(z.string(), z.unknown()),
});

export const AuditAnswer = z.strictObject({
  size: z.int().describe('records held, all of them signed for'),
  records: z.array(AuditRecordAnswer).describe('at most `limit`, and fewer where they are large'),
  next: z.int().nullable().describe('where to go on; null at the end of the log'),
});

export const TelemetryAnswer = z.strictObject({
  bucketMs: z.number(),
  points: z.array(
    z.strictObject({
      atMs: z.number(),
      mean: z.number(),
      min: z.number(),
      max: z.number(),
      count: z.int(),
    }),
  ),
});
