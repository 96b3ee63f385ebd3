import { z } from 'zod';
import { defineMessage } from './define.ts';
import { bytesUpTo, Digest, Seconds, SiteId, Version } from './fields.ts';

/** Every block but the last has this many bytes: a block message stays below the broker's packet bound. */
export const BLOCK_BYTES = 65_536;
export const MODEL_BYTES_MAX = 8 * 1_024 * 1_024;

/** What a release key signs, offline: one model package, block by block. */
export const Release = defineMessage({
  kind: 'release',
  bytesMax: 16_384,
  body: z.strictObject({
    name: z.string().regex(/^[a-z0-9][a-z0-9-]{0,63}$/),
    version: z.string().max(32),
    /** SHA-256 of the whole package. */
    digest: Digest,
    bytes: z.int().min(1).max(MODEL_BYTES_MAX),
    blocks: z
      .array(Digest)
      .min(1)
      .max(MODEL_BYTES_MAX / BLOCK_BYTES),
  }),
});
export type Release = z.output<typeof Release.body>;

/** The director says which agent gets which model; it cannot make one. */
export const DesiredModel = defineMessage({
  kind: 'desired/model',
  bytesMax: 32_768,
  body: z.strictObject({
    version: Version.min(1),
    site: SiteId,
    issuedAt: Seconds,
    /** The release as signed; null = run without a model. */
    release: bytesUpTo(16_384).nullable(),
  }),
});
export type DesiredModel = z.output<typeof DesiredModel.body>;

/** Names the current versions together, so that withheld news shows. */
export const Freshness = defineMessage({
  kind: 'desired/freshness',
  bytesMax: 2_048,
  body: z.strictObject({ version: Version, issuedAt: Seconds, trust: Version, policy: Version }),
});

/** Asks for a block by its digest. Unsigned: an answer proves itself. */
export const BlockWant = defineMessage({
  kind: 'block/want',
  bytesMax: 256,
  body: z.strictObject({ digest: Digest }),
});

export const BlockHave = defineMessage({
  kind: 'block/have',
  bytesMax: BLOCK_BYTES + 256,
  body: z.strictObject({ digest: Digest, bytes: bytesUpTo(BLOCK_BYTES) }),
});
