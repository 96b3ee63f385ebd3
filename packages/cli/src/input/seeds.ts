import type { Scenario } from '@tieline/simulator';
import { usageError } from '../exit.ts';
import { parseCount } from './quantities.ts';

const SEED_MAX = 2 ** 31 - 1;
/** At a time: reports of more would fill a disk before anybody looked at them. */
const SEEDS_MAX = 1_000;

/** @throws {CliError} usage */
export function seedOf(flag: string): number {
  return parseCount('--seed', flag, 0, SEED_MAX);
}

/**
 * The seeds that a person names: `42`, `1-10`, `1-10,42`.
 * @throws {CliError} usage: no number, a range that runs backwards, a seed twice, more than a thousand
 */
export function seedsOf(flag: string): readonly number[] {
  const seeds = new Set<number>();
  for (const part of flag.split(',')) {
    const [, first, last] = /^(\d+)-(\d+)$/.exec(part) ?? [undefined, part, part];
    const [from, to] = [seedOf(first ?? ''), seedOf(last ?? '')];
    if (to < from) throw usageError(`--seed '${part}' runs backwards`);
    if (to - from >= SEEDS_MAX) throw tooMany();
    for (let seed = from; seed <= to; seed += 1) {
      // Its reports would lie in one place.
      if (seeds.has(seed)) throw usageError(`--seed '${flag}' names ${seed} twice`);
      seeds.add(seed);
    }
  }
  if (seeds.size > SEEDS_MAX) throw tooMany();
  return [...seeds];
}

function tooMany() {
  return usageError(`--seed names more than ${SEEDS_MAX} seeds`);
}

/** Every scenario with each of these seeds in the place of its own, seed by seed. */
export function withSeeds(
  scenarios: readonly Scenario[],
  seeds: readonly number[],
): readonly Scenario[] {
  return seeds.flatMap((seed) => scenarios.map((scenario) => ({ ...scenario, seed })));
}
