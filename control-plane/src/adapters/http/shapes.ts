import { z } from 'zod';

/** What the shapes of the HTTP API share. Ids and digests are lower-case hex; signed documents are base64. */

const hexOf = (bytes: number) =>
  z.string().regex(new RegExp(`^[0-9a-f]{${bytes * 2}}$`), `${bytes} bytes as lower-case hex`);
export const HexId = hexOf(16);
export const HexDigest = hexOf(32);
export const WallMs = z
  .int()
  .min(0)
  .max(2 ** 48)
  .describe('Unix time, ms');

/** A signed document. `bytesMax` bounds it before anything is decoded. */
export const base64 = (bytesMax: number) =>
  z
    .string()
    .min(4)
    .max(Math.ceil(bytesMax / 3) * 4)
    // Without a group that repeats: those of a model package overflow the stack of the regular expression.
    .regex(/^[A-Za-z0-9+/]*={0,2}$/, 'base64 with padding')
    .refine((text) => text.length % 4 === 0, 'base64 with padding');

export function bytesOfBase64(text: string): Uint8Array {
  return new Uint8Array(Buffer.from(text, 'base64'));
}

export const Facts = z.record(z.string(), z.unknown());

export const ErrorAnswer = z
  .strictObject({
    error: z.strictObject({
      code: z.string().describe('stable; what programs branch on'),
      message: z.string().describe('for people'),
      facts: Facts,
    }),
  })
  .meta({ id: 'Error' });

/** What every route may answer instead: refused, or failed. */
export const refusals = { '4xx': ErrorAnswer, '5xx': ErrorAnswer };

export const HealthAnswer = z.strictObject({
  status: z.enum(['ok', 'bus-down']),
  deployment: z.string(),
  world: z.enum(['real', 'simulated']),
  epoch: z.int().describe('leadership term: rises with each start'),
});
