import { usageError } from '../exit.ts';

/** As the kernel's `durationMs`, without loading it: refusing a flag must not take half a second. */
const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** No end of an action lies further away (protocol.md): 31 days. */
const DURATION_MAX_MS = 31 * UNIT_MS.d;

/** `30s`, `15m`, `2h`, `1h30m`: whole milliseconds. A bare number has no unit and is refused. */
export function parseDurationMs(what: string, text: string): number {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)];
  const whole = parts.map((part) => part[0]).join('') === text && parts.length > 0;
  const durationMs = parts.reduce(
    (sum, [, count = '', unit = '']) => sum + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS],
    0,
  );
  if (!whole || durationMs < 1 || durationMs > DURATION_MAX_MS) {
    throw usageError(`${what} '${text}' is not a duration`, [
      ['wanted', 'a number with its unit, up to 31 days: 30s, 15m, 2h, 1h30m'],
    ]);
  }
  return Math.round(durationMs);
}

/** A plain decimal number between two bounds, in the unit that the flag's name says. */
export function parseNumber(what: string, text: string, min: number, max: number): number {
  const value = /^[+-]?(\d+\.?\d*|\.\d+)$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw usageError(`${what} '${text}' is not a number from ${min} to ${max}`, [
      ['wanted', 'digits without a unit: the flag names the unit'],
    ]);
  }
  return value;
}

/** A whole number between two bounds. */
export function parseCount(what: string, text: string, min: number, max: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= min && value <= max)) {
    throw usageError(`${what} '${text}' is not a whole number from ${min} to ${max}`);
  }
  return value;
}
