import type { DatasetOptions } from './dataset.ts';
import type { TrainerOptions } from './trainer.ts';

/** How much is simulated and trained. */
export interface TrainingPlan {
  readonly data: Omit<DatasetOptions, 'seed'>;
  /** Days that only the evaluation sees. */
  readonly unseen: Omit<DatasetOptions, 'seed'>;
  readonly trainer: Omit<TrainerOptions, 'seed'>;
}

/** What `npm run train` runs; half a minute on one core. */
export const FULL_PLAN: TrainingPlan = {
  data: { sites: 64, days: 4, everyS: 60 },
  unseen: { sites: 12, days: 8, everyS: 120 },
  trainer: { hidden: [16, 8], epochs: 10, batch: 64, learningRate: 3e-3 },
};
