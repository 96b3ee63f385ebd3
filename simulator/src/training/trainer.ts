import type { DenseNetwork } from '@tieline/inference';
import { type RandomStream, seededRng } from '@tieline/kernel';
import type { Dataset } from './dataset.ts';
import { Network, type Scaling } from './network.ts';

export interface TrainerOptions {
  readonly seed: number;
  readonly hidden: readonly [number, number];
  readonly epochs: number;
  readonly batch: number;
  /** Falls linearly from here to a hundredth of it. */
  readonly learningRate: number;
}

const ADAM = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8 } as const;
/** A feature that hardly varies is not blown up. */
const DEVIATION_MIN = 1e-3;

/**
 * Fits a network to a data set by mean squared error. Equal options and data give equal bytes: order
 * and start come from the seed, and sums run in a fixed order.
 *
 * @returns the network over unscaled features, float32
 * @source Adam: Kingma and Ba, ICLR 2015; initialisation: He et al., ICCV 2015
 */
export function trainNetwork(options: TrainerOptions, data: Dataset): DenseNetwork {
  const inputs = data.features.length / data.count;
  const scaling = scalingOf(data, inputs);
  const rows = scaled(data.features, inputs, scaling);
  const rng = seededRng(options.seed);
  const network = new Network({ inputs, hidden: options.hidden }, rng.stream('weights'));
  const order = Uint32Array.from({ length: data.count }, (_, at) => at);
  const shuffling = rng.stream('order');
  const adam = new Adam(network.parameters);
  const steps = options.epochs * Math.ceil(data.count / options.batch);
  const gradient = new Float64Array(network.parameters.length);
  let step = 0;
  for (let epoch = 0; epoch < options.epochs; epoch += 1) {
    shuffle(order, shuffling);
    for (let start = 0; start < data.count; start += options.batch) {
      const end = Math.min(start + options.batch, data.count);
      gradient.fill(0);
      for (let at = start; at < end; at += 1) {
        const example = order[at]!;
        const error = network.forward(rows, example * inputs) - data.targets[example]!;
        network.backward(rows, example * inputs, (2 * error) / (end - start), gradient);
      }
      adam.step(gradient, options.learningRate * (1 - (0.99 * step) / steps));
      step += 1;
    }
  }
  return network.export(scaling);
}

class Adam {
  readonly #parameters: Float64Array;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  #decay1 = 1;
  #decay2 = 1;

  constructor(parameters: Float64Array) {
    this.#parameters = parameters;
    this.#first = new Float64Array(parameters.length);
    this.#second = new Float64Array(parameters.length);
  }

  step(gradient: Float64Array, learningRate: number): void {
    const { beta1, beta2, epsilon } = ADAM;
    this.#decay1 *= beta1;
    this.#decay2 *= beta2;
    const scale1 = 1 / (1 - this.#decay1);
    const scale2 = 1 / (1 - this.#decay2);
    for (let at = 0; at < gradient.length; at += 1) {
      const slope = gradient[at]!;
      const first = beta1 * this.#first[at]! + (1 - beta1) * slope;
      const second = beta2 * this.#second[at]! + (1 - beta2) * slope * slope;
      this.#first[at] = first;
      this.#second[at] = second;
      this.#parameters[at]! -=
        (learningRate * first * scale1) / (Math.sqrt(second * scale2) + epsilon);
    }
  }
}

function scalingOf({ features, count }: Dataset, inputs: number): Scaling {
  const means = new Float64Array(inputs);
  const squares = new Float64Array(inputs);
  for (const [at, value] of features.entries()) {
    means[at % inputs]! += value / count;
  }
  for (const [at, value] of features.entries()) {
    const apart = value - means[at % inputs]!;
    squares[at % inputs]! += (apart * apart) / count;
  }
  return {
    means,
    deviations: squares.map((square) => Math.max(Math.sqrt(square), DEVIATION_MIN)),
  };
}

function scaled(features: Float32Array, inputs: number, scaling: Scaling): Float64Array {
  return Float64Array.from(
    features,
    (value, at) => (value - scaling.means[at % inputs]!) / scaling.deviations[at % inputs]!,
  );
}

/** Fisher and Yates. */
function shuffle(order: Uint32Array, random: RandomStream): void {
  for (let at = order.length - 1; at > 0; at -= 1) {
    const other = random.below(at + 1);
    const held = order[at]!;
    order[at] = order[other]!;
    order[other] = held;
  }
}
