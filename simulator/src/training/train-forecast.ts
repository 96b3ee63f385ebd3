import { type Digest, digestOf, type PackageFiles, packFiles } from '@tieline/inference';
import { TielineError } from '@tieline/kernel';
import { type Dataset, datasetDigest, simulateDataset } from './dataset.ts';
import { beatsRivals, type Comparison, compare } from './evaluation.ts';
import { modelCard } from './model-card.ts';
import { exportModel } from './model-export.ts';
import { evaluateExported } from './network.ts';
import { trainNetwork } from './trainer.ts';
import type { TrainingPlan } from './training-plan.ts';

export type TrainingFailure = {
  readonly code: 'rival_not_beaten';
  readonly comparison: Comparison;
};
export class TrainingError extends TielineError<TrainingFailure> {}

export interface TrainedModel {
  readonly files: PackageFiles;
  /** Of the package in one file. */
  readonly digest: Digest;
  readonly card: string;
  readonly comparison: Comparison;
}

/**
 * Simulates, trains, evaluates on unseen days and packs. A pure function: equal arguments give equal
 * bytes on one platform.
 *
 * @param codeDigest  of the sources that this training rests on
 * @throws {TrainingError} rival_not_beaten: a model that a simple rule beats is not made
 */
export function trainForecast(plan: TrainingPlan, seed: number, codeDigest: Digest): TrainedModel {
  const unseenSeed = seed + 1;
  const data = simulateDataset({ ...plan.data, seed });
  const unseen = simulateDataset({ ...plan.unseen, seed: unseenSeed });
  const network = trainNetwork({ ...plan.trainer, seed }, data);
  const predictions = predict(unseen, (features) => evaluateExported(network, features));
  const comparison = compare(unseen, predictions);
  if (!beatsRivals(comparison)) {
    throw new TrainingError({ code: 'rival_not_beaten', comparison });
  }
  const { samples, model, rivals } = comparison;
  const { hidden, ...trainer } = plan.trainer;
  const files = exportModel(network, unseen, {
    dataset: {
      generator: 'tieline simulator: CIGRE residential and PV profiles, seeded',
      seed,
      sites: plan.data.sites,
      days: plan.data.days,
      samples: data.count,
      digest: datasetDigest(data),
    },
    codeDigest,
    training: { seed, optimizer: 'adam', loss: 'mse', hidden: hidden.join('-'), ...trainer },
    results: {
      unseen: { seed: unseenSeed, sites: plan.unseen.sites, days: plan.unseen.days },
      samples,
      model,
      rivals: { ...rivals },
    },
  });
  const digest = digestOf(packFiles(files));
  const evening = compare(unseen, predictions, (hour) => hour >= 16 && hour < 21);
  return {
    files,
    digest,
    comparison,
    card: modelCard({ plan, seed, digest, comparison, evening }),
  };
}

/** A forecaster's answer to each example. */
function predict(data: Dataset, forecast: (features: Float32Array) => number): Float64Array {
  const width = data.features.length / data.count;
  return Float64Array.from({ length: data.count }, (_, at) =>
    forecast(data.features.subarray(at * width, (at + 1) * width)),
  );
}
