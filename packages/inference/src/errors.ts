import { TielineError } from '@tieline/kernel';

/** Why a model package, or what was built from one, is refused. `place` is a file, key or node in it. */
export type ModelFailure =
  | { readonly code: 'file_unreadable'; readonly place: string; readonly reason: string }
  | {
      readonly code: 'package_too_large';
      readonly place: string;
      readonly bytes: number;
      readonly bytesMax: number;
    }
  | { readonly code: 'package_malformed'; readonly place: string; readonly reason: string }
  | { readonly code: 'manifest_invalid'; readonly place: string; readonly reason: string }
  | { readonly code: 'golden_invalid'; readonly place: string; readonly reason: string }
  | { readonly code: 'onnx_invalid'; readonly place: string; readonly reason: string }
  | {
      readonly code: 'digest_mismatch';
      readonly place: string;
      readonly expected: string;
      readonly actual: string;
    }
  | { readonly code: 'session_failed'; readonly place: string; readonly reason: string }
  | {
      readonly code: 'self_test_failed';
      readonly place: string;
      readonly expected: number;
      /** null where the model gave no finite number. */
      readonly actual: number | null;
      readonly tolerance: number;
    }
  | { readonly code: 'features_differ'; readonly place: string; readonly reason: string }
  | { readonly code: 'rolled_back_before'; readonly place: string; readonly reason: string };

export class ModelError extends TielineError<ModelFailure> {}
