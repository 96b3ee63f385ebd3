import { SiteId } from '@tieline/kernel';
import { z } from 'zod';
import { base64, HexDigest, WallMs } from './shapes.ts';

/** Shapes of the parts of the API around policy, models, audit and telemetry. */

export const HealthAnswer = z.strictObject({
  status: z.enum(['ok', 'bus-down']),
  deployment: z.string(),
  world: z.enum(['real', 'simulated']),
  epoch: z.int().describe('leadership term: rises with each start'),
});

export const PolicyAnswer = z.strictObject({
  version: z.int(),
  acceptedWallMs: WallMs,
  document: z.string().describe('the signed policy, base64'),
  body: z.looseObject({ version: z.int() }).describe('what it says'),
});

export const ModelAnswer = z.strictObject({
  digest: HexDigest,
  name: z.string(),
  version: z.string(),
  bytes: z.int(),
  pushedWallMs: WallMs,
});

export const ModelStatusAnswer = z.strictObject({
  site: SiteId,
  desired: HexDigest.nullable(),
  desiredVersion: z.int().describe('0: nothing was ever asked for'),
  running: HexDigest.nullable().describe('as the agent reports it'),
  settled: z.boolean().describe('the agent runs what was asked for'),
});

const MODEL_BYTES_MAX = 8 * 1_024 * 1_024;
export const ModelBody = z.strictObject({
  package: base64(MODEL_BYTES_MAX),
  release: base64(16_384),
});

export const AuditQuery = z.strictObject({
  from: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export const AuditAnswer = z.strictObject({
  size: z.int().describe('records held, all of them signed for'),
  records: z.array(
    z.looseObject({
      seq: z.int(),
      wallMs: z.number(),
      monotonicMs: z.number(),
      clock: z.string(),
      actor: z.string(),
      kind: z.string(),
      subject: z.string(),
      body: z.record(z.string(), z.unknown()),
    }),
  ),
});

export const TelemetryAnswerShape = z.strictObject({
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
