export { directInference } from './adapters/direct-inference.ts';
export {
  packModel,
  SHIPPED_FORECAST_DIRECTORY,
  writeModelDirectory,
} from './adapters/model-directory.ts';
export { type WorkerInferenceOptions, workerInference } from './adapters/worker-inference.ts';
export { ModelError, type ModelFailure } from './errors.ts';
export {
  FeatureWindow,
  type ForecastSample,
  type SiteRating,
} from './forecast/feature-window.ts';
export { FORECAST_FEATURES, FORECAST_OUTPUT } from './forecast/forecast-features.ts';
export type { Inference, InferenceFault, InferenceResult, ModelSession } from './inference.ts';
export { Digest, GoldenCases, ModelManifest, packageJson } from './manifest.ts';
export {
  digestOf,
  type ModelPackage,
  PACKAGE_BYTES_MAX,
  type PackageFiles,
  packFiles,
  unpackModel,
} from './model-package.ts';
export {
  ModelSlot,
  type ModelSlotOptions,
  type SlotChange,
  type SlotStatus,
} from './model-slot.ts';
export { type DenseLayer, type DenseNetwork, denseNetworkGraph } from './onnx/dense-network.ts';
export { type OnnxModel, writeOnnx } from './onnx/write-model.ts';
