import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import type { RunReport } from '@tieline/simulator';
import { Copy } from './copy.ts';
import { findingsOf, isExpected } from './finding.ts';
import { type Found, page } from './page.ts';
import type { Plant } from './plant.ts';
import { PLANTS } from './plants.ts';
import { runInCopy } from './run-scenarios.ts';

const PAGE = fileURLToPath(
  new URL('../../docs/explanation/what-the-scenarios-catch.md', import.meta.url),
);
const AT_A_TIME = 2;

/** Runs one plant against the scenario that it names, and, where that finds nothing, against all the others. */
async function against(plant: Plant): Promise<Found> {
  using copy = new Copy();
  copy.plant(plant);
  const library = join(copy.folder, 'simulator/scenarios');
  for (const file of readdirSync(library)) {
    if (file.includes('.must-fail.')) rmSync(join(library, file));
  }
  const startMs = performance.now();
  for (const scenarios of [plant.scenario, library]) {
    const isEnough = (report: RunReport): boolean => findingsOf(report).length > 0;
    const { reports } = await runInCopy(copy.folder, scenarios, isEnough);
    const found = reports.flatMap(findingsOf);
    const by = found.find((one) => isExpected(one, plant)) ?? found[0];
    if (by !== undefined) return { plant, by, wallMs: performance.now() - startMs };
  }
  return { plant, by: null, wallMs: performance.now() - startMs };
}

/** `npm run planted [WORD]`: plants whose name holds the word, or all of them, which writes the page. */
async function main(word = ''): Promise<number> {
  const plants = PLANTS.filter(({ name }) => name.includes(word));
  const found: Found[] = [];
  const waiting = [...plants.entries()];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const [at, plant] = next;
      const one = await against(plant);
      found[at] = one;
      const by = one.by === null ? '✗ by nobody' : `${one.by.scenario}: ${one.by.broken.expected}`;
      process.stdout.write(`${plant.name}\n  ${by} | ${one.by?.broken.seen ?? ''}\n`);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
  if (word === '') writeFileSync(PAGE, page(found));
  return found.every(({ by }) => by !== null) ? 0 : 1;
}

process.exitCode = await main(process.argv[2]);
