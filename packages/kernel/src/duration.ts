const UNIT_MS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** `30s`, `15m`, `2h`, `1h30m` as whole milliseconds; null for anything else. A bare number has no unit. */
export function durationMs(text: string): number | null {
  const parts = [...text.matchAll(PART)];
  if (parts.length === 0 || parts.map(([whole]) => whole).join('') !== text) return null;
  const sumMs = parts.reduce(
    (sum, [, count = '', unit = '']) => sum + Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS],
    0,
  );
  return Math.round(sumMs);
}
