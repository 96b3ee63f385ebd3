import { z } from 'zod';
import type { TapChangerOptions } from '../plant/tap-changer.ts';
import { Duration } from './values.ts';

export const GivenTapChanger = z
  .strictObject({
    bus: z.string().min(1).max(64).describe('Whose voltage it holds.'),
    targetPu: z.number().min(0.5).max(1.5).default(1),
    deadbandPu: z.number().min(0).max(0.5).default(0.02).describe('Whole width of the band.'),
    delay: Duration.prefault('30s').describe('Out of the band for so long before each step.'),
    stepPu: z.number().min(0.0001).max(0.1).default(0.0125).describe("Of the source's voltage."),
    taps: z.int().min(1).max(50).default(8).describe('Steps up, and as many down.'),
  })
  .describe('A tap changer at the head of the feeder.');

export function tapChangerOf({
  delay,
  ...given
}: z.output<typeof GivenTapChanger>): TapChangerOptions {
  return { ...given, delayMs: delay };
}
