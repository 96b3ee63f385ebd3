import {
  type DenseNetwork,
  type Digest,
  denseNetworkGraph,
  digestOf,
  FORECAST_FEATURES,
  FORECAST_OUTPUT,
  type GoldenCases,
  type ModelManifest,
  type PackageFiles,
  packageJson,
  writeOnnx,
} from '@tieline/inference';
import type { Dataset } from './dataset.ts';
import { evaluateExported } from './network.ts';

export const MODEL_NAME = 'site-import-forecast';
export const MODEL_VERSION = '1.0.0';
const INPUT_NAME = 'features';
const GOLDEN_CASES = 32;
/** Float32 against float64 over some twenty terms of size 1: an order above what is seen. */
const GOLDEN_TOLERANCE_PU = 1e-5;

/** The files of a package made from a trained network; equal arguments give equal bytes. */
export function exportModel(
  network: DenseNetwork,
  unseen: Dataset,
  lineage: ModelManifest['lineage'],
): PackageFiles {
  const onnx = writeOnnx(
    denseNetworkGraph(network, {
      name: MODEL_NAME,
      inputName: INPUT_NAME,
      outputName: FORECAST_OUTPUT.name,
      metadata: { model: MODEL_NAME, version: MODEL_VERSION, codeDigest: lineage.codeDigest },
    }),
  );
  const golden = packageJson(goldenCases(network, unseen));
  const files: { onnx: Digest; golden: Digest } = {
    onnx: digestOf(onnx),
    golden: digestOf(golden),
  };
  const manifest = packageJson({
    schema: 'tieline.model/1',
    name: MODEL_NAME,
    version: MODEL_VERSION,
    description:
      'Mean import of a site over the next quarter of an hour with its battery idle (load less PV), ' +
      'per unit of its rated import; from recent measurements, the time, and its own PV as the sun.',
    input: { name: INPUT_NAME, features: [...FORECAST_FEATURES] },
    output: FORECAST_OUTPUT,
    files,
    lineage,
  });
  return { manifest, golden, onnx };
}

/** Examples spread evenly over the unseen days, with what the trainer computes for them. */
function goldenCases(network: DenseNetwork, unseen: Dataset): GoldenCases {
  const width = FORECAST_FEATURES.length;
  const cases = Array.from({ length: GOLDEN_CASES }, (_, at) => {
    const row = Math.floor((at * unseen.count) / GOLDEN_CASES) * width;
    const features = Array.from(
      unseen.features.subarray(row, row + width),
      (value) => Math.round(value * 1e6) / 1e6,
    );
    return { features, expected: evaluateExported(network, Float32Array.from(features)) };
  });
  return { schema: 'tieline.golden/1', tolerance: GOLDEN_TOLERANCE_PU, cases };
}
