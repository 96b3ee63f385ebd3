import { concatBytes } from '@tieline/kernel';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openOnnx } from '../adapters/onnx-session.ts';
import { ModelError } from '../errors.ts';
import { type DenseLayer, type DenseNetwork, denseNetworkGraph } from './dense-network.ts';
import { ATTRIBUTE, GRAPH, MODEL, NODE, TENSOR } from './field-numbers.ts';
import { type Field, intField, messageField, readFields, textField } from './protobuf.ts';
import { readOnnx } from './read-model.ts';
import { writeOnnx } from './write-model.ts';

const names = {
  name: 'net',
  inputName: 'in',
  outputName: 'out',
  metadata: { zebra: 'last', author: 'first' },
};

const layerOf = (inputs: number, outputs: number): fc.Arbitrary<DenseLayer> => {
  const weight = fc.float({ min: -2, max: 2, noNaN: true });
  const exactly = (length: number) => ({ minLength: length, maxLength: length });
  return fc
    .tuple(fc.array(weight, exactly(inputs * outputs)), fc.array(weight, exactly(outputs)))
    .map(([weights, biases]) => ({
      inputs,
      outputs,
      weights: Float32Array.from(weights),
      biases: Float32Array.from(biases),
    }));
};

/** A network 3 → 4 → 1 by plain arithmetic, independent of the trainer. */
function forward(network: DenseNetwork, input: readonly number[]): number {
  const apply = (layer: DenseLayer, values: readonly number[]): number[] =>
    Array.from(layer.biases, (bias, row) =>
      values.reduce(
        (sum, value, at) => sum + value * layer.weights[row * layer.inputs + at]!,
        bias,
      ),
    );
  const [hidden, last] = network.layers;
  const activated = apply(hidden!, input).map((value) => Math.max(0, value));
  return apply(last!, activated)[0]! + apply(network.straight, input)[0]!;
}

test('a written network computes in the runtime what plain arithmetic gives', async () => {
  const networks = fc.tuple(layerOf(3, 4), layerOf(4, 1), layerOf(3, 1));
  const inputs = fc.array(fc.double({ min: -3, max: 3, noNaN: true }), {
    minLength: 3,
    maxLength: 3,
  });
  await fc.assert(
    fc.asyncProperty(networks, inputs, async ([first, last, straight], input) => {
      const network = { layers: [first, last], straight };
      const onnx = writeOnnx(denseNetworkGraph(network, names));
      const session = await openOnnx({ onnx, inputName: 'in', inputWidth: 3, outputName: 'out' });
      const [value] = await session.run(Float32Array.from([...input, ...input]));
      expect(Math.abs((value ?? Number.NaN) - forward(network, input))).toBeLessThan(1e-4);
      await session.release();
    }),
    { numRuns: 60 },
  );
});

test('what was written is read back: names, shapes, operators, metadata', () => {
  const [network] = fc.sample(fc.tuple(layerOf(3, 4), layerOf(4, 1), layerOf(3, 1)), 1);
  const [first, last, straight] = network!;
  const bytes = writeOnnx(denseNetworkGraph({ layers: [first, last], straight }, names));
  expect(readOnnx(bytes)).toEqual({
    irVersion: 8,
    ops: ['Gemm', 'Relu', 'Gemm', 'Gemm', 'Add'],
    inputs: [{ name: 'in', dims: [null, 3] }],
    outputs: [{ name: 'out', dims: [null, 1] }],
    metadata: new Map([
      ['author', 'first'],
      ['zebra', 'last'],
    ]),
  });
});

describe('what a gateway must not run is refused', () => {
  const model = (...graph: readonly Field[]): Uint8Array =>
    concatBytes(intField(MODEL.irVersion, 8), messageField(MODEL.graph, ...graph));
  const node = (...attribute: readonly Field[]): Field =>
    messageField(
      GRAPH.node,
      textField(NODE.opType, 'If'),
      messageField(NODE.attribute, ...attribute),
    );
  const cases: [string, Uint8Array, string][] = [
    ['no graph', intField(MODEL.irVersion, 8), 'has 0 graphs instead of one'],
    ['two graphs', concatBytes(model(), model()), 'has 2 graphs instead of one'],
    [
      'weights in another file',
      model(messageField(GRAPH.initializer, messageField(TENSOR.externalData))),
      'weights outside the file not allowed',
    ],
    [
      'weights said to lie elsewhere',
      model(messageField(GRAPH.initializer, intField(TENSOR.dataLocation, 1))),
      'weights outside the file not allowed',
    ],
    [
      'weights elsewhere inside an attribute',
      model(node(messageField(ATTRIBUTE.tensor, intField(TENSOR.dataLocation, 1)))),
      'weights outside the file not allowed',
    ],
    ['a subgraph', model(node(messageField(ATTRIBUTE.graph))), 'control flow not allowed'],
    ['subgraphs', model(node(messageField(ATTRIBUTE.graphs))), 'control flow not allowed'],
    [
      'sparse constants',
      model(messageField(GRAPH.sparseInitializer)),
      'sparse constants not allowed',
    ],
    [
      'local functions',
      concatBytes(model(), messageField(MODEL.functions)),
      'local functions not allowed',
    ],
  ];
  test.each(cases)('%s', (_, bytes, reason) => {
    expect(() => readOnnx(bytes)).toThrow(
      expect.objectContaining({
        failure: { code: 'onnx_invalid', place: expect.any(String), reason },
      }),
    );
  });
});

test('random bytes are read or refused, and nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
      try {
        readOnnx(bytes);
      } catch (thrown) {
        expect(thrown).toBeInstanceOf(ModelError);
      }
    }),
    { numRuns: 3_000 },
  );
});

test('integers of every size survive writing and reading', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.integer({ min: 1, max: 1_000 }), (value, field) => {
      expect(readFields(intField(field, value), 'test')).toEqual([
        { field, int: value, bytes: null },
      ]);
    }),
  );
});
