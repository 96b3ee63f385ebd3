import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type MachineClocks, watchSuspension } from './suspension.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A machine whose uptime counts in steps of `resolutionMs` and runs `drift` off its monotonic clock. */
class Machine implements MachineClocks {
  monotonic = 0;
  suspendedMs = 0;
  readonly gaps: number[] = [];
  readonly #resolutionMs: number;
  readonly #drift: number;

  constructor(resolutionMs = 10, drift = 0) {
    this.#resolutionMs = resolutionMs;
    this.#drift = drift;
  }

  uptimeMs(): number {
    const exactMs = this.monotonic * (1 + this.#drift) + this.suspendedMs;
    return Math.floor(exactMs / this.#resolutionMs) * this.#resolutionMs;
  }

  monotonicMs(): number {
    return this.monotonic;
  }

  run(seconds: number): void {
    for (let at = 0; at < seconds * 10; at += 1) {
      this.monotonic += 100;
      vi.advanceTimersByTime(100);
    }
  }
}

test('a machine that slept is noticed within half a second, once', () => {
  const machine = new Machine();
  watchSuspension((gapMs) => machine.gaps.push(gapMs), machine);
  machine.run(10);
  machine.suspendedMs += 5_000;
  machine.run(0.5);
  expect(machine.gaps).toEqual([5_000]);
  machine.suspendedMs += 5_000;
  machine.run(10);
  expect(machine.gaps).toHaveLength(1);
});

test('an uptime in whole seconds, and two clocks that drift apart, are no suspension', () => {
  for (const machine of [new Machine(1_000), new Machine(10, 0.01), new Machine(10, -0.01)]) {
    const watch = watchSuspension((gapMs) => machine.gaps.push(gapMs), machine);
    machine.run(600);
    watch.stop();
    expect(machine.gaps).toEqual([]);
  }
});

test('a stopped watch tells nothing', () => {
  const machine = new Machine();
  watchSuspension((gapMs) => machine.gaps.push(gapMs), machine).stop();
  machine.suspendedMs += 60_000;
  machine.run(5);
  expect(machine.gaps).toEqual([]);
});
