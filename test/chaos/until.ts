import { setTimeout as sleep } from 'node:timers/promises';

const LOOK_EVERY_MS = 50;

/** Waits until it is so; throws what the process ended of, or that the time is over. */
export async function until(
  what: string,
  isSo: () => boolean | Promise<boolean>,
  process: { fault(): string | null },
  withinMs = 20_000,
): Promise<void> {
  const deadlineMs = performance.now() + withinMs;
  while (!(await isSo())) {
    const fault = process.fault();
    if (fault !== null) throw new Error(`waiting for ${what}: the process has ended: ${fault}`);
    if (performance.now() > deadlineMs) throw new Error(`waited ${withinMs} ms for ${what}`);
    await sleep(LOOK_EVERY_MS);
  }
}
