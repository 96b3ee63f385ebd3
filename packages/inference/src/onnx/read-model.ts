import { ModelError } from '../errors.ts';
import {
  ATTRIBUTE,
  DIMENSION,
  ENTRY,
  GRAPH,
  MODEL,
  NODE,
  SHAPE,
  TENSOR,
  TENSOR_TYPE,
  TYPE,
  VALUE,
} from './field-numbers.ts';
import { type ReadField, readFields } from './protobuf.ts';

/** An input or output of the graph. */
export interface OnnxValue {
  readonly name: string;
  /** One entry per dimension; null where it is free. */
  readonly dims: readonly (number | null)[];
}

/** What the runtime does not tell about a model, or tells only after it was given the file. */
export interface OnnxSummary {
  readonly irVersion: number;
  readonly ops: readonly string[];
  readonly inputs: readonly OnnxValue[];
  readonly outputs: readonly OnnxValue[];
  readonly metadata: ReadonlyMap<string, string>;
}

/**
 * Reads names, shapes, operators and `metadata_props` of an ONNX file, and refuses what a gateway
 * must not run: weights outside the file, and control flow, whose time depends on the data.
 *
 * @throws {ModelError} onnx_invalid with the place in the file
 */
export function readOnnx(bytes: Uint8Array): OnnxSummary {
  const model = readFields(bytes, 'model.onnx');
  refuseField(model, MODEL.functions, 'model.onnx', 'local functions');
  refuseField(model, MODEL.trainingInfo, 'model.onnx', 'training graphs');
  const graphs = messages(model, MODEL.graph);
  const graphBytes = graphs[0];
  if (graphBytes === undefined || graphs.length !== 1) {
    throw invalid('model.onnx', `has ${graphs.length} graphs instead of one`);
  }
  const graph = readFields(graphBytes, 'graph');
  refuseField(graph, GRAPH.sparseInitializer, 'graph', 'sparse constants');
  for (const [at, tensor] of messages(graph, GRAPH.initializer).entries()) {
    refuseOutsideData(tensor, `graph constant ${at}`);
  }
  const constants = new Set(
    messages(graph, GRAPH.initializer).map((tensor) =>
      text(readFields(tensor, 'constant'), TENSOR.name),
    ),
  );
  return {
    irVersion: model.find(({ field }) => field === MODEL.irVersion)?.int ?? 0,
    ops: messages(graph, GRAPH.node).map(readOp),
    // Before IR version 4 constants had to be listed as inputs too.
    inputs: messages(graph, GRAPH.input)
      .map((value) => readValue(value, 'input'))
      .filter(({ name }) => !constants.has(name)),
    outputs: messages(graph, GRAPH.output).map((value) => readValue(value, 'output')),
    metadata: new Map(messages(model, MODEL.metadataProps).map(readEntry)),
  };
}

function readOp(bytes: Uint8Array, at: number): string {
  const place = `node ${at}`;
  const node = readFields(bytes, place);
  for (const attribute of messages(node, NODE.attribute)) {
    const fields = readFields(attribute, place);
    const inside = `${place} attribute ${text(fields, ATTRIBUTE.name)}`;
    refuseField(fields, ATTRIBUTE.graph, inside, 'control flow');
    refuseField(fields, ATTRIBUTE.graphs, inside, 'control flow');
    refuseField(fields, ATTRIBUTE.sparseTensor, inside, 'sparse constants');
    refuseField(fields, ATTRIBUTE.sparseTensors, inside, 'sparse constants');
    for (const field of [ATTRIBUTE.tensor, ATTRIBUTE.tensors]) {
      for (const tensor of messages(fields, field)) refuseOutsideData(tensor, inside);
    }
  }
  return text(node, NODE.opType);
}

/** Rejected by the runtime too, today; a file outside the package is outside its digest. */
function refuseOutsideData(tensor: Uint8Array, place: string): void {
  const fields = readFields(tensor, place);
  refuseField(fields, TENSOR.externalData, place, 'weights outside the file');
  if (fields.some(({ field, int }) => field === TENSOR.dataLocation && int !== 0)) {
    throw invalid(place, 'weights outside the file not allowed');
  }
}

function readValue(bytes: Uint8Array, place: string): OnnxValue {
  const value = readFields(bytes, place);
  const name = text(value, VALUE.name);
  const inside = (message: Uint8Array | undefined, field: number): Uint8Array | undefined =>
    message === undefined ? undefined : messages(readFields(message, place), field)[0];
  const tensor = inside(messages(value, VALUE.type)[0], TYPE.tensor);
  const shape = inside(tensor, TENSOR_TYPE.shape);
  if (shape === undefined) throw invalid(`${place} ${name}`, 'is not a tensor of known rank');
  const dims = messages(readFields(shape, place), SHAPE.dimension).map((dimension) => {
    const size = readFields(dimension, place).find(({ field }) => field === DIMENSION.value);
    return size?.int ?? null;
  });
  return { name, dims };
}

function readEntry(bytes: Uint8Array): [string, string] {
  const entry = readFields(bytes, 'metadata_props');
  return [text(entry, ENTRY.key), text(entry, ENTRY.value)];
}

function messages(fields: readonly ReadField[], field: number): Uint8Array[] {
  return fields.flatMap((read) => (read.field === field && read.bytes ? [read.bytes] : []));
}

function text(fields: readonly ReadField[], field: number): string {
  const bytes = messages(fields, field)[0];
  return bytes === undefined ? '' : new TextDecoder().decode(bytes);
}

function refuseField(
  fields: readonly ReadField[],
  field: number,
  place: string,
  what: string,
): void {
  if (fields.some((read) => read.field === field)) throw invalid(place, `${what} not allowed`);
}

function invalid(place: string, reason: string): ModelError {
  return new ModelError({ code: 'onnx_invalid', place, reason });
}
