import { hashWords } from '@tieline/kernel';

/** A quantity that is known at every instant: a pure function of Unix time in milliseconds. */
export type Signal = (tMs: number) => number;

/**
 * Smooth noise in [−1, 1]: hashed values on a lattice of `cellMs`, joined by a smoothstep.
 *
 * The plant must give the same value at the same instant whatever was asked before, live or on
 * virtual time and at any step, so noise is a hash of place and time, never a draw from a stream.
 * The closure remembers its present cell, which changes the speed and not the value.
 *
 * @param words  what this noise belongs to: seed, kind, site
 * @source Perlin's value noise in one dimension
 */
export function valueNoise(words: readonly number[], cellMs: number): Signal {
  const lattice = (cell: number): number =>
    hashWords(...words, cell, Math.floor(cell / 4_294_967_296)) / 2_147_483_648 - 1;
  let cell = Number.NaN;
  let left = 0;
  let right = 0;
  return (tMs) => {
    const place = tMs / cellMs;
    const at = Math.floor(place);
    if (at !== cell) {
      left = at === cell + 1 ? right : lattice(at);
      right = lattice(at + 1);
      cell = at;
    }
    const fraction = place - at;
    return left + (right - left) * fraction * fraction * (3 - 2 * fraction);
  };
}

/** The two halves of a seed beyond 32 bits, for `valueNoise`. */
export function seedWords(seed: number): readonly [number, number] {
  return [seed >>> 0, Math.floor(seed / 4_294_967_296) >>> 0];
}

/**
 * Reads a repeating table at any instant, linear between the middles of its steps.
 *
 * @param values  one value per step of `stepMs`; the first step begins at the epoch (1970-01-01 00:00 UTC)
 */
export function tableSignal(values: readonly number[], stepMs: number): Signal {
  const count = values.length;
  return (tMs) => {
    const place = tMs / stepMs - 0.5;
    const floor = Math.floor(place);
    const at = ((floor % count) + count) % count;
    const from = values[at] ?? 0;
    const to = values[at + 1 === count ? 0 : at + 1] ?? 0;
    return from + (to - from) * (place - floor);
  };
}
