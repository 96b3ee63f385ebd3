import { type Digest, FORECAST_FEATURES } from '@tieline/inference';
import type { Comparison, ErrorFigures, Rivals } from './evaluation.ts';
import { MODEL_NAME, MODEL_VERSION } from './model-export.ts';
import type { TrainingPlan } from './training-plan.ts';

export interface CardFacts {
  readonly plan: TrainingPlan;
  readonly seed: number;
  readonly digest: Digest;
  readonly comparison: Comparison;
  /** 16:00 to 21:00 UTC, when peaks are shaved. */
  readonly evening: Comparison;
}

/** What a person needs to know before trusting the model, as Markdown. */
export function modelCard({ plan, seed, digest, comparison, evening }: CardFacts): string {
  const { data, unseen, trainer } = plan;
  const rivalRow = (name: string, rival: keyof Rivals): string =>
    tableRow(name, comparison.rivals[rival], evening.rivals[rival]);
  return `# ${MODEL_NAME} ${MODEL_VERSION}

Package digest: \`${digest}\`

**What it says.** The mean import of a site over the next quarter of an hour, were its battery idle
(load less PV), per unit of the site's rated import. An agent asks it every ten seconds to shave the
quarter-hour peak; a wrong answer costs energy or a peak, never safety: limits hold without it, and a
rule takes over when it is late, not finite or out of range.

**What it is.** ${trainer.hidden.join(' and ')} rectified units beside a straight linear path (Gemm, Relu, Add; ONNX opset 17),
trained by Adam on mean squared error, float32. Made by \`npm run train\`; the same seed, sources, platform
and lock file give the same bytes.

**What it sees.** ${FORECAST_FEATURES.map(({ name }) => `\`${name}\``).join(', ')}.
Weather enters as the site's own PV output, which an agent can measure without a forecast service.

## Error on days it has not seen

Mean absolute and root mean square error in percent of rated import. ${unseen.sites} sites of ${unseen.days} days from
seed ${seed + 1}, none of which was trained on; ${comparison.samples} examples (evening, 16:00 to 21:00 UTC: ${evening.samples}).

| forecaster | MAE | RMSE | MAE, evening | RMSE, evening |
| --- | --- | --- | --- | --- |
${tableRow('**this model**', comparison.model, evening.model)}
${rivalRow('persistence: as the last 15 minutes', 'persistence')}
${rivalRow('persistence: as the last 5 minutes', 'persistence5m')}
${rivalRow('persistence: as the last minute', 'persistence1m')}
${rivalRow('seasonal naive: as yesterday', 'seasonalNaive')}

## Where it comes from, and where it ends

Trained on ${data.sites} simulated sites of ${data.days} days (seed ${seed}): CIGRE residential load and PV, moved and scaled
by seeded habits, weather, weekdays and noise; rated import 0.9 to 2.2 times the peak load, PV from none to 0.9
of it. It has never seen a measured site. Expect it to be worse on loads unlike households (industry, heat
pumps, fast charging), in time zones far from UTC, and while PV is held back; measure it beside persistence on
your own site before relying on it. \`manifest.json\` holds the lineage: digests of data and training sources,
seeds, configuration and these results.
`;
}

function tableRow(name: string, all: ErrorFigures, evening: ErrorFigures): string {
  const figures = [all.mae, all.rmse, evening.mae, evening.rmse];
  return `| ${name} | ${figures.map((figure) => (figure * 100).toFixed(2)).join(' | ')} |`;
}
