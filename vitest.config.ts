import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They take more than a minute each: begun last, one of them would run on alone while the other processor waits. */
const LONGEST = [
  'test/planted/planted.test.ts',
  'test/docs/shell-blocks.test.ts',
  'simulator/src/scenario/any-seed.test.ts',
  'simulator/src/scenario/run-scenario.test.ts',
  'test/ci/ci.test.ts',
];

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification): number => {
      const at = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return at < 0 ? LONGEST.length : at;
    };
    return (await super.sort(files)).toSorted((a, b) => rank(a) - rank(b));
  }
}

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
    sequence: { sequencer: LongestFirst },
    testTimeout: 60_000,
    passWithNoTests: false,
  },
});
