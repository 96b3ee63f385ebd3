import { assert } from '@tieline/kernel';
import type { Dataset } from './dataset.ts';

/** Mean absolute and root mean square error, in the unit of the values. */
export interface ErrorFigures {
  readonly mae: number;
  readonly rmse: number;
}

/** What a model must beat. */
export interface Rivals {
  /** The next quarter of an hour will be as the last. */
  readonly persistence: ErrorFigures;
  /** The next minutes will be as the last five, or as the last one: stronger, where load ramps. */
  readonly persistence5m: ErrorFigures;
  readonly persistence1m: ErrorFigures;
  /** The next quarter of an hour will be as the same one yesterday. */
  readonly seasonalNaive: ErrorFigures;
}

/** A model's errors beside those of its rivals, over the same examples. */
export interface Comparison {
  readonly samples: number;
  readonly model: ErrorFigures;
  readonly rivals: Rivals;
}

/** Features of `FORECAST_FEATURES`: mean import of the last minute, and of the last five. */
const IMPORT_1M = 0;
const IMPORT_5M = 1;

/**
 * Compares over the examples that every forecaster can answer (those with a yesterday).
 *
 * @param predictions  [count]: the model's output for each example
 * @param within  which hours of the day to look at; all by default
 */
export function compare(
  data: Dataset,
  predictions: ArrayLike<number>,
  within: (hour: number) => boolean = () => true,
): Comparison {
  assert(predictions.length === data.count, 'each example has its prediction');
  const width = data.features.length / data.count;
  const examples = Array.from({ length: data.count }, (_, at) => at).filter(
    (at) => !Number.isNaN(data.seasonalNaive[at]) && within(data.hours[at]!),
  );
  const figures = (forecast: (at: number) => number): ErrorFigures =>
    errorFigures(examples.map((at) => forecast(at) - data.targets[at]!));
  return {
    samples: examples.length,
    model: figures((at) => predictions[at]!),
    rivals: {
      persistence: figures((at) => data.persistence[at]!),
      persistence5m: figures((at) => data.features[at * width + IMPORT_5M]!),
      persistence1m: figures((at) => data.features[at * width + IMPORT_1M]!),
      seasonalNaive: figures((at) => data.seasonalNaive[at]!),
    },
  };
}

/** Whether the model is better than every rival, by both measures. */
export function beatsRivals({ model, rivals }: Comparison): boolean {
  return Object.values<ErrorFigures>({ ...rivals }).every(
    (rival) => model.mae < rival.mae && model.rmse < rival.rmse,
  );
}

function errorFigures(errors: readonly number[]): ErrorFigures {
  let absolute = 0;
  let square = 0;
  for (const error of errors) {
    absolute += Math.abs(error);
    square += error * error;
  }
  return {
    mae: toSixDigits(absolute / errors.length),
    rmse: toSixDigits(Math.sqrt(square / errors.length)),
  };
}

function toSixDigits(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
