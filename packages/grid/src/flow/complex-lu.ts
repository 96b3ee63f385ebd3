/**
 * A loop impedance matrix, factored once and solved many times. It is complex symmetric, and since no
 * branch has a negative resistance or reactance, both of its parts are positive semidefinite: LU needs
 * no row exchange (growth below 3).
 *
 * @source Higham, Factorizing complex symmetric matrices with positive definite real and imaginary
 *   parts, Mathematics of Computation 67, 1998
 */
export class ComplexLu {
  readonly size: number;
  readonly #re: Float64Array;
  readonly #im: Float64Array;

  private constructor(size: number, re: Float64Array, im: Float64Array) {
    this.size = size;
    this.#re = re;
    this.#im = im;
  }

  /**
   * @param re  real parts, row-major; taken over and overwritten, as `im` is
   * @returns the factored matrix, or the first column without a pivot where the matrix is singular
   */
  static factor(
    size: number,
    re: Float64Array,
    im: Float64Array,
  ): { lu: ComplexLu } | { singularColumn: number } {
    const scale = largest(re, im);
    for (let column = 0; column < size; column += 1) {
      const at = column * size + column;
      if (Math.hypot(re[at]!, im[at]!) <= scale * 1e-14) return { singularColumn: column };
      eliminate(size, re, im, column);
    }
    return { lu: new ComplexLu(size, re, im) };
  }

  /** Solves A·x = b in place: b in, x out. */
  solve(re: Float64Array, im: Float64Array): void {
    const { size } = this;
    for (let i = 1; i < size; i += 1) this.#subtract(re, im, i, 0, i);
    for (let i = size - 1; i >= 0; i -= 1) {
      this.#subtract(re, im, i, i + 1, size);
      const dRe = this.#re[i * size + i]!;
      const dIm = this.#im[i * size + i]!;
      const square = dRe * dRe + dIm * dIm;
      const nRe = re[i]!;
      const nIm = im[i]!;
      re[i] = (nRe * dRe + nIm * dIm) / square;
      im[i] = (nIm * dRe - nRe * dIm) / square;
    }
  }

  #subtract(re: Float64Array, im: Float64Array, i: number, first: number, end: number): void {
    for (let j = first; j < end; j += 1) {
      const aRe = this.#re[i * this.size + j]!;
      const aIm = this.#im[i * this.size + j]!;
      re[i]! -= aRe * re[j]! - aIm * im[j]!;
      im[i]! -= aRe * im[j]! + aIm * re[j]!;
    }
  }
}

function largest(re: Float64Array, im: Float64Array): number {
  let most = 0;
  for (let at = 0; at < re.length; at += 1) most = Math.max(most, Math.hypot(re[at]!, im[at]!));
  return most;
}

function eliminate(size: number, re: Float64Array, im: Float64Array, column: number): void {
  const pRe = re[column * size + column]!;
  const pIm = im[column * size + column]!;
  const square = pRe * pRe + pIm * pIm;
  for (let i = column + 1; i < size; i += 1) {
    const at = i * size + column;
    const fRe = (re[at]! * pRe + im[at]! * pIm) / square;
    const fIm = (im[at]! * pRe - re[at]! * pIm) / square;
    re[at] = fRe;
    im[at] = fIm;
    for (let j = column + 1; j < size; j += 1) {
      const uRe = re[column * size + j]!;
      const uIm = im[column * size + j]!;
      re[i * size + j]! -= fRe * uRe - fIm * uIm;
      im[i * size + j]! -= fRe * uIm + fIm * uRe;
    }
  }
}
