import { AssetId, SiteId } from '@tieline/kernel';
import { z } from 'zod';

/** Exactly `count` bytes. */
export const bytes = (count: number) =>
  z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.length === count,
    `${count} bytes`,
  );

/** From `min` to `max` bytes. */
export const bytesUpTo = (max: number, min = 1) =>
  z.custom<Uint8Array>(
    (value) => value instanceof Uint8Array && value.length >= min && value.length <= max,
    `${min} to ${max} bytes`,
  );

export const Digest = bytes(32);
export const CommandId = bytes(16);
export const SessionNonce = bytes(16);
/** Versions and epochs only rise; far below 2^53 so that arithmetic stays exact. */
export const VERSION_MAX = 2 ** 40;
export const Version = z.int().min(0).max(VERSION_MAX);
export const COUNTER_MAX = 2 ** 48;
export const Counter = z.int().min(0).max(COUNTER_MAX);
/** Milliseconds of one agent's session clock, from its boot. */
export const SessionMs = z
  .int()
  .min(0)
  .max(2 ** 48);
export const WallMs = z
  .int()
  .min(0)
  .max(2 ** 48);
export const SECONDS_MAX = 2 ** 40;
export const Seconds = z.int().min(0).max(SECONDS_MAX);
/** No end may lie further away than this: a held value without an end is refused. */
export const DurationMs = z
  .int()
  .min(1)
  .max(31 * 86_400_000);
/** kW, positive into the grid; the largest site that Tieline is meant for. */
export const PowerKw = z.number().min(-100_000).max(100_000);
/** kW, zero or positive, in the direction that the name says. */
export const MagnitudeKw = z.number().min(0).max(100_000);
export const Fraction = z.number().min(0).max(1);
export const Sentence = z.string().min(1).max(500);
export { AssetId, SiteId };

/** How far the wall clock is believed (protocol.md, "Time"). */
export const ClockState = z.enum(['trusted', 'holdover', 'untrusted']);
export type ClockState = z.output<typeof ClockState>;

/** Size and root of an audit log. */
export const TreeHead = z.strictObject({ size: Counter, root: Digest });
export type TreeHead = z.output<typeof TreeHead>;
