import { assert, concatBytes } from '@tieline/kernel';
import {
  ATTRIBUTE,
  ATTRIBUTE_TYPE_INT,
  DIMENSION,
  ELEMENT,
  ENTRY,
  GRAPH,
  MODEL,
  NODE,
  OPSET,
  SHAPE,
  TENSOR,
  TENSOR_TYPE,
  TYPE,
  VALUE,
} from './field-numbers.ts';
import { bytesField, intField, messageField, packedIntsField, textField } from './protobuf.ts';

const IR_VERSION = 8;
const OPSET_VERSION = 17;

/** A constant of the graph, row-major. */
export interface Constant {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: Float32Array | BigInt64Array;
}

export interface GraphNode {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly output: string;
  /** Integer attributes by name, such as Gemm's `transB`. */
  readonly ints?: Readonly<Record<string, number>>;
}

/** A feed-forward graph of float32: one input [batch, inputWidth], one output [batch, 1]. */
export interface OnnxModel {
  readonly name: string;
  readonly inputName: string;
  readonly inputWidth: number;
  readonly outputName: string;
  readonly nodes: readonly GraphNode[];
  readonly constants: readonly Constant[];
  /** Free text by key (`metadata_props`); written in the order of the keys. */
  readonly metadata: Readonly<Record<string, string>>;
}

/** Serialises a graph; equal graphs give equal bytes. IR version 8, opset 17. */
export function writeOnnx(model: OnnxModel): Uint8Array {
  const metadata = Object.entries(model.metadata).sort(([a], [b]) => (a < b ? -1 : 1));
  return concatBytes(
    intField(MODEL.irVersion, IR_VERSION),
    textField(MODEL.producerName, 'tieline'),
    messageField(
      MODEL.graph,
      ...model.nodes.map((node, at) => bytesField(GRAPH.node, nodeBytes(node, at))),
      textField(GRAPH.name, model.name),
      ...model.constants.map((constant) => bytesField(GRAPH.initializer, tensorBytes(constant))),
      bytesField(GRAPH.input, valueBytes(model.inputName, model.inputWidth)),
      bytesField(GRAPH.output, valueBytes(model.outputName, 1)),
    ),
    messageField(
      MODEL.opsetImport,
      textField(OPSET.domain, ''),
      intField(OPSET.version, OPSET_VERSION),
    ),
    ...metadata.map(([key, value]) =>
      messageField(MODEL.metadataProps, textField(ENTRY.key, key), textField(ENTRY.value, value)),
    ),
  );
}

function nodeBytes(node: GraphNode, at: number): Uint8Array {
  const ints = Object.entries(node.ints ?? {}).map(([name, value]) =>
    messageField(
      NODE.attribute,
      textField(ATTRIBUTE.name, name),
      intField(ATTRIBUTE.int, value),
      intField(ATTRIBUTE.type, ATTRIBUTE_TYPE_INT),
    ),
  );
  return concatBytes(
    ...node.inputs.map((input) => textField(NODE.input, input)),
    textField(NODE.output, node.output),
    textField(NODE.name, `${node.op.toLowerCase()}-${at}`),
    textField(NODE.opType, node.op),
    ...ints,
  );
}

function tensorBytes(constant: Constant): Uint8Array {
  const elements = constant.dims.reduce((product, dim) => product * dim, 1);
  assert(elements === constant.values.length, `${constant.name} is as large as its dimensions say`);
  const isFloat = constant.values instanceof Float32Array;
  return concatBytes(
    packedIntsField(TENSOR.dims, constant.dims),
    intField(TENSOR.dataType, isFloat ? ELEMENT.float32 : ELEMENT.int64),
    textField(TENSOR.name, constant.name),
    bytesField(TENSOR.rawData, littleEndian(constant.values)),
  );
}

function littleEndian(values: Float32Array | BigInt64Array): Uint8Array {
  const bytes = new Uint8Array(values.byteLength);
  const view = new DataView(bytes.buffer);
  if (values instanceof Float32Array) {
    for (const [at, value] of values.entries()) view.setFloat32(at * 4, value, true);
  } else {
    for (const [at, value] of values.entries()) view.setBigInt64(at * 8, value, true);
  }
  return bytes;
}

function valueBytes(name: string, width: number): Uint8Array {
  const shape = messageField(
    TENSOR_TYPE.shape,
    messageField(SHAPE.dimension, textField(DIMENSION.parameter, 'batch')),
    messageField(SHAPE.dimension, intField(DIMENSION.value, width)),
  );
  return concatBytes(
    textField(VALUE.name, name),
    messageField(
      VALUE.type,
      messageField(TYPE.tensor, intField(TENSOR_TYPE.elementType, ELEMENT.float32), shape),
    ),
  );
}
