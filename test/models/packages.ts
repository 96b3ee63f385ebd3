import {
  denseNetworkGraph,
  digestOf,
  FORECAST_FEATURES,
  type ModelManifest,
  packageJson,
  packFiles,
  packModel,
  SHIPPED_FORECAST_DIRECTORY,
  unpackModel,
  writeOnnx,
} from '@tieline/inference';

/** Forecast packages that behave well or badly in one known way; all take what the agent feeds. */
interface Constant {
  /** What the network always answers, per unit of rated import. */
  readonly answer: number;
  /** What its golden case expects. */
  readonly expected?: number;
  /** Hidden units: each adds some 90 bytes to the package. */
  readonly width?: number;
  /** Added for each unit of the sine of the time of day, which is 0 in the golden case. */
  readonly perDaySine?: number;
}

const WITH_FEATURES = FORECAST_FEATURES.length;

export const shippedModel = (): Uint8Array => packModel(SHIPPED_FORECAST_DIRECTORY);

/** A network of zeros whose bias is its answer. */
export function constantModel(recipe: Constant): Uint8Array {
  const { answer, expected = answer, width = 1, perDaySine = 0 } = recipe;
  const layer = (inputs: number, outputs: number, bias: number) => ({
    inputs,
    outputs,
    weights: new Float32Array(inputs * outputs),
    biases: new Float32Array(outputs).fill(bias),
  });
  const straight = layer(WITH_FEATURES, 1, 0);
  straight.weights[FORECAST_FEATURES.findIndex(({ name }) => name === 'daySin')] = perDaySine;
  const { manifest } = unpackModel(shippedModel());
  const onnx = writeOnnx(
    denseNetworkGraph(
      {
        layers: [layer(WITH_FEATURES, width, 0), layer(width, 1, answer)],
        straight,
      },
      {
        name: manifest.name,
        inputName: manifest.input.name,
        outputName: manifest.output.name,
        metadata: {},
      },
    ),
  );
  const golden = packageJson({
    schema: 'tieline.golden/1',
    tolerance: 1e-3,
    cases: [{ features: FORECAST_FEATURES.map(({ min, max }) => (min + max) / 2), expected }],
  });
  const stated: ModelManifest = {
    ...manifest,
    files: { onnx: digestOf(onnx), golden: digestOf(golden) },
  };
  return packFiles({ manifest: packageJson(stated), golden, onnx });
}
