import { SiteId } from '@tieline/kernel';
import { MODEL_BYTES_MAX } from '@tieline/protocol';
import { z } from 'zod';
import { base64, HexDigest, WallMs } from './shapes.ts';

/** Policies and models. */

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

export const ModelBody = z.strictObject({
  package: base64(MODEL_BYTES_MAX),
  release: base64(16_384),
});
