/**
 * A small dense complex matrix, factored once (LU with row exchange) and solved many times.
 * Row-major; `re` and `im` are taken over and overwritten.
 */
export class ComplexLu {
  readonly size: number;
  readonly #re: Float64Array;
  readonly #im: Float64Array;
  readonly #row: Int32Array;
  readonly #xRe: Float64Array;
  readonly #xIm: Float64Array;

  private constructor(size: number, re: Float64Array, im: Float64Array, row: Int32Array) {
    this.size = size;
    this.#re = re;
    this.#im = im;
    this.#row = row;
    this.#xRe = new Float64Array(size);
    this.#xIm = new Float64Array(size);
  }

  /** The factored matrix, or the column that has no pivot where the matrix is singular. */
  static factor(
    size: number,
    re: Float64Array,
    im: Float64Array,
  ): { lu: ComplexLu } | { singularColumn: number } {
    const row = Int32Array.from({ length: size }, (_, at) => at);
    const scale = largest(re, im);
    for (let column = 0; column < size; column += 1) {
      const pivot = pivotRow(size, re, im, column);
      const at = pivot * size + column;
      if (Math.hypot(re[at]!, im[at]!) <= scale * 1e-14) return { singularColumn: column };
      exchangeRows(size, re, im, row, pivot, column);
      eliminate(size, re, im, column);
    }
    return { lu: new ComplexLu(size, re, im, row) };
  }

  /** Solves A·x = b in place: b in, x out. */
  solve(re: Float64Array, im: Float64Array): void {
    const { size } = this;
    const xRe = this.#xRe;
    const xIm = this.#xIm;
    for (let i = 0; i < size; i += 1) {
      xRe[i] = re[this.#row[i]!]!;
      xIm[i] = im[this.#row[i]!]!;
      this.#subtract(i, 0, i);
    }
    for (let i = size - 1; i >= 0; i -= 1) {
      this.#subtract(i, i + 1, size);
      const dRe = this.#re[i * size + i]!;
      const dIm = this.#im[i * size + i]!;
      const square = dRe * dRe + dIm * dIm;
      const nRe = xRe[i]!;
      const nIm = xIm[i]!;
      xRe[i] = (nRe * dRe + nIm * dIm) / square;
      xIm[i] = (nIm * dRe - nRe * dIm) / square;
    }
    re.set(xRe);
    im.set(xIm);
  }

  #subtract(i: number, first: number, end: number): void {
    for (let j = first; j < end; j += 1) {
      const aRe = this.#re[i * this.size + j]!;
      const aIm = this.#im[i * this.size + j]!;
      this.#xRe[i]! -= aRe * this.#xRe[j]! - aIm * this.#xIm[j]!;
      this.#xIm[i]! -= aRe * this.#xIm[j]! + aIm * this.#xRe[j]!;
    }
  }
}

function largest(re: Float64Array, im: Float64Array): number {
  let most = 0;
  for (let at = 0; at < re.length; at += 1) most = Math.max(most, Math.hypot(re[at]!, im[at]!));
  return most;
}

function pivotRow(size: number, re: Float64Array, im: Float64Array, column: number): number {
  let best = column;
  let bestSize = -1;
  for (let i = column; i < size; i += 1) {
    const magnitude = Math.hypot(re[i * size + column]!, im[i * size + column]!);
    if (magnitude > bestSize) {
      best = i;
      bestSize = magnitude;
    }
  }
  return best;
}

function exchangeRows(
  size: number,
  re: Float64Array,
  im: Float64Array,
  row: Int32Array,
  a: number,
  b: number,
): void {
  if (a === b) return;
  for (const part of [re, im]) {
    for (let j = 0; j < size; j += 1) {
      const held = part[a * size + j]!;
      part[a * size + j] = part[b * size + j]!;
      part[b * size + j] = held;
    }
  }
  const held = row[a]!;
  row[a] = row[b]!;
  row[b] = held;
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
