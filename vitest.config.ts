import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'edge-agent/src/**/*.test.ts',
      'control-plane/src/**/*.test.ts',
      'simulator/src/**/*.test.ts',
      'bench/*.test.ts',
      'test/**/*.test.ts',
    ],
    // ONNX sessions and SQLite are native: a process per file keeps one file's crash from hiding another's.
    pool: 'forks',
    // On two cores: what waits for real processes and their clocks leaves room for a third.
    maxWorkers: 3,
    // Tests of one file that start processes share the machine with another file's.
    maxConcurrency: 2,
    testTimeout: 60_000,
    passWithNoTests: false,
  },
});
