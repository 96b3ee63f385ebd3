import type { Constant, GraphNode, OnnxModel } from './write-model.ts';

/** One fully connected layer: `weights` row-major [outputs, inputs], `biases` [outputs]. */
export interface DenseLayer {
  readonly inputs: number;
  readonly outputs: number;
  readonly weights: Float32Array;
  readonly biases: Float32Array;
}

/** Layers joined by rectifiers (none after the last), plus a straight linear path from input to output. */
export interface DenseNetwork {
  readonly layers: readonly DenseLayer[];
  readonly straight: DenseLayer;
}

/** The ONNX graph of a network: Gemm and Relu per layer, a Gemm beside them, one Add. */
export function denseNetworkGraph(
  network: DenseNetwork,
  names: Pick<OnnxModel, 'name' | 'inputName' | 'outputName' | 'metadata'>,
): OnnxModel {
  const nodes: GraphNode[] = [];
  const constants: Constant[] = [];
  const gemm = (layer: DenseLayer, name: string, input: string): string => {
    constants.push(
      { name: `${name}.weights`, dims: [layer.outputs, layer.inputs], values: layer.weights },
      { name: `${name}.biases`, dims: [layer.outputs], values: layer.biases },
    );
    nodes.push({
      op: 'Gemm',
      inputs: [input, `${name}.weights`, `${name}.biases`],
      output: `${name}.sum`,
      ints: { transB: 1 },
    });
    return `${name}.sum`;
  };
  let value = names.inputName;
  for (const [at, layer] of network.layers.entries()) {
    value = gemm(layer, `layer${at + 1}`, value);
    if (at + 1 < network.layers.length) {
      nodes.push({ op: 'Relu', inputs: [value], output: `layer${at + 1}.out` });
      value = `layer${at + 1}.out`;
    }
  }
  const straight = gemm(network.straight, 'straight', names.inputName);
  nodes.push({ op: 'Add', inputs: [value, straight], output: names.outputName });
  return { ...names, inputWidth: network.straight.inputs, nodes, constants };
}
