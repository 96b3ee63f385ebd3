import { DAY_MS, durationMs } from '@tieline/kernel';
import { z } from 'zod';

/* What the keys of a scenario file hold. */

const DURATION_MAX_MS = 400 * DAY_MS;

/** A text such as `1h30m`; read as ms. */
export const Duration = z
  .string()
  .regex(/^(\d+(\.\d+)?(ms|s|m|h|d))+$/, 'a number with its unit: 30s, 15m, 1h30m')
  .transform((text) => durationMs(text) ?? Number.NaN)
  .refine((ms) => ms <= DURATION_MAX_MS, 'longer than 400 days')
  .describe('A time with its unit: 30s, 15m, 1h30m.');
/** After the scenario begins. */
export const At = Duration.describe('When, after the scenario begins: 30s, 15m, 1h30m.');
/** With a sign. */
export const PowerKw = z.number().min(-100_000).max(100_000);
export const MagnitudeKw = z.number().min(0).max(100_000);
/** 0 to 1. */
export const Fraction = z.number().min(0).max(1);
export const Name = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, '1 to 32 of a-z, 0-9 and -');
/** What a site may have. */
export const Asset = z.enum(['battery', 'pv', 'ev', 'load', 'meter']);
/** What an agent may steer. */
export const Controlled = z.enum(['battery', 'pv', 'ev']);
