import { type GoldenCases, type ModelManifest, packageJson } from './manifest.ts';
import { digestOf, type PackageFiles, packFiles } from './model-package.ts';
import { type Constant, type GraphNode, writeOnnx } from './onnx/write-model.ts';

/**
 * Small packages that behave well or badly in one known way, for the tests of this room and of
 * whoever runs models. All but `sampleModel` take one feature, `x`, from −10 to 10, and give `y`.
 */
interface Recipe {
  readonly features?: readonly string[];
  readonly nodes: readonly GraphNode[];
  readonly constants?: readonly Constant[];
  readonly cases: GoldenCases['cases'];
}

/** y = 2·a + b + `offset`: another offset, another model. Features `a` and `b`. */
export function sampleModel(offset = 0): Uint8Array {
  return packFiles(sampleFiles(offset));
}

/** The files of `sampleModel`, to be damaged. */
export function sampleFiles(offset = 0): PackageFiles {
  return build({
    features: ['a', 'b'],
    nodes: [gemm('input', 'w', 'c', 'output')],
    constants: [floats('w', [1, 2], [2, 1]), floats('c', [1], [offset])],
    cases: [
      { features: [1, 1], expected: 3 + offset },
      { features: [-2, 3], expected: -1 + offset },
    ],
  });
}

/** Passes its self-test; y = √x is NaN for x < 0. */
export function nanModel(): Uint8Array {
  return packFiles(
    build({
      nodes: [{ op: 'Sqrt', inputs: ['input'], output: 'output' }],
      cases: [{ features: [4], expected: 2 }],
    }),
  );
}

/** Passes its self-test; y = 100·x leaves its range of ±50 for |x| > 0.5. */
export function outOfRangeModel(): Uint8Array {
  return packFiles(
    build({
      nodes: [gemm('input', 'w', 'c', 'output')],
      constants: [floats('w', [1, 1], [100]), floats('c', [1], [0])],
      cases: [{ features: [0.25], expected: 25 }],
    }),
  );
}

/** Its golden cases expect what it does not give. */
export function failingSelfTestModel(): Uint8Array {
  return packFiles(
    build({
      nodes: [{ op: 'Relu', inputs: ['input'], output: 'output' }],
      cases: [{ features: [3], expected: 3.5 }],
    }),
  );
}

/** Passes its self-test with x = 1; every other x makes the runtime throw while it runs. */
export function throwingModel(): Uint8Array {
  return packFiles(
    build({
      nodes: [
        { op: 'Reshape', inputs: ['input', 'flat'], output: 'x' },
        { op: 'Cast', inputs: ['x'], output: 'shape', ints: { to: 7 } },
        { op: 'Reshape', inputs: ['input', 'shape'], output: 'reshaped' },
        { op: 'Reshape', inputs: ['reshaped', 'row'], output: 'output' },
      ],
      constants: [whole('flat', [-1]), whole('row', [-1, 1])],
      cases: [{ features: [1], expected: 1 }],
    }),
  );
}

/** y = 0, after `products` multiplications of square matrices of that size (some 10 ms each at 512). */
export function slowModel(products: number, size = 512): Uint8Array {
  const nodes: GraphNode[] = [{ op: 'Expand', inputs: ['input', 'square'], output: 'm0' }];
  for (let at = 0; at < products; at += 1) {
    nodes.push(
      { op: 'MatMul', inputs: [`m${at}`, 'm0'], output: `p${at}` },
      { op: 'Mul', inputs: [`p${at}`, 'zero'], output: `m${at + 1}` },
    );
  }
  nodes.push(
    { op: 'ReduceMax', inputs: [`m${products}`], output: 'max', ints: { keepdims: 1 } },
    { op: 'Reshape', inputs: ['max', 'row'], output: 'output' },
  );
  return packFiles(
    build({
      nodes,
      constants: [whole('square', [size, size]), whole('row', [-1, 1]), floats('zero', [1], [0])],
      cases: [{ features: [1], expected: 0 }],
    }),
  );
}

/** y = x, by way of a square matrix of that size: 256 MiB at 8,192. */
export function hungryModel(size: number): Uint8Array {
  return packFiles(
    build({
      nodes: [
        { op: 'Expand', inputs: ['input', 'square'], output: 'spread' },
        { op: 'ReduceMax', inputs: ['spread'], output: 'max', ints: { keepdims: 1 } },
        { op: 'Reshape', inputs: ['max', 'row'], output: 'output' },
      ],
      constants: [whole('square', [size, size]), whole('row', [-1, 1])],
      cases: [{ features: [1], expected: 1 }],
    }),
  );
}

/** y = Σ of `width` units that each give x: its golden cases are many, and it is wide. */
export function wideModel(width: number, cases: number): Uint8Array {
  const ones = new Array<number>(width).fill(1);
  return packFiles(
    build({
      nodes: [
        { op: 'MatMul', inputs: ['input', 'spread'], output: 'units' },
        { op: 'ReduceMean', inputs: ['units'], output: 'output', ints: { keepdims: 1 } },
      ],
      constants: [floats('spread', [1, width], ones)],
      cases: Array.from({ length: cases }, () => ({ features: [1], expected: 1 })),
    }),
  );
}

function build(recipe: Recipe): PackageFiles {
  const features = recipe.features ?? ['x'];
  const onnx = writeOnnx({
    name: 'sample',
    inputName: 'input',
    inputWidth: features.length,
    outputName: 'output',
    nodes: recipe.nodes,
    constants: recipe.constants ?? [],
    metadata: { purpose: 'test' },
  });
  const golden = packageJson({
    schema: 'tieline.golden/1',
    tolerance: 1e-5,
    cases: [...recipe.cases],
  });
  const manifest = packageJson(sampleManifest(features, onnx, golden));
  return { manifest, golden, onnx };
}

function sampleManifest(
  features: readonly string[],
  onnx: Uint8Array,
  golden: Uint8Array,
): ModelManifest {
  return {
    schema: 'tieline.model/1',
    name: 'sample',
    version: '1.0.0',
    description: 'A model for tests.',
    input: {
      name: 'input',
      features: features.map((name) => ({ name, unit: 'pu', min: -10, max: 10 })),
    },
    output: { name: 'output', unit: 'pu', min: -50, max: 50 },
    files: { onnx: digestOf(onnx), golden: digestOf(golden) },
    lineage: {
      dataset: {
        generator: 'written by hand',
        seed: 0,
        sites: 1,
        days: 1,
        samples: 1,
        digest: digestOf(onnx),
      },
      codeDigest: digestOf(onnx),
      training: {},
      results: {
        unseen: { seed: 0, sites: 1, days: 1 },
        samples: 1,
        model: { mae: 0, rmse: 0 },
        rivals: {},
      },
    },
  };
}

function gemm(input: string, weights: string, biases: string, output: string): GraphNode {
  return { op: 'Gemm', inputs: [input, weights, biases], output, ints: { transB: 1 } };
}

function floats(name: string, dims: readonly number[], values: readonly number[]): Constant {
  return { name, dims, values: Float32Array.from(values) };
}

function whole(name: string, values: readonly number[]): Constant {
  return { name, dims: [values.length], values: BigInt64Array.from(values.map(BigInt)) };
}
