import type { DenseLayer, DenseNetwork } from '@tieline/inference';
import type { RandomStream } from '@tieline/kernel';

/**
 * A small network of rectified layers with a straight linear path beside them: the straight path
 * carries what is nearly linear (the next quarter hour is much like the last), the layers bend it.
 *
 * All parameters lie in one vector, so that one loop of Adam serves them all. Arithmetic is float64
 * in a fixed order; only the exported weights are float32.
 */
export interface Shape {
  readonly inputs: number;
  readonly hidden: readonly [number, number];
}

/** Where each matrix and bias begins in the vector. */
interface Layout {
  readonly w1: number;
  readonly b1: number;
  readonly w2: number;
  readonly b2: number;
  readonly w3: number;
  readonly b3: number;
  readonly ws: number;
  readonly size: number;
}

export class Network {
  readonly shape: Shape;
  readonly parameters: Float64Array;
  readonly #layout: Layout;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  readonly #firstError: Float64Array;

  /** Weights uniform in ± √(6 / inputs) (He), biases and the straight path zero. */
  constructor(shape: Shape, random: RandomStream) {
    this.shape = shape;
    this.#layout = layoutOf(shape);
    this.parameters = new Float64Array(this.#layout.size);
    const { inputs, hidden } = shape;
    const { w1, w2, w3 } = this.#layout;
    const fill = (from: number, count: number, fanIn: number): void => {
      const bound = Math.sqrt(6 / fanIn);
      for (let at = from; at < from + count; at += 1) {
        this.parameters[at] = (2 * random.uniform() - 1) * bound;
      }
    };
    fill(w1, inputs * hidden[0], inputs);
    fill(w2, hidden[0] * hidden[1], hidden[0]);
    fill(w3, hidden[1], hidden[1]);
    this.#first = new Float64Array(hidden[0]);
    this.#second = new Float64Array(hidden[1]);
    this.#firstError = new Float64Array(hidden[0]);
  }

  /** The output for the row that begins at `from`. */
  forward(rows: ArrayLike<number>, from: number): number {
    const { inputs, hidden } = this.shape;
    const p = this.parameters;
    const { w1, b1, w2, b2, w3, b3, ws } = this.#layout;
    let output = p[b3]!;
    for (let i = 0; i < inputs; i += 1) output += p[ws + i]! * rows[from + i]!;
    for (let j = 0; j < hidden[0]; j += 1) {
      let sum = p[b1 + j]!;
      const row = w1 + j * inputs;
      for (let i = 0; i < inputs; i += 1) sum += p[row + i]! * rows[from + i]!;
      this.#first[j] = Math.max(sum, 0);
    }
    for (let k = 0; k < hidden[1]; k += 1) {
      let sum = p[b2 + k]!;
      const row = w2 + k * hidden[0];
      for (let j = 0; j < hidden[0]; j += 1) sum += p[row + j]! * this.#first[j]!;
      this.#second[k] = Math.max(sum, 0);
      output += p[w3 + k]! * this.#second[k]!;
    }
    return output;
  }

  /**
   * Adds to `gradient` the derivative of `errorSlope · output` by each parameter, for the row of the
   * last `forward`.
   */
  backward(
    rows: ArrayLike<number>,
    from: number,
    errorSlope: number,
    gradient: Float64Array,
  ): void {
    const { inputs, hidden } = this.shape;
    const p = this.parameters;
    const { w1, b1, w2, b2, w3, b3, ws } = this.#layout;
    gradient[b3]! += errorSlope;
    for (let i = 0; i < inputs; i += 1) gradient[ws + i]! += errorSlope * rows[from + i]!;
    this.#firstError.fill(0);
    for (let k = 0; k < hidden[1]; k += 1) {
      const active = this.#second[k]!;
      if (active === 0) continue;
      gradient[w3 + k]! += errorSlope * active;
      const error = errorSlope * p[w3 + k]!;
      gradient[b2 + k]! += error;
      const row = w2 + k * hidden[0];
      for (let j = 0; j < hidden[0]; j += 1) {
        gradient[row + j]! += error * this.#first[j]!;
        this.#firstError[j]! += error * p[row + j]!;
      }
    }
    for (let j = 0; j < hidden[0]; j += 1) {
      if (this.#first[j] === 0) continue;
      const error = this.#firstError[j]!;
      gradient[b1 + j]! += error;
      const row = w1 + j * inputs;
      for (let i = 0; i < inputs; i += 1) gradient[row + i]! += error * rows[from + i]!;
    }
  }

  /**
   * The network over unscaled inputs, in float32: the scaling (x − mean) / deviation is folded into
   * the weights, so that what is exported takes features as they are.
   */
  export(scaling: Scaling): DenseNetwork {
    const { inputs, hidden } = this.shape;
    const { w1, b1, w2, b2, w3, b3, ws } = this.#layout;
    const first = this.#folded(scaling, w1, b1, hidden[0]);
    const zero = new Float64Array(1);
    return {
      layers: [first, this.#plain(w2, b2, hidden[0], hidden[1]), this.#plain(w3, b3, hidden[1], 1)],
      straight: foldScaling(this.parameters.subarray(ws, ws + inputs), zero, scaling),
    };
  }

  #folded(scaling: Scaling, weights: number, biases: number, outputs: number): DenseLayer {
    const p = this.parameters;
    const count = outputs * this.shape.inputs;
    return foldScaling(
      p.subarray(weights, weights + count),
      p.subarray(biases, biases + outputs),
      scaling,
    );
  }

  #plain(weights: number, biases: number, inputs: number, outputs: number): DenseLayer {
    const p = this.parameters;
    return {
      inputs,
      outputs,
      weights: Float32Array.from(p.subarray(weights, weights + inputs * outputs)),
      biases: Float32Array.from(p.subarray(biases, biases + outputs)),
    };
  }
}

/** Mean and deviation per feature. */
export interface Scaling {
  readonly means: Float64Array;
  readonly deviations: Float64Array;
}

function foldScaling(weights: Float64Array, biases: Float64Array, scaling: Scaling): DenseLayer {
  const inputs = scaling.means.length;
  const outputs = biases.length;
  const folded = Float64Array.from(weights, (w, at) => w / scaling.deviations[at % inputs]!);
  const shifted = Float64Array.from(biases, (bias, row) => {
    let sum = bias;
    for (let i = 0; i < inputs; i += 1) sum -= folded[row * inputs + i]! * scaling.means[i]!;
    return sum;
  });
  return {
    inputs,
    outputs,
    weights: Float32Array.from(folded),
    biases: Float32Array.from(shifted),
  };
}

/** What an exported network gives, in float64 over its float32 weights: the reference for the runtime. */
export function evaluateExported(network: DenseNetwork, features: ArrayLike<number>): number {
  let values: ArrayLike<number> = features;
  for (const [at, layer] of network.layers.entries()) {
    const sums = applyLayer(layer, values);
    values = at + 1 < network.layers.length ? sums.map((sum) => Math.max(0, sum)) : sums;
  }
  return values[0]! + applyLayer(network.straight, features)[0]!;
}

function applyLayer(layer: DenseLayer, values: ArrayLike<number>): Float64Array {
  return Float64Array.from(layer.biases, (bias, row) => {
    let sum = bias;
    for (let i = 0; i < layer.inputs; i += 1) {
      sum += layer.weights[row * layer.inputs + i]! * values[i]!;
    }
    return sum;
  });
}

function layoutOf({ inputs, hidden }: Shape): Layout {
  const w1 = 0;
  const b1 = w1 + inputs * hidden[0];
  const w2 = b1 + hidden[0];
  const b2 = w2 + hidden[0] * hidden[1];
  const w3 = b2 + hidden[1];
  const b3 = w3 + hidden[1];
  const ws = b3 + 1;
  return { w1, b1, w2, b2, w3, b3, ws, size: ws + inputs };
}
