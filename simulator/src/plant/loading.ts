import type { Feeder } from '@tieline/grid';

/** How near the branches of a feeder are to their ratings, % of the rated current. */
export class Loading {
  readonly #at: Int32Array;
  readonly #ratedA: Float64Array;
  readonly #branches: ReadonlyMap<string, number>;

  constructor({ branches }: Feeder) {
    const rated = [...branches.entries()].filter(([, { ratedA }]) => ratedA !== undefined);
    this.#at = Int32Array.from(rated, ([at]) => at);
    this.#ratedA = Float64Array.from(rated, ([, { ratedA }]) => ratedA ?? Number.NaN);
    this.#branches = new Map(rated.map(([, { id }], index) => [id, index]));
  }

  /** Of the branch that is nearest; null where no branch is rated. @param currentA  in the feeder's order */
  highest(currentA: Readonly<Float64Array>): number | null {
    let highest = -1;
    for (let index = 0; index < this.#at.length; index += 1) {
      highest = Math.max(highest, currentA[this.#at[index]!]! / this.#ratedA[index]!);
    }
    return highest < 0 ? null : highest * 100;
  }

  /** Of one branch; null where it is not rated. */
  of(branch: string, currentA: Readonly<Float64Array>): number | null {
    const index = this.#branches.get(branch);
    if (index === undefined) return null;
    return (currentA[this.#at[index]!]! / this.#ratedA[index]!) * 100;
  }
}
