import type { Digest, ModelManifest } from './manifest.ts';

/**
 * Why a run gave no usable value. `input_implausible` is the caller's data; the others are the model's
 * or its session's.
 */
export type InferenceFault =
  | 'late'
  | 'not_finite'
  | 'out_of_range'
  | 'crashed'
  | 'input_implausible';

export type InferenceResult =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly reason: InferenceFault; readonly detail: string };

/** One loaded model. Never throws after loading: everything that can go wrong is a result. */
export interface ModelSession {
  readonly digest: Digest;
  readonly manifest: ModelManifest;
  /**
   * Features in the manifest's order and units → the output in its unit. Inputs are checked before
   * (count, finite, range), the output after. A session that broke repairs itself where it can.
   */
  infer(features: ArrayLike<number>): Promise<InferenceResult>;
  /** Frees it; a later `infer` answers `crashed`. */
  close(): Promise<void>;
}

/** Opens model packages. Each session stands alone: one that fails disturbs no other. */
export interface Inference {
  /**
   * Unpacks, loads, warms and self-tests on the golden cases.
   *
   * @throws {ModelError} as `unpackModel`, or session_failed | self_test_failed
   */
  load(packed: Uint8Array): Promise<ModelSession>;
}
