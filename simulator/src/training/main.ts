import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import {
  directInference,
  packFiles,
  SHIPPED_FORECAST_DIRECTORY,
  writeModelDirectory,
} from '@tieline/inference';
import { messageOf } from '@tieline/kernel';
import { trainingCodeDigest } from './adapters/training-sources.ts';
import { trainForecast } from './train-forecast.ts';
import { FULL_PLAN } from './training-plan.ts';

const USAGE = `npm run train [-- --seed N] [--out DIRECTORY]
Trains the site import forecast on simulated days and writes its package.
  --seed N         whole number from 0 (1)
  --out DIRECTORY  where to (${SHIPPED_FORECAST_DIRECTORY})`;

/** @returns the exit code: 0 written, 1 not made, 2 usage */
async function main(args: readonly string[]): Promise<number> {
  let seed: number;
  let directory: string;
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        seed: { type: 'string', default: '1' },
        out: { type: 'string', default: SHIPPED_FORECAST_DIRECTORY },
      },
    });
    if (!/^\d{1,9}$/.test(values.seed))
      throw new Error(`--seed ${values.seed}: not a whole number`);
    seed = Number(values.seed);
    directory = values.out;
  } catch (thrown) {
    process.stderr.write(`✗ ${messageOf(thrown)}\n\n${USAGE}\n`);
    return 2;
  }
  try {
    process.stderr.write('simulating and training, about half a minute …\n');
    const { files, card, digest, comparison } = trainForecast(
      FULL_PLAN,
      seed,
      trainingCodeDigest(),
    );
    // Nothing is written that an agent would refuse.
    const session = await directInference().load(packFiles(files));
    await session.close();
    writeModelDirectory(directory, files);
    writeFileSync(join(directory, 'MODEL_CARD.md'), card);
    process.stdout.write(`${JSON.stringify({ digest, directory, ...comparison }, null, 2)}\n`);
    return 0;
  } catch (thrown) {
    process.stderr.write(`✗ ${messageOf(thrown)}\n`);
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
