import { type SettableClock, whenOrphaned } from '@tieline/kernel';
import { z } from 'zod';

/** What a simulation tells a process of its own while it runs. */
const Told = z.strictObject({ wallOffsetMs: z.int() });

/**
 * Where a process on a simulated clock meets who started it: it ends with them, and has the time of day that they say,
 * over the channel of Node's that they opened. On the clock of a machine nobody is followed.
 */
export function joinSimulation(clock: SettableClock, end: () => void): void {
  whenOrphaned(end);
  process.on('message', (told) => clock.setWallOffset(Told.parse(told).wallOffsetMs));
}
