import { DAY_MS, HOUR_MS } from '@tieline/kernel';
import { eveningPeak } from '../deployment/evening-peak.ts';
import { VirtualRun } from '../virtual/virtual-run.ts';

const DAYS = 7;

/** Memory after each simulated day, MB (10⁶ bytes). */
export interface WeekOfMemory {
  /** Of JavaScript, collected: what must not grow. */
  readonly heapMb: readonly number[];
  readonly residentMb: readonly number[];
  /** Audit logs of the agents, which virtual time keeps in memory and never lets go before a hundred thousand records. */
  readonly storesMb: readonly number[];
}

/** A week of three agents and the control plane, one-second cycles. Needs `node --expose-gc`. */
export async function simulatedWeek(
  onProgress: (done: number) => void = () => {},
): Promise<WeekOfMemory> {
  const startMs = Date.UTC(2026, 2, 2);
  const run = new VirtualRun({ simulated: eveningPeak(), seed: 1, startMs, control: true });
  const seen = { heapMb: [] as number[], residentMb: [] as number[], storesMb: [] as number[] };
  for (let hour = 1; hour <= (DAYS * DAY_MS) / HOUR_MS; hour += 1) {
    await run.advance(HOUR_MS);
    onProgress((hour * HOUR_MS) / (DAYS * DAY_MS));
    if ((hour * HOUR_MS) % DAY_MS !== 0) continue;
    globalThis.gc?.();
    const { heapUsed, rss } = process.memoryUsage();
    seen.heapMb.push(heapUsed / 1e6);
    seen.residentMb.push(rss / 1e6);
    seen.storesMb.push([...run.databases.values()].reduce((sum, db) => sum + bytesOf(db), 0) / 1e6);
  }
  await run.stop();
  return seen;
}

function bytesOf(db: { pragma(source: string, options: { simple: true }): unknown }): number {
  const read = (name: string): number => Number(db.pragma(name, { simple: true }));
  return read('page_count') * read('page_size');
}
