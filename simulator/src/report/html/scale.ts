/** From a quantity to a place in the drawing, with ticks at round values. */
export interface Scale {
  at(value: number): number;
  readonly ticks: readonly number[];
  /** Digits after the point that tell two ticks apart. */
  readonly digits: number;
}

const TICKS_WANTED = 4;
/** What differs by less, in kW or per unit, is drawn as one level, and not as its last digits. */
const SPAN_MIN = 0.001;

/** Reaches from tick to tick around all values. @param from  where the lowest lies in the drawing */
export function valueScale(values: readonly number[], from: number, to: number): Scale {
  const lowest = values.reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
  const highest = values.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
  const [low, high] = lowest <= highest ? [lowest, highest] : [0, 1];
  const span = high - low < SPAN_MIN ? Math.max(1, Math.abs(high)) : high - low;
  const step = roundStep(span / TICKS_WANTED);
  const [first, last] = [Math.floor(low / step), Math.ceil(high / step)];
  const top = Math.max(last, first + 1);
  const ticks = Array.from({ length: top - first + 1 }, (_, index) => (first + index) * step);
  return {
    at: (value) => from + ((value - first * step) / ((top - first) * step)) * (to - from),
    ticks,
    digits: Math.max(0, -Math.floor(Math.log10(step) + 1e-9)),
  };
}

/** The next of 1, 2 and 5 times a power of ten. */
function roundStep(step: number): number {
  const power = 10 ** Math.floor(Math.log10(step));
  return ([1, 2, 5].find((one) => one * power >= step * 0.999) ?? 10) * power;
}

const [SECOND, MINUTE, HOUR, DAY] = [1_000, 60_000, 3_600_000, 86_400_000];
const TIME_STEPS: readonly number[] = [
  ...[1, 2, 5, 10, 15, 30].map((n) => n * SECOND),
  ...[1, 2, 5, 10, 15, 30].map((n) => n * MINUTE),
  ...[1, 2, 3, 6, 12].map((n) => n * HOUR),
  ...[1, 2, 5, 10, 20, 50, 100].map((n) => n * DAY),
];
const TIME_TICKS_MAX = 10;

/** From the beginning of a scenario to its end, ms. */
export function timeScale(durationMs: number, from: number, to: number): Scale {
  const step = TIME_STEPS.find((one) => durationMs / one <= TIME_TICKS_MAX) ?? durationMs;
  const count = Math.floor(durationMs / step);
  return {
    at: (ms) => from + (ms / durationMs) * (to - from),
    ticks: Array.from({ length: count + 1 }, (_, index) => index * step),
    digits: 0,
  };
}
