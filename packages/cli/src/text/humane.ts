/** Numbers and times as an operator reads them. */

/** `-80.0 kW`; one decimal below 100, none above. */
export function kilowatts(powerKw: number): string {
  return `${fixed(powerKw, Math.abs(powerKw) < 100 ? 1 : 0)} kW`;
}

/** Never `-0.0`. */
export function fixed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return Number(text) === 0 ? (0).toFixed(digits) : text;
}

/** A power in words: positive is into the grid. */
export function powerInWords(powerKw: number): string {
  if (powerKw === 0) return 'stand at 0 kW';
  const direction = powerKw > 0 ? 'feed into the grid' : 'draw from the grid';
  return `${direction} ${kilowatts(Math.abs(powerKw))}`;
}

/** `1 h 30 min`, `45 s`, `250 ms`: at most the two largest units. */
export function duration(durationMs: number): string {
  if (durationMs < 1_000) return `${Math.round(durationMs)} ms`;
  const wholeS = Math.round(durationMs / 1_000);
  const parts: readonly (readonly [number, string])[] = [
    [Math.floor(wholeS / 86_400), 'd'],
    [Math.floor(wholeS / 3_600) % 24, 'h'],
    [Math.floor(wholeS / 60) % 60, 'min'],
    [wholeS % 60, 's'],
  ];
  const first = parts.findIndex(([count]) => count > 0);
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ');
}

/** `2025-06-01T14:02:31Z`: an instant in UTC, whole seconds; nothing local, nothing ambiguous. */
export function instant(wallMs: number): string {
  return `${new Date(wallMs).toISOString().slice(0, 19)}Z`;
}
