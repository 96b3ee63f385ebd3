import {
  type DenseLayer,
  denseNetworkGraph,
  digestOf,
  FORECAST_FEATURES,
  FORECAST_OUTPUT,
  type ModelManifest,
  packageJson,
  packFiles,
  writeOnnx,
} from '@tieline/inference';

const NAME = 'multiplying';
const INPUT_NAME = 'features';
const WIDTH = FORECAST_FEATURES.length;

/** A forecast that says so many times the import of the last minute. Its self-test, which feeds it nothing, passes. */
export function multiplyingModel(times: number): Uint8Array {
  const onnx = writeOnnx(
    denseNetworkGraph(
      { layers: [layer(0)], straight: layer(times) },
      {
        name: NAME,
        inputName: INPUT_NAME,
        outputName: FORECAST_OUTPUT.name,
        metadata: { times: `${times}` },
      },
    ),
  );
  const features = FORECAST_FEATURES.map(({ min, max }) => Math.max(min, Math.min(0, max)));
  const golden = packageJson({
    schema: 'tieline.golden/1',
    tolerance: 1e-3,
    cases: [{ features, expected: 0 }],
  });
  return packFiles({ onnx, golden, manifest: packageJson(manifestOf(onnx, golden)) });
}

/** @param times  of the first feature, which is the import of the last minute */
function layer(times: number): DenseLayer {
  const weights = new Float32Array(WIDTH);
  weights[0] = times;
  return { inputs: WIDTH, outputs: 1, weights, biases: Float32Array.of(0) };
}

function manifestOf(onnx: Uint8Array, golden: Uint8Array): ModelManifest {
  const digest = digestOf(onnx);
  const nothing = { seed: 0, sites: 1, days: 1 };
  return {
    schema: 'tieline.model/1',
    ...{ name: NAME, version: '1.0.0', description: 'Some times the import of the last minute.' },
    input: { name: INPUT_NAME, features: [...FORECAST_FEATURES] },
    output: FORECAST_OUTPUT,
    files: { onnx: digest, golden: digestOf(golden) },
    lineage: {
      dataset: { generator: 'none', ...nothing, samples: 1, digest },
      codeDigest: digest,
      training: {},
      results: { unseen: nothing, samples: 1, model: { mae: 0, rmse: 0 }, rivals: {} },
    },
  };
}
