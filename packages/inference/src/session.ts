import { ModelError } from './errors.ts';
import type { InferenceFault, InferenceResult, ModelSession } from './inference.ts';
import type { GoldenCases, ModelManifest } from './manifest.ts';
import { type ModelPackage, unpackModel } from './model-package.ts';

export type RunOutcome =
  | { readonly ok: true; readonly values: Float32Array }
  | {
      readonly ok: false;
      readonly reason: Extract<InferenceFault, 'late' | 'crashed'>;
      readonly detail: string;
    };

/** What an adapter adds: runs rows through the graph. Never throws. */
export interface Runner {
  /** `rows` holds whole rows of features; one value comes back for each. */
  run(rows: Float32Array): Promise<RunOutcome>;
  close(): Promise<void>;
}

/**
 * Rows to run before a runner counts as started, and the check that their values must pass. One at a time, as in
 * service: at once they would take a wide model's memory as many times over.
 */
export interface SelfTest {
  readonly rows: readonly Float32Array[];
  /** @param values  one for each row. @throws {ModelError} self_test_failed */
  check(values: readonly number[]): void;
}

/** Starts a runner and has its self-test pass. @throws {ModelError} session_failed | self_test_failed */
export type StartRunner = (model: ModelPackage, selfTest: SelfTest) => Promise<Runner>;

/** The checks around every runner, the same for all adapters. @throws {ModelError} as `Inference.load` */
export async function openSession(packed: Uint8Array, start: StartRunner): Promise<ModelSession> {
  const model = unpackModel(packed);
  const { digest, manifest } = model;
  const runner = await start(model, goldenSelfTest(model.golden));
  let closed = false;
  return {
    digest,
    manifest,
    async infer(features) {
      if (closed) return fault('crashed', 'the session is closed');
      const implausible = implausibleInput(manifest, features);
      if (implausible !== null) return fault('input_implausible', implausible);
      const outcome = await runner.run(Float32Array.from(features));
      return outcome.ok ? checkOutput(manifest, outcome.values[0]) : outcome;
    },
    async close() {
      if (closed) return;
      closed = true;
      await runner.close();
    },
  };
}

/** What is wrong with the features, or null. A tree ensemble makes a plausible number of NaN, so look before. */
function implausibleInput(manifest: ModelManifest, features: ArrayLike<number>): string | null {
  const specs = manifest.input.features;
  if (features.length !== specs.length) {
    return `${features.length} features, the model takes ${specs.length}`;
  }
  for (const [at, { name, min, max }] of specs.entries()) {
    const value = features[at] ?? Number.NaN;
    if (!(value >= min && value <= max)) return `${name} is ${value}, outside ${min} to ${max}`;
  }
  return null;
}

function checkOutput(manifest: ModelManifest, value: number | undefined): InferenceResult {
  const { name, min, max } = manifest.output;
  if (value === undefined || !Number.isFinite(value)) {
    return fault('not_finite', `${name} is ${value}`);
  }
  if (value < min || value > max) {
    return fault('out_of_range', `${name} is ${value}, outside ${min} to ${max}`);
  }
  return { ok: true, value };
}

function goldenSelfTest(golden: GoldenCases): SelfTest {
  const { cases, tolerance } = golden;
  return {
    rows: cases.map(({ features }) => Float32Array.from(features)),
    check(values) {
      for (const [at, { expected }] of cases.entries()) {
        const actual = values[at] ?? Number.NaN;
        if (Math.abs(actual - expected) <= tolerance) continue;
        throw new ModelError({
          code: 'self_test_failed',
          place: `golden.json: cases.${at}`,
          expected,
          actual: Number.isFinite(actual) ? actual : null,
          tolerance,
        });
      }
    },
  };
}

function fault(reason: InferenceFault, detail: string): InferenceResult {
  return { ok: false, reason, detail };
}
