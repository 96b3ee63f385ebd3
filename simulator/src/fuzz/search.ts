import { hashWords } from '@tieline/kernel';
import { type Arbitrary, Random, type Value } from 'fast-check';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';
import type { Breach } from './breach.ts';

/** Plays one drawn case, and says which promise it broke. It never rejects. `undefined`: it was ended early. */
export type Play<T> = (given: T, index: number) => Promise<Breach | null | undefined>;

export interface SearchOptions<T> {
  readonly arbitrary: Arbitrary<T>;
  readonly seed: number;
  play: Play<T>;
  /** Cases under way at a time; it changes nothing in what is found. */
  readonly width: number;
  readonly runsMax: number;
  /** True once nothing more shall begin. */
  isOver(): boolean;
  /** Hears of every case that kept its promises, in the order of their indices. */
  onKept?(given: T, index: number): void;
}

export interface Find<T> {
  readonly index: number;
  readonly breach: Breach;
  readonly value: Value<T>;
}

/** One value in so many is drawn from near the ends of its range, where things break. */
const BIAS = 4;

/** The case of that index: it depends on the seed and nothing else. */
export function drawn<T>(arbitrary: Arbitrary<T>, seed: number, index: number): Value<T> {
  return arbitrary.generate(new Random(xoroshiro128plus(hashWords(seed, index))), BIAS);
}

/** Plays cases until one breaks a promise: the one of the lowest index; null where none did. */
export async function search<T>(options: SearchOptions<T>): Promise<Find<T> | null> {
  const { arbitrary, seed, play, width, runsMax, isOver, onKept } = options;
  const values = (function* () {
    for (let index = 0; index < runsMax; index += 1) yield drawn(arbitrary, seed, index);
  })();
  for await (const { value, at, breach } of played(values, play, width, isOver)) {
    if (breach === null) onKept?.(value.value_, at);
    else return { index: at, breach, value };
  }
  return null;
}

export interface ShrinkOptions<T> {
  readonly arbitrary: Arbitrary<T>;
  play: Play<T>;
  readonly width: number;
  /** Cases played at most. */
  readonly triesMax: number;
  isOver(): boolean;
  /** By which two cases are the same. */
  keyOf(given: T): string;
  /** Hears of every smaller one. */
  onSmaller?(given: T, tries: number): void;
}

/** The smallest case that breaks the same promise, as far as so many tries go. */
export async function shrunk<T>(find: Find<T>, options: ShrinkOptions<T>): Promise<Find<T>> {
  const { arbitrary, width, triesMax, keyOf, onSmaller } = options;
  const tried = new Set([keyOf(find.value.value_)]);
  let tries = 0;
  let best = find;
  const isOver = (): boolean => tries >= triesMax || options.isOver();
  for (;;) {
    const { value_, context } = best.value;
    const candidates = untried(arbitrary.shrink(value_, context), tried, keyOf);
    const smaller = await firstBroken(candidates);
    if (smaller === null) return best;
    best = smaller;
    onSmaller?.(best.value.value_, tries);
  }

  async function firstBroken(candidates: Iterable<Value<T>>): Promise<Find<T> | null> {
    const { index } = find;
    for await (const { value, breach } of played(
      candidates,
      (given) => options.play(given, index),
      width,
      isOver,
    )) {
      tries += 1;
      tried.add(keyOf(value.value_));
      if (breach?.kind === find.breach.kind) return { index, breach, value };
      if (tries >= triesMax) return null;
    }
    return null;
  }
}

/** Those not yet in `tried`, and each once. */
function* untried<T>(
  values: Iterable<Value<T>>,
  tried: ReadonlySet<string>,
  keyOf: (given: T) => string,
): Generator<Value<T>> {
  const seen = new Set<string>();
  for (const value of values) {
    const key = keyOf(value.value_);
    if (tried.has(key) || seen.has(key)) continue;
    seen.add(key);
    yield value;
  }
}

interface Played<T> {
  readonly value: Value<T>;
  readonly at: number;
  readonly breach: Breach | null;
}

/** Plays up to `width` at a time and yields them in their order; ends at the first that was ended early. */
async function* played<T>(
  values: Iterable<Value<T>>,
  play: Play<T>,
  width: number,
  isOver: () => boolean,
): AsyncGenerator<Played<T>> {
  const source = values[Symbol.iterator]();
  const underWay: { value: Value<T>; at: number; ended: ReturnType<Play<T>> }[] = [];
  for (let at = 0; ; ) {
    while (underWay.length < width && !isOver()) {
      const { value, done = false } = source.next();
      if (done) break;
      underWay.push({ value, at, ended: play(value.value_, at) });
      at += 1;
    }
    const first = underWay.shift();
    if (first === undefined) return;
    const breach = await first.ended;
    if (breach === undefined) return;
    yield { value: first.value, at: first.at, breach };
  }
}
