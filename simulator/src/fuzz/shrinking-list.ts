import { Arbitrary, type Random, Stream, Value } from 'fast-check';

/**
 * A list that is shrunk as delta debugging does it: halves are left out first, then quarters, down to single items;
 * only then the items themselves grow simpler. fast-check's own array simplifies the first item before it leaves out
 * the second, which is cheap where a try costs a microsecond: here it costs a run.
 *
 * @source Zeller, Hildebrandt, "Simplifying and Isolating Failure-Inducing Input", IEEE TSE 28(2), 2002
 */
export class ShrinkingList<T> extends Arbitrary<T[]> {
  readonly #item: Arbitrary<T>;
  readonly #min: number;
  readonly #max: number;

  constructor(item: Arbitrary<T>, length: { readonly min: number; readonly max: number }) {
    super();
    this.#item = item;
    this.#min = length.min;
    this.#max = length.max;
  }

  generate(random: Random, biasFactor: number | undefined): Value<T[]> {
    const length = random.nextInt(this.#min, this.#max);
    return listed(Array.from({ length }, () => this.#item.generate(random, biasFactor)));
  }

  canShrinkWithoutContext(value: unknown): value is T[] {
    return Array.isArray(value) && value.length === 0;
  }

  shrink(_value: T[], context: unknown): Stream<Value<T[]>> {
    // What `listed` made; without it there is nothing to shrink.
    const items = Array.isArray(context) ? (context as Value<T>[]) : [];
    return new Stream(this.#smaller(items));
  }

  *#smaller(items: readonly Value<T>[]): Generator<Value<T[]>> {
    for (let size = items.length; size >= 1; size = Math.floor(size / 2)) {
      for (let at = 0; at < items.length; at += size) {
        const left = [...items.slice(0, at), ...items.slice(at + size)];
        if (left.length >= this.#min) yield listed(left);
      }
    }
    for (const [at, { value_, context }] of items.entries()) {
      for (const simpler of this.#item.shrink(value_, context)) {
        yield listed(items.with(at, simpler));
      }
    }
  }
}

function listed<T>(items: readonly Value<T>[]): Value<T[]> {
  return new Value(
    items.map(({ value_ }) => value_),
    items,
  );
}
