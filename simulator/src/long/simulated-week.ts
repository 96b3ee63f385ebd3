import { DAY_MS, HOUR_MS } from '@tieline/kernel';
import { eveningPeak } from '../deployment/evening-peak.ts';
import { VirtualRun } from '../virtual/virtual-run.ts';

const DAYS = 7;

/** Memory after a simulated day, MB (10⁶ bytes), when all that can be freed has been. */
export interface DayOfMemory {
  /** Of JavaScript. */
  readonly heapMb: number;
  /** Of the whole process. */
  readonly residentMb: number;
  /** What the gateways' disks hold, which is to take no memory. */
  readonly disksMb: number;
}

/**
 * A week of three agents and the control plane, one-second cycles. Needs `node --expose-gc`, and a process that has done
 * nothing large before: what that had left free would be filled unseen.
 */
export async function simulatedWeek(
  onProgress: (done: number) => void = () => {},
): Promise<readonly DayOfMemory[]> {
  const startMs = Date.UTC(2026, 2, 2);
  using run = new VirtualRun({ simulated: eveningPeak(), seed: 1, startMs, control: true });
  const days: DayOfMemory[] = [];
  for (let hour = 1; hour <= (DAYS * DAY_MS) / HOUR_MS; hour += 1) {
    await run.advance(HOUR_MS);
    onProgress((hour * HOUR_MS) / (DAYS * DAY_MS));
    if ((hour * HOUR_MS) % DAY_MS === 0) days.push(memoryOf(run));
  }
  await run.stop();
  return days;
}

function memoryOf({ disks }: VirtualRun): DayOfMemory {
  // Of what it frees, the collector keeps up to a hundred megabytes for later, as it pleases: not so as its last resort.
  globalThis.gc?.({ type: 'major', execution: 'sync', flavor: 'last-resort' });
  const { heapUsed, rss } = process.memoryUsage();
  const disksBytes = [...disks.values()].reduce((sum, { bytes }) => sum + bytes, 0);
  return { heapMb: heapUsed / 1e6, residentMb: rss / 1e6, disksMb: disksBytes / 1e6 };
}
